package karmada

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const overrideRemedy = "let spec.overrideRules[].targetCluster select at most " + rollout.PerWave + " more clusters in one write"

// OverridePolicy reads OverridePolicies, whose edits reach every cluster that they select at once.
func OverridePolicy(inventory *Inventory) rollout.Kind {
	return overrideKind(inventory, "overridepolicies", "OverridePolicy", true)
}

// ClusterOverridePolicy reads ClusterOverridePolicies.
func ClusterOverridePolicy(inventory *Inventory) rollout.Kind {
	return overrideKind(inventory, "clusteroverridepolicies", "ClusterOverridePolicy", false)
}

func overrideKind(inventory *Inventory, resource, name string, namespaced bool) rollout.Kind {
	kind := kind(inventory, resource, name, namespaced)
	kind.Reader = overrideReader{inventory}
	return kind
}

type overrideReader struct{ inventory *Inventory }

// overrides are those of a policy; its older form has one of them in the spec itself.
type overrides struct {
	Spec struct {
		TargetCluster *affinity       `json:"targetCluster"`
		Overriders    json.RawMessage `json:"overriders"`
		Rules         []override      `json:"overrideRules"`
	} `json:"spec"`

	clusters rollout.Environments
	// changes are, by the name of a cluster, what is overridden there, as text to compare.
	changes map[string]string
}

type override struct {
	TargetCluster *affinity       `json:"targetCluster"`
	Overriders    json.RawMessage `json:"overriders"`
}

// Read implements rollout.Reader.
func (r overrideReader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() {
		return rollout.Change{}, nil
	}
	all, err := r.inventory.clusters.List("", labels.Everything())
	if err != nil {
		return rollout.Change{}, err
	}
	before, after, err := rollout.Sides(write, func(object *rollout.Object) (*overrides, error) {
		side := &overrides{changes: map[string]string{}}
		if err := object.Decode(side); err != nil {
			return nil, err
		}
		return side, side.match(budget.From(ctx), all)
	})
	if err != nil {
		return rollout.Change{}, err
	}
	before, after = cmp.Or(before, &overrides{}), cmp.Or(after, &overrides{})
	rewritten := write.Rewrites("overrideRules", "targetCluster", "overriders")
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

// match finds the clusters that rules select: all, where they select none.
func (o *overrides) match(account *budget.Account, all []cluster) error {
	rules, path := o.Spec.Rules, "spec.overrideRules[%d].targetCluster"
	if len(rules) == 0 && len(o.Spec.Overriders) > 0 {
		rules, path = []override{{o.Spec.TargetCluster, o.Spec.Overriders}}, "spec.targetCluster%.0d"
	}
	var chosen []cluster
	for i, rule := range rules {
		selects, err := cmp.Or(rule.TargetCluster, &affinity{}).compile(fmt.Sprintf(path, i))
		if err != nil {
			return err
		}
		if err := account.Work(len(all)); err != nil {
			return err
		}
		text := string(rule.Overriders)
		for _, candidate := range all {
			if selects(candidate) {
				o.changes[candidate.Name] += text + "\n"
				chosen = append(chosen, candidate)
			}
		}
	}
	o.clusters = environments(chosen)
	return nil
}
