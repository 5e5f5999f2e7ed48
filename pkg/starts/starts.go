// Package starts judges starts for whoever asks: the webhook, which admits or holds them, and whoever
// keeps the ledgers. Each policy with a sync gate that selects the environment has a ledger for its group,
// and all of them must admit it.
package starts

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Policies answers which policies there are.
type Policies interface {
	// All returns them, sorted by name.
	All() []*policy.Policy
	// Ended returns those that have held starts of late and hold none now, as they were then.
	Ended() []*policy.Policy
}

// Namespaces answers what is to be known of a namespace.
type Namespaces interface {
	// Get returns the labels of a namespace and whether it is being deleted.
	Get(ctx context.Context, name string) (namespaceLabels labels.Labels, terminating bool, err error)
	// Version returns another number after each change of namespaces.
	Version() uint64
}

// Ledgers keeps the ledgers of groups.
type Ledgers interface {
	// Update changes a ledger, and returns what it is then. The change says whether there is one; it may be
	// asked several times, and its last answer holds.
	Update(ctx context.Context, key waves.Key, change func(gate.Ledger) (gate.Ledger, bool)) (gate.Ledger, error)
	// Wave returns the Wave of a group as it is stored; nil if there is none.
	Wave(ctx context.Context, key waves.Key) (*v1alpha1.Wave, error)
}

// Overrides answers which overrides there are.
type Overrides interface {
	// For returns those of a rollout.
	For(rollout policy.Reference) []*policy.Override
}

// Uses keeps count of the uses of overrides.
type Uses interface {
	// Count counts one. It never waits.
	Count(override *policy.Override, use policy.Use)
}

// giveBackTimeout bounds how long it takes to give slots back: of those that are not, it is seen that nothing
// has begun.
const giveBackTimeout = time.Second

// Judge judges starts. All fields but the last are required.
type Judge struct {
	Policies   Policies
	Kept       *policy.KeptRules
	Namespaces Namespaces
	Systems    Systems
	Ledgers    Ledgers
	Overrides  Overrides
	Uses       Uses
	// Promotions tells how far promotions have come; nil where none is judged as a whole.
	Promotions Progress

	index index
}

// Judge concludes about a start, and has it in the ledgers if it is admitted. A trial changes none. The
// error says why it cannot be told: that what there is has not been read, or that a ledger could not be
// changed in time.
func (j *Judge) Judge(ctx context.Context, started *gate.Started, trial bool) (Judgement, error) {
	return j.together(ctx, []*gate.Started{started}, trial)
}

// together concludes about starts that begin together: all of them are admitted, or none.
func (j *Judge) together(ctx context.Context, started []*gate.Started, trial bool) (Judgement, error) {
	claims, err := j.claims(ctx, started)
	if err != nil || len(claims) == 0 {
		return Judgement{}, err
	}
	var judgement Judgement
	for _, claim := range claims {
		verdict, err := j.ask(ctx, claim, trial)
		if err != nil {
			return Judgement{}, j.giveBack(ctx, judgement, claims, err)
		}
		judgement.Verdicts = append(judgement.Verdicts, verdict)
		if verdict.refuses() && !trial { // a trial has taken nothing, and is told of all policies
			return judgement, j.giveBack(ctx, judgement, claims, nil)
		}
	}
	for _, override := range judgement.Overrides() {
		if !trial {
			j.Uses.Count(override, policy.Use{By: audit.CleanUser(started[0].By), At: started[0].At})
		}
	}
	return judgement, nil
}

// ask has the ledger of the group of a claim decide about it, and hold its starts from then on if they are
// admitted.
func (j *Judge) ask(ctx context.Context, of *claim, trial bool) (Verdict, error) {
	verdict := of.verdict
	if len(of.starts) == 0 { // it never comes to that
		return verdict, nil
	}
	at := of.starts[0].At
	fleet, err := j.fleet(ctx, of.by.Gate, verdict.key.Group, at)
	if err != nil {
		return Verdict{}, err
	}
	admit := func(rule gate.Rule) (decision gate.Decision, err error) {
		_, err = j.Ledgers.Update(ctx, verdict.key, func(ledger gate.Ledger) (gate.Ledger, bool) {
			var after gate.Ledger
			after, decision = rule.AdmitAll(ledger, of.starts, fleet)
			verdict.peak = ledger.Peak
			// The first one that waits is noted, so that there is a Wave that keeps by what it does.
			first := decision.Held && len(ledger.Sightings) == 0 && len(after.Sightings) > 0
			return after, (decision.Slot || first) && !trial
		})
		return decision, err
	}
	rule := of.by.rule()
	if verdict.Decision, err = admit(rule); err != nil {
		return Verdict{}, err
	}
	verdict.Reason, verdict.Slot = string(verdict.Decision.Reason), verdict.Slot && !trial
	if verdict.refuses() {
		if err := j.override(&verdict, of, at, admit); err != nil {
			return Verdict{}, err
		}
	}
	verdict.Probability = verdict.Wave.ProbabilityOfMoreThan(max(0, rule.Limit.Tolerated))
	verdict.say(of, j.Systems)
	return verdict, nil
}

// giveBack takes starts that are refused all the same out of the ledgers that have them.
func (j *Judge) giveBack(ctx context.Context, judgement Judgement, claims []*claim, why error) error {
	giving, stop := context.WithTimeout(context.WithoutCancel(ctx), giveBackTimeout)
	defer stop()
	for i := range judgement.Verdicts {
		verdict := &judgement.Verdicts[i]
		if !verdict.Slot || verdict.refuses() {
			continue
		}
		verdict.Slot = false
		_, err := j.Ledgers.Update(giving, verdict.key, func(ledger gate.Ledger) (gate.Ledger, bool) {
			for _, start := range claims[i].starts {
				ledger = ledger.Release(start, verdict.peak)
			}
			return ledger, true
		})
		if err != nil && why == nil {
			why = err
		}
	}
	return why
}
