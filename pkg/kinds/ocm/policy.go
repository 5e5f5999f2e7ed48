package ocm

import (
	"context"
	"maps"
	"slices"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const policyRemedy = "let the placements that it is bound to decide at most " + rollout.PerWave + " more clusters in one write"

// Policy reads Policies, which reach every cluster that they are bound to at once.
func Policy(inventory *Inventory) rollout.Kind {
	return governanceKind(inventory, "v1", "policies", "Policy", enter(func(v view, name string, written *policyObject) []string {
		if written == nil { // which view.enforced must not take for one that comes
			written = &policyObject{}
			written.Spec.Disabled = true
		}
		put(v.policies, name, written)
		return []string{name}
	}), "disabled")
}

// PolicySet reads PolicySets.
func PolicySet(inventory *Inventory) rollout.Kind {
	return governanceKind(inventory, "v1beta1", "policysets", "PolicySet", enter(func(v view, name string, written *policySetObject) []string {
		put(v.sets, name, written)
		return v.sets[name].Spec.Policies
	}), "policies", "description")
}

// PlacementBinding reads PlacementBindings.
func PlacementBinding(inventory *Inventory) rollout.Kind {
	enterBinding := enter(func(v view, name string, written *bindingObject) []string {
		put(v.bindings, name, written)
		return v.subjects(v.bindings[name])
	})
	return governanceKind(inventory, "v1", "placementbindings", "PlacementBinding", enterBinding)
}

// entering puts an object as it is before or after a write, which may be none, into a view, and
// returns the policies that it is about.
type entering func(v view, name string, object *rollout.Object) ([]string, error)

func enter[T any](into func(v view, name string, written *T) []string) entering {
	return func(v view, name string, object *rollout.Object) ([]string, error) {
		if object == nil {
			return into(v, name, nil), nil
		}
		written := new(T)
		if err := rollout.DecodeJSON(object.JSON, written); err != nil {
			return nil, err
		}
		return into(v, name, written), nil
	}
}

func put[T any](into map[string]T, name string, written *T) {
	if written == nil {
		delete(into, name)
		return
	}
	into[name] = *written
}

func governanceKind(inventory *Inventory, version, resource, name string, enter entering, harmless ...string) rollout.Kind {
	return rollout.Kind{
		Group: policyGroup, Versions: []string{version}, Resource: resource, Name: name, Namespaced: true,
		Reads: inventory.governing(), Reader: policyReader{inventory, enter, harmless, name == "Policy"},
	}
}

type policyReader struct {
	inventory *Inventory
	enter     entering
	// harmless are the fields of the spec that change nothing where a policy is enforced already.
	harmless []string
	policy   bool
}

// Read implements rollout.Reader.
func (r policyReader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	// A PlacementBinding has no spec.
	if write.Operation == rollout.Update && !write.Rewritten &&
		write.OldObject.Members.Same(write.Object.Members, "metadata", "status") {
		return rollout.Change{}, nil
	}
	stored, written, about, err := r.views(write)
	if err != nil {
		return rollout.Change{}, err
	}
	account := budget.From(ctx)
	was, _, err := stored.governed(r.inventory, account, about)
	if err != nil {
		return rollout.Change{}, err
	}
	is, informed, err := written.governed(r.inventory, account, about)
	if err != nil {
		return rollout.Change{}, err
	}
	if r.policy && write.OldObject != nil {
		replicated, err := replicas(write.OldObject)
		if err != nil {
			return rollout.Change{}, err
		}
		stored.replicate(was, write.Name, replicated)
		written.replicate(is, write.Name, replicated)
	}
	return r.change(write, was, is, informed)
}

// views returns what binds policies before and after a write, and the policies that it is about.
func (r policyReader) views(write rollout.Write) (stored, written view, about []string, err error) {
	if stored, err = r.inventory.view(write.Namespace); err != nil {
		return view{}, view{}, nil, err
	}
	written = view{stored.namespace, maps.Clone(stored.policies), maps.Clone(stored.sets), maps.Clone(stored.bindings)}
	now, err := r.enter(written, write.Name, write.Object)
	if err != nil {
		return view{}, view{}, nil, err
	}
	old, err := r.enter(stored, write.Name, write.OldObject)
	if rollout.IsFinding(err) && write.Operation != rollout.Delete {
		err = nil // what is stored was judged when it was written
	}
	return stored, written, slices.Concat(now, old), err
}

// replicas returns the clusters that the status of a Policy names: it is there, whatever the
// placements decide by now.
func replicas(policy *rollout.Object) ([]string, error) {
	var read struct {
		Status struct {
			Status []struct {
				ClusterName string `json:"clustername"`
			} `json:"status"`
		} `json:"status"`
	}
	err := policy.Decode(&read)
	names := make([]string, len(read.Status.Status))
	for i, one := range read.Status.Status {
		names[i] = one.ClusterName
	}
	return names, err
}

// replicate takes the clusters on which a policy is for those on which it is enforced, if they are
// more than the placements say.
func (v view) replicate(enforced map[string][]string, name string, clusters []string) {
	if len(clusters) <= len(enforced) || !v.enforced(name, bindingObject{}) {
		return
	}
	clear(enforced)
	for _, cluster := range clusters {
		enforced[cluster] = []string{name}
	}
}

// change compares which policies are enforced where. A Policy that is disabled, or that only
// informs, changes none: whoever wrote it can always stop it.
func (r policyReader) change(write rollout.Write, was, is map[string][]string, informed int) (rollout.Change, error) {
	before, err := r.inventory.environments(slices.Collect(maps.Keys(was)))
	if err != nil {
		return rollout.Change{}, err
	}
	after, err := r.inventory.environments(slices.Collect(maps.Keys(is)))
	if err != nil {
		return rollout.Change{}, err
	}
	rewritten := write.Rewrites(r.harmless...) || write.Operation == rollout.Update &&
		!write.OldObject.Members.Same(write.Object.Members, "metadata", "status", "spec", "placementRef", "subjects", "bindingOverrides")
	staying, removed := rollout.Split(rollout.Delta(before, after, func(name string) (rollout.Effect, bool) {
		return rollout.Changed, rewritten || !slices.Equal(was[name], is[name])
	}))
	if r.policy && write.Operation == rollout.Update {
		removed = nil
	}
	return rollout.Change{
		Environments: max(len(before), len(after)), Held: informed,
		Steps: rollout.Removing(rollout.Steps(rollout.AtOnce(staying, policyRemedy)), rollout.AtOnce(removed, removeRemedy), apartRemedy),
	}, nil
}
