// Package starts judges starts for whoever asks: the webhook, which admits or holds them, and whoever
// keeps the ledgers. Each policy with a sync gate that selects the Application has a ledger for its group,
// and all of them must admit it.
package starts

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
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

// Judge judges starts of Applications. All fields are required.
type Judge struct {
	Policies     Policies
	Kept         *policy.KeptRules
	Namespaces   Namespaces
	Applications *argocd.Applications
	Ledgers      Ledgers
	Overrides    Overrides
	Uses         Uses
}

// Judge concludes about a start, and has it in the ledgers if it is admitted. A trial changes none. The
// error says why it cannot be told: that what there is has not been read, or that a ledger could not be
// changed in time.
func (j *Judge) Judge(ctx context.Context, started *argocd.Started, trial bool) (Judgement, error) {
	started.At = started.At.Truncate(waves.Precision)
	member, err := j.Applications.Member(started)
	if err != nil {
		return Judgement{}, fmt.Errorf("reading what Application %s belongs to: %w", started.Environment, err)
	}
	gates, err := j.gatingOrDraining(ctx, member)
	if err != nil || len(gates) == 0 {
		return Judgement{}, err
	}
	var judgement Judgement
	for _, by := range gates {
		verdict, err := j.ask(ctx, by, member, started, trial)
		if err != nil {
			return Judgement{}, j.giveBack(ctx, judgement, started, err)
		}
		judgement.Verdicts = append(judgement.Verdicts, verdict)
		if verdict.refuses() && !trial { // a trial has taken nothing, and is told of all policies
			return judgement, j.giveBack(ctx, judgement, started, nil)
		}
	}
	for _, override := range judgement.Overrides() {
		if !trial {
			j.Uses.Count(override, policy.Use{By: audit.CleanUser(started.By), At: started.At})
		}
	}
	return judgement, nil
}

// ask asks one policy about a start.
func (j *Judge) ask(ctx context.Context, by named, member argocd.Member, started *argocd.Started, trial bool) (Verdict, error) {
	rule := by.rule()
	verdict := Verdict{Policy: by.policy, Holds: rule.Holds, Warns: by.Warns(), Limit: rule.Limit.Max.String()}
	rate, err := by.StartRate(member.ClusterRate, member.SuccessRate, member.OwnerRate)
	if err != nil && by.kept == nil { // one that drains counts it as certain to fail
		refusal := by.Refusal(err)
		verdict.without(string(refusal.Reason), refusal.Message)
		return verdict, nil
	}
	group, lacks := gate.Place(by.By, member.Facts)
	if len(lacks) > 0 && by.Ungrouped != v1alpha1.UngroupedSingle {
		verdict.outside(by, lacks)
		return verdict, nil
	}
	verdict.key = waves.Key{Policy: by.policy, Group: group}
	start := started.Start
	start.Rate = rate
	return verdict, j.count(ctx, &verdict, by, member, start, trial)
}

// count has the ledger of the group decide about a start, and hold it from then on if it is admitted.
func (j *Judge) count(ctx context.Context, verdict *Verdict, by named, member argocd.Member, start gate.Start, trial bool) error {
	fleet, err := j.fleet(ctx, by.Gate, verdict.key.Group, start.At)
	if err != nil {
		return err
	}
	admit := func(rule gate.Rule) (decision gate.Decision, err error) {
		_, err = j.Ledgers.Update(ctx, verdict.key, func(ledger gate.Ledger) (gate.Ledger, bool) {
			var after gate.Ledger
			after, decision = rule.Admit(ledger, start, fleet)
			// The first one that waits is noted, so that there is a Wave that keeps by what it does.
			first := decision.Held && len(ledger.Sightings) == 0 && len(after.Sightings) > 0
			return after, (decision.Slot || first) && !trial
		})
		return decision, err
	}
	rule := by.rule()
	if verdict.Decision, err = admit(rule); err != nil {
		return err
	}
	verdict.Reason, verdict.Slot = string(verdict.Decision.Reason), verdict.Slot && !trial
	if verdict.refuses() {
		if err := j.override(verdict, by, member, start.At, admit); err != nil {
			return err
		}
	}
	verdict.Probability = verdict.Wave.ProbabilityOfMoreThan(max(0, rule.Limit.Tolerated))
	verdict.say(by, member, j.Applications)
	return nil
}

// giveBack takes a start that is refused all the same out of the ledgers that have it.
func (j *Judge) giveBack(ctx context.Context, judgement Judgement, started *argocd.Started, why error) error {
	giving, stop := context.WithTimeout(context.WithoutCancel(ctx), giveBackTimeout)
	defer stop()
	for i := range judgement.Verdicts {
		verdict := &judgement.Verdicts[i]
		if !verdict.Slot || verdict.refuses() {
			continue
		}
		verdict.Slot = false
		_, err := j.Ledgers.Update(giving, verdict.key, func(ledger gate.Ledger) (gate.Ledger, bool) {
			return ledger.Release(started.Start), true
		})
		if err != nil && why == nil {
			why = err
		}
	}
	return why
}
