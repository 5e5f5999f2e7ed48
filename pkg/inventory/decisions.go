package inventory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"

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
	Labels Pairs
	Status map[string]any
}

const (
	// maxDecisionResources bounds how many resources are watched for Decisions.
	maxDecisionResources = 16
	// firstRead is how long the first question about a resource waits for its objects.
	firstRead = 2 * time.Second
)

// Decisions finds the decision resources of one Argo CD installation.
type Decisions struct {
	registry   *Registry
	namespace  string
	configMaps *Collection[decisionConfig]

	mu        sync.Mutex
	resources map[schema.GroupVersionResource]*Collection[decisionStatus]
}

type decisionConfig struct {
	Data struct {
		APIVersion    string `json:"apiVersion"`
		Kind          string `json:"kind"` // in truth the plural resource
		StatusListKey string `json:"statusListKey"`
		MatchKey      string `json:"matchKey"`
	} `json:"data"`
}

type decisionStatus struct {
	Status map[string]any `json:"status"`
}

// NewDecisions returns the decision resources of the Argo CD in a namespace. It has the
// registry read the ConfigMaps there and, once somebody asks, what they name.
func NewDecisions(registry *Registry, namespace string) *Decisions {
	return &Decisions{
		registry:  registry,
		namespace: namespace,
		configMaps: Register[decisionConfig](registry, Source{
			Versions: []string{"v1"}, Resource: "configmaps", Kind: "ConfigMap", Namespace: namespace,
		}),
		resources: map[schema.GroupVersionResource]*Collection[decisionStatus]{},
	}
}

// Decisions returns what the ConfigMap of that name says and its resource holds. The error
// says which of the two cannot be read.
func (d *Decisions) Decisions(configMap string) (DecisionResource, error) {
	config, err := d.configMaps.Get(d.namespace, configMap)
	if err != nil {
		return DecisionResource{}, err
	}
	if config == nil {
		return DecisionResource{}, fmt.Errorf("there is no ConfigMap %s in namespace %s", rollout.Quote(configMap), d.namespace)
	}
	data := config.Value.Data
	version, err := schema.ParseGroupVersion(data.APIVersion)
	if err != nil || version.Group == "" || data.Kind == "" {
		return DecisionResource{}, fmt.Errorf("ConfigMap %s/%s has apiVersion %s and kind %s: want group/version and the plural resource",
			d.namespace, configMap, rollout.Quote(data.APIVersion), rollout.Quote(data.Kind))
	}
	objects, err := d.watched(version.WithResource(data.Kind))
	if err != nil {
		return DecisionResource{}, err
	}
	listed, err := objects.List(d.namespace, labels.Everything())
	if err != nil {
		return DecisionResource{}, err
	}
	resource := DecisionResource{StatusListKey: data.StatusListKey, MatchKey: data.MatchKey}
	for _, object := range listed {
		resource.Objects = append(resource.Objects, DecisionObject{Name: object.Name, Labels: object.Labels, Status: object.Value.Status})
	}
	return resource, nil
}

// watched returns the objects of a resource; the first time it waits for them.
func (d *Decisions) watched(resource schema.GroupVersionResource) (*Collection[decisionStatus], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if objects, found := d.resources[resource]; found {
		return objects, nil
	}
	if len(d.resources) >= maxDecisionResources {
		return nil, fmt.Errorf("more than %d resources are used for decisions", maxDecisionResources)
	}
	objects := Register[decisionStatus](d.registry, Source{
		Group: resource.Group, Versions: []string{resource.Version}, Resource: resource.Resource, Namespace: d.namespace,
	})
	d.resources[resource] = objects
	// What could not be read in time is for List to say.
	_ = wait.PollUntilContextTimeout(context.Background(), firstRead/100, firstRead, true, func(context.Context) (bool, error) {
		phase, cause := objects.state()
		return phase == current || phase == missing || cause != nil, nil
	})
	return objects, nil
}
