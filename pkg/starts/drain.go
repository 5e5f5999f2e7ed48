package starts

import (
	"context"
	"fmt"
	"slices"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// gatingOrDraining returns what the policies say that gate an environment, and what those have said in whose
// Wave it goes on to count.
func (j *Judge) gatingOrDraining(ctx context.Context, member gate.Member) ([]named, error) {
	gates, err := j.gating(ctx, member)
	if err != nil {
		return nil, err
	}
	draining, err := j.draining(ctx, member)
	if err != nil {
		return nil, err
	}
	gates = slices.DeleteFunc(gates, func(says named) bool {
		return slices.ContainsFunc(draining, func(said named) bool { return said.policy == says.policy })
	})
	return append(gates, draining...), nil
}

// draining returns what policies have said that hold nothing any more, for the Waves that an environment is of.
// Of policies that have ended of late the Waves are read: one that came before the end may not have been heard
// of.
func (j *Judge) draining(ctx context.Context, member gate.Member) ([]named, error) {
	var found []named
	for _, rule := range j.Kept.All(j.holdsNothing) {
		key, is, err := j.placed(ctx, rule.Gate, rule.Policy, member)
		if err != nil {
			return nil, err
		}
		if is && j.Kept.Has(rule, key.Name()) {
			found = append(found, named{rule.Gate, rule.Policy, rule})
		}
	}
	for _, ended := range j.Policies.Ended() {
		if slices.ContainsFunc(found, func(said named) bool { return said.policy == ended.Name }) {
			continue
		}
		rule, err := j.endedFor(ctx, ended, member)
		if err != nil {
			return nil, err
		}
		if rule != nil {
			found = append(found, named{rule.Gate, rule.Policy, rule})
		}
	}
	return found, nil
}

// endedFor returns by what the Wave drains that an environment is of by a policy that has ended; nil if there is
// none that does.
func (j *Judge) endedFor(ctx context.Context, ended *policy.Policy, member gate.Member) (*policy.KeptRule, error) {
	key, is, err := j.placed(ctx, ended.Gate(), ended.Name, member)
	if err != nil || !is {
		return nil, err
	}
	wave, err := j.Ledgers.Wave(ctx, key)
	if err != nil || wave == nil || wave.Released() {
		return nil, err
	}
	return j.Kept.Of(wave), nil
}

// holdsNothing tells whether there is no policy of a name that holds starts.
func (j *Judge) holdsNothing(name string) bool {
	says := j.of(name)
	return says == nil || !says.Holds()
}

// placed returns the group of an environment by what a policy says, or has said; false if it is of none.
func (j *Judge) placed(ctx context.Context, says *policy.Gate, name string, member gate.Member) (waves.Key, bool, error) {
	selects, err := j.selects(ctx, says, member)
	if err != nil || !selects {
		return waves.Key{}, false, err
	}
	group, lacks := gate.Place(says.By, member.Facts)
	return waves.Key{Policy: name, Group: group}, len(lacks) == 0 || says.Ungrouped == v1alpha1.UngroupedSingle, nil
}

// Says returns by what a policy holds starts; false if it holds none.
func (j *Judge) Says(name string) (v1alpha1.WavePolicySpec, bool) {
	says := j.of(name)
	if says == nil {
		return v1alpha1.WavePolicySpec{}, false
	}
	return says.Kept()
}

// drains says of a start that is held by what the policy has said why that is, and how it ends.
func (n named) drains(key waves.Key) string {
	if n.kept == nil {
		return ""
	}
	return fmt.Sprintf(" It holds nothing any more, and what is left drains at that limit; to release it at once: "+
		"kubectl seawall gate release %s.", key.Name())
}
