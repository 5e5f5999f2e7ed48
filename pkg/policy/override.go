package policy

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// repetition is how long the API server may ask about one write again and again: when the
// stored object has changed meanwhile it starts over, as long as its request lasts.
const repetition = time.Minute

// Reference names a rollout.
type Reference struct {
	schema.GroupKind

	// Namespace is empty when the rollout is cluster-scoped.
	Namespace string
	Name      string
}

// Use is what is known of a write that uses an override.
type Use struct {
	// By is the name of the user who writes.
	By string
	// Write is the same for writes that are the same in every respect, and for no others.
	// An empty one is like no other.
	Write string
	At    time.Time
	// Authenticated says that it is the API server that asks about the write, so that there
	// is one. Of any other, Before and After tell whether there is.
	Authenticated bool
	// Version is that of the API in which the rollout is written.
	Version string
	// Before and After are the fingerprints of what is stored before and after the write.
	// Before is empty when nothing is; what has no After uses no override.
	Before, After string
}

// Override is a WaveOverride whose fields have been understood.
type Override struct {
	types.NamespacedName

	UID types.UID
	// Rollout is the one whose writes may pass. Its namespace is that of the override.
	Rollout Reference
	// Permits is the probability of failure that takes the place of a policy's limits.
	Permits risk.Probability
	Reason  string
	Created time.Time
	// Expires is when the override has ended.
	Expires time.Time
	// Once says that one write may pass.
	Once bool

	// Contested says that what is stored is not what a write would have it be, so that the
	// override is not for that write.
	Contested bool

	timesUsed int64
	last      Use
	// reserved is nil unless the override is reserved for a write.
	reserved *Use
}

// CompileOverride reads a WaveOverride. It returns an error that names the field when one
// cannot be understood.
func CompileOverride(source *v1alpha1.WaveOverride) (*Override, error) {
	permits, err := parse("spec.maxFailureProbability", source.Spec.MaxFailureProbability)
	if err != nil {
		return nil, err
	}
	compiled := &Override{
		NamespacedName: types.NamespacedName{Namespace: source.Namespace, Name: source.Name},
		UID:            source.UID,
		Rollout: Reference{
			GroupKind: schema.GroupKind{Group: source.Spec.Rollout.Group, Kind: source.Spec.Rollout.Kind},
			Namespace: source.Namespace, Name: source.Spec.Rollout.Name,
		},
		Permits: permits,
		Reason:  source.Spec.Reason,
		Created: source.CreationTimestamp.Time,
		Expires: source.End(), // without one the override has always ended
		Once:    source.Spec.Uses == v1alpha1.UsesOnce,
		last:    Use{By: source.Status.LastUsedBy, Write: source.Status.LastWrite},
	}
	if source.Status.TimesUsed != nil {
		compiled.timesUsed = *source.Status.TimesUsed
	}
	if source.Status.LastUsedTime != nil {
		compiled.last.At = source.Status.LastUsedTime.Time
	}
	if reservation := source.Status.Reservation; reservation.Time != nil {
		compiled.reserved = &Use{By: reservation.By, Write: reservation.Write, At: reservation.Time.Time}
	}
	return compiled, nil
}

// Lasts returns how long the override is in force, from its creation to its end.
func (o *Override) Lasts() time.Duration { return o.Expires.Sub(o.Created) }

// Ended tells whether the override is over: from the moment on at which it expires.
func (o *Override) Ended(now time.Time) bool { return !now.Before(o.Expires) }

// Used tells whether any write has used the override.
func (o *Override) Used() bool { return o.timesUsed > 0 }

// Reserved tells whether the override is reserved for a write that may yet be stored.
func (o *Override) Reserved() bool { return o.reserved != nil }

// Spent tells whether the override was for one write and another write than this has used or
// reserved it. A write that the API server asks about again is not another one.
func (o *Override) Spent(use Use) bool {
	return o.Once && (o.Used() && !use.repeats(o.last) || o.Reserved() && !use.repeats(*o.reserved))
}

