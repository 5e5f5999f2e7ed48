package starts

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// keeping is by what a Wave is kept.
type keeping struct {
	// says is what the policy says of starts now or, while the Wave drains, has said; nil if neither is anything.
	says *policy.Gate
	// kept is that by which the Wave drains; nil for one that does not.
	kept *policy.KeptRule
	// over says that nothing is left to be drained.
	over bool
}

// keeping returns by what a Wave is kept: by what its policy says while that holds starts, and else, until it
// is released, by what it has said.
func (j *Judge) keeping(wave *v1alpha1.Wave) keeping {
	by := keeping{says: j.of(wave.Spec.PolicyName)}
	if j.holdsNothing(wave.Spec.PolicyName) && !wave.Released() {
		if by.kept = j.Kept.Of(wave); by.kept != nil {
			by.says = by.kept.Gate
		}
	}
	return by
}

// rule returns by what starts are judged.
func (k keeping) rule() gate.Rule { return named{Gate: k.says, kept: k.kept}.rule() }

// show has a status say by what the Wave is held, and whether it drains. It tells whether that is news.
func (k keeping) show(status *v1alpha1.WaveStatus) bool {
	before, drained := status.Rule, status.DrainingSince
	switch {
	case k.kept != nil && !k.over:
		if drained == nil {
			status.DrainingSince = &metav1.Time{Time: time.Now()}
		}
	case k.kept == nil && k.says != nil && k.says.Holds():
		status.DrainingSince = nil
		if said, is := k.says.Kept(); is { // what cannot be judged by is not kept
			status.Rule = said
		}
	default:
		status.Rule, status.DrainingSince = v1alpha1.WavePolicySpec{}, nil
	}
	return (drained == nil) != (status.DrainingSince == nil) || !equality.Semantic.DeepEqual(before, status.Rule)
}
