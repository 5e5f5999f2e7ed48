package kubefleet

import (
	"cmp"
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const overrideRemedy = "let the clusterSelectors of spec.policy.overrideRules select at most " + rollout.PerWave +
	" more clusters in one write"

// ClusterResourceOverride reads ClusterResourceOverrides, which change what placements put on the
// clusters that they select.
func ClusterResourceOverride(inventory *Inventory) rollout.Kind {
	return overrideKind(inventory, "clusterresourceoverrides", "ClusterResourceOverride", false)
}

// ResourceOverride reads ResourceOverrides.
func ResourceOverride(inventory *Inventory) rollout.Kind {
	return overrideKind(inventory, "resourceoverrides", "ResourceOverride", true)
}

func overrideKind(inventory *Inventory, resource, name string, namespaced bool) rollout.Kind {
	return rollout.Kind{
		Group: placementGroup, Versions: versions(), Resource: resource, Name: name, Namespaced: namespaced,
		Reads: inventory.overriding(), Reader: overrideReader{inventory},
	}
}

type overrideReader struct{ inventory *Inventory }

type overrides struct {
	Spec struct {
		Policy struct {
			Rules []struct {
				ClusterSelector *struct {
					Terms []term `json:"clusterSelectorTerms"`
				} `json:"clusterSelector"`
			} `json:"overrideRules"`
		} `json:"policy"`
	} `json:"spec"`

	clusters rollout.Environments
	// changes are, by the name of a cluster, the rules that hold there, as text to compare.
	changes map[string]string
}

// Read implements rollout.Reader.
func (r overrideReader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, func(object *rollout.Object) (*overrides, error) {
		side := &overrides{changes: map[string]string{}}
		if err := object.Decode(side); err != nil {
			return nil, err
		}
		var rules []json.RawMessage
		if err := rollout.DecodeJSON(object.Spec.Within("policy")["overrideRules"], &rules); err != nil {
			return nil, err
		}
		return side, r.match(budget.From(ctx), side, rules)
	})
	if err != nil {
		return rollout.Change{}, err
	}
	before, after = cmp.Or(before, &overrides{}), cmp.Or(after, &overrides{})
	rewritten := write.Rewrites("policy") ||
		write.Operation == rollout.Update && !write.OldObject.Spec.Within("policy").Same(write.Object.Spec.Within("policy"), "overrideRules")
	targets := rollout.Delta(before.clusters, after.clusters, func(name string) (rollout.Effect, bool) {
		return rollout.Changed, rewritten || before.changes[name] != after.changes[name]
	})
	for i := range targets {
		targets[i].Effect = rollout.Changed // an override comes and goes, what it is of stays
	}
	return rollout.Change{
		Environments: max(len(before.clusters), len(after.clusters)), Steps: rollout.Steps(rollout.AtOnce(targets, overrideRemedy)),
	}, nil
}

// match finds the clusters that rules select: a rule without a selector, or with an empty one,
// selects all.
func (r overrideReader) match(account *budget.Account, side *overrides, rules []json.RawMessage) error {
	members, err := r.inventory.members.List("", labels.Everything())
	if err != nil {
		return err
	}
	var names []string
	for i, rule := range side.Spec.Policy.Rules {
		terms := &policy{}
		if rule.ClusterSelector != nil {
			terms.Affinity.ClusterAffinity.Required.ClusterSelectorTerms = rule.ClusterSelector.Terms
		}
		matches, err := terms.matches()
		if err != nil {
			return err
		}
		if err := account.Work(len(members) * (1 + len(terms.terms()))); err != nil {
			return err
		}
		for _, cluster := range members {
			selected, err := matches(cluster)
			if err != nil {
				return err
			}
			if selected {
				side.changes[cluster.Name] += string(rules[i]) + "\n"
				names = append(names, cluster.Name)
			}
		}
	}
	side.clusters, err = r.inventory.members.Environments(names)
	return err
}