// repeats tells whether the API server asks again about the same write.
func (u Use) repeats(earlier Use) bool {
	return u.Write != "" && u.Write == earlier.Write && u.At.Sub(earlier.At) < repetition
}

// Warning tells whose write passes by the override, and until when that may be.
func (o *Override) Warning() string {
	once := ""
	if o.Once {
		once = " once"
	}
	return fmt.Sprintf("WaveOverride %s permits this%s until %s: %s", o, once, o.Expires.UTC().Format(time.RFC3339), o.Reason)
}

// inForce returns the overrides that have not ended, those that permit the least first. At no
// time at all none is in force.
func (c Case) inForce() []*Override {
	var running []*Override
	if c.Use.At.IsZero() {
		return nil
	}
	for _, override := range c.Overrides {
		if !override.Ended(c.Use.At) {
			running = append(running, override)
		}
	}
	slices.SortFunc(running, func(a, b *Override) int {
		return cmp.Or(cmp.Compare(a.Permits, b.Permits), strings.Compare(a.Name, b.Name))
	})
	return running
}

// override returns the verdict about a write that does not satisfy the policy, once the
// overrides of its rollout are taken into account.
func (p *Policy) override(refused Verdict, c Case) Verdict {
	running := c.inForce()
	if len(running) == 0 || !refused.Reason.meaning().overridable {
		return refused
	}
	usable := slices.DeleteFunc(slices.Clone(running), func(o *Override) bool { return p.declines(o, c.Use) != "" })
	// Whatever passes by one of them passes by all that permit more.
	least := sort.Search(len(usable), func(i int) bool {
		return p.permitting(usable[i].Permits).judge(c).Satisfied()
	})
	if least == len(usable) {
		refused.Message += " " + p.insufficient(running[len(running)-1], refused.Reason, c.Use)
		return refused
	}
	refused.Reason, refused.Override = Overridden, usable[least]
	return refused
}

// passes tells whether an override lets a write pass that does not satisfy the policy.
func (p *Policy) passes(o *Override, c Case) bool {
	return p.declines(o, c.Use) == "" && p.permitting(o.Permits).judge(c).Satisfied()
}

// permitting returns the policy with a permitted probability in the place of lower limits.
func (p *Policy) permitting(probability risk.Probability) *Policy {
	loosened := *p
	loosened.wave.Max = max(p.wave.Max, probability)
	if p.rollout != nil {
		loosened.rollout = &risk.Limit{Max: max(p.rollout.Max, probability), Tolerated: p.rollout.Tolerated}
	}
	if probability >= risk.One {
		// A probability that is not known is at most 1: any number and any rate will do.
		loosened.onUnresolved = v1alpha1.UnresolvedAllow
		if p.defaultRate == nil {
			loosened.defaultRate = new(risk.Probability(0))
		}
	}
	return &loosened
}

// declines says why the policy does not accept an override; it is empty when it does.
func (p *Policy) declines(o *Override, use Use) string {
	switch {
	case o.Spent(use) && o.Used():
		return "has been used"
	case o.Spent(use):
		return "is reserved for another write, which may yet be stored"
	case o.Contested:
		return "is not used: what is stored has changed meanwhile, try again"
	case p.maxOverride == 0:
		return fmt.Sprintf("does not count: policy %q accepts none", p.Name)
	case o.Lasts() > p.maxOverride:
		return fmt.Sprintf("lasts %.0f seconds, policy %q accepts at most %.0f", o.Lasts().Seconds(), p.Name, p.maxOverride.Seconds())
	}
	return ""
}

// insufficient says why the override that permits the most does not let a write pass.
func (p *Policy) insufficient(o *Override, reason Reason, use Use) string {
	why := p.declines(o, use)
	if why == "" {
		why = "permits " + o.Permits.Percent()
		if reason == Unresolved || reason == SuccessRateMissing {
			why += ", what is not known needs 100%"
		}
	}
	return fmt.Sprintf("WaveOverride %s %s.", o, why)
}
