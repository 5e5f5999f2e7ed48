package argocd

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// DecisionResource is what a ConfigMap of Argo CD's makes of a resource whose status lists
// clusters, and the resource's objects in Argo CD's namespace.
type DecisionResource struct {
	// StatusListKey names the list in the status, MatchKey the member of its entries that
	// holds the name of a cluster; either may be empty.
	StatusListKey, MatchKey string
	Objects                 []DecisionObject
}

// DecisionObject is one object of a DecisionResource. Its maps are shared and must not be
// changed.
type DecisionObject struct {
	Name   string
	Labels inventory.Pairs
	Status map[string]any
}

const (
	// maxDecisionResources bounds how many resources are watched for decisions.
	maxDecisionResources = 16
	// firstRead is how long the first question about a resource waits for its objects.
	firstRead = 2 * time.Second
)

// decisions are what a ConfigMap says of a decision resource.
type decisions struct {
	APIVersion    string `json:"apiVersion"`
	Kind          string `json:"kind"` // in truth the plural resource
	StatusListKey string `json:"statusListKey"`
	MatchKey      string `json:"matchKey"`
}

type decisionStatus struct {
	Status map[string]any `json:"status"`
}

// Decisions returns what the ConfigMap of that name says and its resource holds. The error
// says which of the two cannot be read.
func (a *ArgoCD) Decisions(configMap string) (DecisionResource, error) {
	data, named, err := a.decisionsOf(configMap)
	if err != nil {
		return DecisionResource{}, err
	}
	objects, err := a.watched(named)
	if err != nil {
		return DecisionResource{}, err
	}
	listed, err := objects.List(a.namespace, labels.Everything())
	if err != nil {
		return DecisionResource{}, &unreadError{a.namespace, configMap, err}
	}
	resource := DecisionResource{StatusListKey: data.StatusListKey, MatchKey: data.MatchKey}
	for _, object := range listed {
		resource.Objects = append(resource.Objects, DecisionObject{Name: object.Name, Labels: object.Labels, Status: object.Value.Status})
	}
	return resource, nil
}

// DecisionResource returns which resource the ConfigMap of that name names.
func (a *ArgoCD) DecisionResource(configMap string) (schema.GroupResource, error) {
	_, named, err := a.decisionsOf(configMap)
	return named.GroupResource(), err
}

// decisionsOf returns what the ConfigMap of that name says, and the resource that it names.
func (a *ArgoCD) decisionsOf(configMap string) (decisions, schema.GroupVersionResource, error) {
	config, err := a.configMaps.Get(a.namespace, configMap)
	if err != nil {
		return decisions{}, schema.GroupVersionResource{}, err
	}
	if config == nil {
		return decisions{}, schema.GroupVersionResource{}, fmt.Errorf(
			"there is no ConfigMap %s in namespace %s", rollout.Quote(configMap), a.namespace)
	}
	data := config.Value.Data.decisions
	version, err := schema.ParseGroupVersion(data.APIVersion)
	if err != nil || version.Group == "" || data.Kind == "" {
		return decisions{}, schema.GroupVersionResource{}, fmt.Errorf(
			"ConfigMap %s/%s has an apiVersion without a group, or no kind: want group/version and the plural resource", a.namespace, configMap)
	}
	return data, version.WithResource(data.Kind), nil
}

// unreadError says that the resource which a ConfigMap names cannot be read, but not what it names:
// whoever names the ConfigMap need not have the right to read it.
type unreadError struct {
	namespace, configMap string
	cause                error
}

func (e *unreadError) Error() string {
	return fmt.Sprintf("ConfigMap %s/%s names a resource that cannot be read: want one that is served, and that Seawall may list",
		e.namespace, e.configMap)
}

// Unwrap returns why.
func (e *unreadError) Unwrap() error { return e.cause }

// watched returns the objects of a resource; the first time it waits for them.
func (a *ArgoCD) watched(resource schema.GroupVersionResource) (*inventory.Collection[decisionStatus], error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if objects, found := a.decided[resource]; found {
		return objects, nil
	}
	if len(a.decided) >= maxDecisionResources {
		return nil, fmt.Errorf("more than %d resources are used for decisions", maxDecisionResources)
	}
	objects := inventory.Register[decisionStatus](a.registry, inventory.Source{
		Group: resource.Group, Versions: []string{resource.Version}, Resource: resource.Resource, Namespace: a.namespace,
	})
	a.decided[resource] = objects
	// What could not be read in time is for List to say.
	_ = wait.PollUntilContextTimeout(context.Background(), firstRead/100, firstRead, true, func(context.Context) (bool, error) {
		return objects.Settled(), nil
	})
	return objects, nil
}
