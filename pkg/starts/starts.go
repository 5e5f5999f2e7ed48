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
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Policies answers which policies there are.
type Policies interface {
	// All returns them, sorted by name.
	All() []*policy.Policy
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
}

// giveBackTimeout bounds how long it takes to give slots back: of those that are not, it is seen that nothing
// has begun.
const giveBackTimeout = time.Second

// Judge judges starts of Applications. All fields are required.
type Judge struct {
	Policies     Policies
	Namespaces   Namespaces
	Applications *argocd.Applications
	Ledgers      Ledgers
}

// Verdict is what one policy concludes about a start.
type Verdict struct {
	gate.Decision

	Policy string
	// Reason is that of the decision, or why there is none.
	Reason string
	// Message says why the start is held, in one line for its reader, and Whole names all environments, for
	// records that the reader does not see. Both are empty for one that is not.
	Message, Whole string
	// Holds says that the policy wants a start that should wait to do so, and Warns that it wants its user to
	// be told.
	Holds, Warns bool
	// Probability is the chance that more fail of what would be in flight together than the policy tolerates,
	// and Limit the largest that it allows, as a decimal.
	Probability float64
	Limit       string

	key waves.Key
}

// LedgerName returns the name of the Wave that says who is in flight; empty for a start that no group has.
func (v *Verdict) LedgerName() string {
	if v.key.Policy == "" {
		return ""
	}
	return v.key.Name()
}

// refuses tells whether the start must wait for the policy.
func (v *Verdict) refuses() bool { return v.Held && v.Holds }

// Judgement is what all policies conclude about a start. Without verdicts none gates it.
type Judgement struct {
	Verdicts []Verdict
}

// Refused returns the first verdict by which the start is held; nil if it is admitted.
func (j Judgement) Refused() *Verdict {
	for i := range j.Verdicts {
		if j.Verdicts[i].refuses() {
			return &j.Verdicts[i]
		}
	}
	return nil
}

// Would returns the first verdict by which the start would be held if its policy held any; nil if there is
// none.
func (j Judgement) Would() *Verdict {
	for i := range j.Verdicts {
		if j.Verdicts[i].Held {
			return &j.Verdicts[i]
		}
	}
	return nil
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
	gates, err := j.gating(ctx, member)
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
		if verdict.refuses() {
			return judgement, j.giveBack(ctx, judgement, started, nil)
		}
	}
	return judgement, nil
}

// gating returns what the policies say that gate an Application.
func (j *Judge) gating(ctx context.Context, member argocd.Member) ([]named, error) {
	var gates []named
	for _, one := range j.Policies.All() {
		says := one.Gate()
		if says == nil {
			continue
		}
		selects, err := j.selects(ctx, says, member)
		if err != nil {
			return nil, err
		}
		if selects {
			gates = append(gates, named{says, one.Name})
		}
	}
	return gates, nil
}

// named is what the policy of a name says of starts.
type named struct {
	*policy.Gate

	policy string
}

func (j *Judge) selects(ctx context.Context, says *policy.Gate, member argocd.Member) (bool, error) {
	within, _, err := j.Namespaces.Get(ctx, member.Namespace)
	if err != nil {
		return false, fmt.Errorf("reading namespace %s: %w", member.Namespace, err)
	}
	return says.Selects(policy.StartSubject{Owned: member.Owned, NamespaceLabels: within, Labels: member.Selectable}), nil
}

// ask asks one policy about a start.
func (j *Judge) ask(ctx context.Context, by named, member argocd.Member, started *argocd.Started, trial bool) (Verdict, error) {
	rule := by.Rule()
	verdict := Verdict{Policy: by.policy, Holds: rule.Holds, Warns: by.Warns(), Limit: rule.Limit.Max.String()}
	rate, err := by.StartRate(member.ClusterRate, member.SuccessRate, member.OwnerRate)
	if err != nil {
		refusal := by.Refusal(err)
		verdict.without(string(refusal.Reason), refusal.Message)
		return verdict, nil
	}
	group, lacks := gate.Place(by.By, member.Facts)
	switch {
	case len(lacks) == 0:
	case by.Ungrouped == v1alpha1.UngroupedPass:
		verdict.Admitted, verdict.Decision.Reason, verdict.Reason = true, gate.Exempt, string(gate.Exempt)
		return verdict, nil
	case by.Ungrouped == v1alpha1.UngroupedDeny:
		verdict.without(Ungrouped, ungrouped(by.policy, lacks))
		return verdict, nil
	}
	verdict.key = waves.Key{Policy: by.policy, Group: group}
	start := started.Start
	start.Rate = rate
	fleet, err := j.fleet(ctx, by.Gate, group, start.At)
	if err != nil {
		return Verdict{}, err
	}
	_, err = j.Ledgers.Update(ctx, verdict.key, func(ledger gate.Ledger) (gate.Ledger, bool) {
		var after gate.Ledger
		after, verdict.Decision = rule.Admit(ledger, start, fleet)
		return after, verdict.Slot && !trial
	})
	if err != nil {
		return Verdict{}, err
	}
	verdict.Reason = string(verdict.Decision.Reason)
	verdict.Probability = verdict.Wave.ProbabilityOfMoreThan(max(0, rule.Limit.Tolerated))
	verdict.say(by, member, j.Applications)
	return verdict, nil
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
