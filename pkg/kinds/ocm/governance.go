package ocm

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const policyGroup = "policy.open-cluster-management.io"

// governance is what binds policies to placements.
type governance struct {
	policies   *inventory.Collection[policyObject]
	policySets *inventory.Collection[policySetObject]
	bound      *inventory.Collection[bindingObject]
}

func newGovernance(registry *inventory.Registry) governance {
	kind := func(version, resource, name string) inventory.Source {
		return inventory.Source{Group: policyGroup, Versions: []string{version}, Resource: resource, Kind: name}
	}
	return governance{
		policies:   inventory.Register[policyObject](registry, kind("v1", "policies", "Policy")),
		policySets: inventory.Register[policySetObject](registry, kind("v1beta1", "policysets", "PolicySet")),
		bound:      inventory.Register[bindingObject](registry, kind("v1", "placementbindings", "PlacementBinding")),
	}
}

type policyObject struct {
	Spec struct {
		Disabled          bool   `json:"disabled"`
		RemediationAction string `json:"remediationAction"`
		Templates         []struct {
			ObjectDefinition struct {
				Spec struct {
					RemediationAction string `json:"remediationAction"`
				} `json:"spec"`
			} `json:"objectDefinition"`
		} `json:"policy-templates"`
	} `json:"spec"`
}

// informs tells whether a policy changes nothing where it goes, but reports: by what it says itself
// or, if it says nothing, by what all of its templates say.
func (p policyObject) informs() bool {
	inform := func(action string) bool { return strings.HasPrefix(strings.ToLower(action), "inform") }
	if p.Spec.RemediationAction != "" || len(p.Spec.Templates) == 0 {
		return inform(p.Spec.RemediationAction)
	}
	for _, template := range p.Spec.Templates {
		if !inform(template.ObjectDefinition.Spec.RemediationAction) {
			return false
		}
	}
	return true
}

type policySetObject struct {
	Spec struct {
		Policies []string `json:"policies"`
	} `json:"spec"`
}

// bindingObject is a PlacementBinding, which has no spec.
type bindingObject struct {
	PlacementRef     subject   `json:"placementRef"`
	Subjects         []subject `json:"subjects"`
	BindingOverrides struct {
		RemediationAction string `json:"remediationAction"`
	} `json:"bindingOverrides"`
}

// enforces tells whether policies that only inform are enforced where the binding takes them.
func (b bindingObject) enforces() bool {
	return strings.EqualFold(b.BindingOverrides.RemediationAction, "enforce")
}

type subject struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// view is what binds policies in one namespace, with one object of it as a write has it.
type view struct {
	namespace string
	policies  map[string]policyObject
	sets      map[string]policySetObject
	bindings  map[string]bindingObject
}

// view returns what is stored in a namespace. What is not served is not there.
func (g governance) view(namespace string) (view, error) {
	policies, err := values(g.policies, namespace)
	if err != nil {
		return view{}, err
	}
	sets, err := values(g.policySets, namespace)
	if err != nil {
		return view{}, err
	}
	bindings, err := values(g.bound, namespace)
	return view{namespace, policies, sets, bindings}, err
}

func values[T any](of *inventory.Collection[T], namespace string) (map[string]T, error) {
	objects, err := inventory.IfServed(of.List(namespace, labels.Everything()))
	if err != nil {
		return nil, err
	}
	all := make(map[string]T, len(objects))
	for _, object := range objects {
		all[object.Name] = object.Value
	}
	return all, nil
}

// subjects returns the names of the policies that a binding binds, by itself or in sets.
func (v view) subjects(binding bindingObject) []string {
	var names []string
	for _, subject := range binding.Subjects {
		switch subject.Kind {
		case "Policy":
			names = append(names, subject.Name)
		case "PolicySet":
			names = append(names, v.sets[subject.Name].Spec.Policies...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// governed returns, by the names of clusters, which of the policies are enforced there, and how many
// clusters are only informed by them.
func (v view) governed(i *Inventory, account *budget.Account, policies []string) (enforced map[string][]string, informed int, err error) {
	enforced, inform := map[string][]string{}, map[string]bool{}
	for _, binding := range v.bindings {
		var bound []string
		informs := false
		for _, name := range v.subjects(binding) {
			switch {
			case !slices.Contains(policies, name):
			case v.enforced(name, binding):
				bound = append(bound, name)
			case !v.policies[name].Spec.Disabled:
				informs = true
			}
		}
		if len(bound) == 0 && !informs {
			continue
		}
		clusters, err := i.bindingClusters(account, v.namespace, binding)
		if err != nil {
			return nil, 0, err
		}
		for _, cluster := range clusters {
			if informs {
				inform[cluster] = true
			}
			if len(bound) > 0 {
				enforced[cluster] = append(enforced[cluster], bound...)
			}
		}
	}
	return enforced, onlyInformed(enforced, inform), nil
}

// onlyInformed sorts the names of what is enforced, and counts the clusters where nothing is.
func onlyInformed(enforced map[string][]string, inform map[string]bool) int {
	for cluster, names := range enforced {
		slices.Sort(names)
		enforced[cluster] = slices.Compact(names)
		delete(inform, cluster)
	}
	return len(inform)
}

// bindingClusters returns the clusters that the placement of a binding decides.
func (i *Inventory) bindingClusters(account *budget.Account, namespace string, binding bindingObject) ([]string, error) {
	if kind := binding.PlacementRef.Kind; kind != "Placement" {
		found := rollout.Unresolved("a PlacementBinding", "binds to something else than a Placement, which Seawall does not read")
		found.Withheld = "placementRef.kind is " + rollout.Quote(kind)
		return nil, found
	}
	decided, err := i.decide(account, namespace, binding.PlacementRef.Name)
	if err != nil {
		return nil, err
	}
	clusters := decided.clusters()
	return clusters, account.Work(1 + len(clusters))
}

// enforcesFor tells whether any policy that is enforced follows a placement.
func (v view) enforcesFor(placement string) bool {
	for _, binding := range v.bindings {
		if binding.PlacementRef != (subject{"Placement", placement}) {
			continue
		}
		if slices.ContainsFunc(v.subjects(binding), func(name string) bool { return v.enforced(name, binding) }) {
			return true
		}
	}
	return false
}

// enforced tells whether a policy is enforced where a binding takes it. One that is not there yet may
// be by the time that it is.
func (v view) enforced(name string, binding bindingObject) bool {
	policy, exists := v.policies[name]
	return !exists || !policy.Spec.Disabled && (!policy.informs() || binding.enforces())
}
