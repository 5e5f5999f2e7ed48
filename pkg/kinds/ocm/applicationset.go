package ocm

import (
	"errors"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// DecisionResources answers which resource a ConfigMap of Argo CD names to its generator
// clusterDecisionResource.
type DecisionResources interface {
	DecisionResource(configMap string) (schema.GroupResource, error)
}

// argoCD is what of Argo CD may follow placements.
type argoCD struct {
	applicationSets *inventory.Collection[applicationSetObject]
	namespace       string
	resources       DecisionResources
}

// FollowedBy has the ApplicationSets count that follow Placements of the namespace that Argo CD runs in.
func (i *Inventory) FollowedBy(resources DecisionResources, namespace string) *Inventory {
	i.argoCD.resources, i.argoCD.namespace = resources, namespace
	return i
}

type applicationSetObject struct {
	Spec children `json:"spec"`
}

// generator is what of an ApplicationSet's generator follows placements.
type generator struct {
	ClusterDecisionResource *decisionGenerator `json:"clusterDecisionResource"`
	Matrix                  children           `json:"matrix"`
	Merge                   children           `json:"merge"`
}

type children struct {
	Generators []generator `json:"generators"`
}

type decisionGenerator struct {
	ConfigMapRef  string                `json:"configMapRef"`
	Name          string                `json:"name"`
	LabelSelector *metav1.LabelSelector `json:"labelSelector"`
}

// all returns the generators that follow decisions, on whatever level.
func (g generator) all() []decisionGenerator {
	var found []decisionGenerator
	if g.ClusterDecisionResource != nil {
		found = append(found, *g.ClusterDecisionResource)
	}
	for _, children := range [][]generator{g.Matrix.Generators, g.Merge.Generators} {
		for _, child := range children {
			found = append(found, child.all()...)
		}
	}
	return found
}

// followingApplicationSets returns the ApplicationSets among the consumers of a placement, each of which
// makes its Applications at once.
func (i *Inventory) followingApplicationSets(namespace, placement string) ([]follower, error) {
	if i.argoCD.resources == nil || namespace != i.argoCD.namespace {
		return nil, nil // Argo CD looks in its own namespace only
	}
	sets, err := inventory.IfServed(i.argoCD.applicationSets.List("", labels.Everything()))
	if err != nil || len(sets) == 0 {
		return nil, err
	}
	decisions, err := i.decisions.List(namespace, labels.SelectorFromSet(labels.Set{placementLabel: placement}))
	if err != nil {
		return nil, err
	}
	var all []follower
	for _, set := range sets {
		for _, generator := range (generator{Matrix: set.Value.Spec}).all() {
			follows, err := i.argoCD.follows(generator, placement, decisions)
			if err != nil {
				return nil, err
			}
			if follows {
				all = append(all, follower{path: "an ApplicationSet on the Placement"})
			}
		}
	}
	return all, nil
}

// follows tells whether a generator takes the clusters of a placement. One that asks for a resource
// which cannot be told is taken to ask for decisions of placements, and one that takes parameters of
// another to take this placement's.
func (a argoCD) follows(
	generator decisionGenerator, placement string, decisions []*inventory.Object[placementDecision],
) (bool, error) {
	resource, err := a.resources.DecisionResource(generator.ConfigMapRef)
	if errors.Is(err, rollout.ErrLost) {
		return false, err
	}
	if err == nil && resource != (schema.GroupResource{Group: clusterGroup, Resource: "placementdecisions"}) {
		return false, nil
	}
	if generator.templated() {
		return true, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(generator.LabelSelector)
	if err != nil {
		return false, nil //nolint:nilerr // Argo CD fails on it, too
	}
	// As OCM names and labels them, whether they are there yet or not.
	if strings.HasPrefix(generator.Name, placement+"-decision-") || selector.Matches(labels.Set{placementLabel: placement}) {
		return true, nil
	}
	return slices.ContainsFunc(decisions, func(decision *inventory.Object[placementDecision]) bool {
		return decision.Name == generator.Name || selector.Matches(&decision.Labels)
	}), nil
}

// templated tells whether it takes parameters of another generator of a matrix.
func (g decisionGenerator) templated() bool {
	const opening = "{{"
	if strings.Contains(g.Name, opening) || strings.Contains(g.ConfigMapRef, opening) {
		return true
	}
	return g.LabelSelector != nil && strings.Contains(g.LabelSelector.String(), opening)
}
