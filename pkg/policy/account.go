package policy

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// account returns the verdict about a write once it is taken into account that the policy's gate judges the
// starts that follow it: those need not be within the limit together. What is torn down has no start, and is
// judged with the write.
func (p *Policy) account(over Verdict, change rollout.Change, c Case) Verdict {
	if p.gate == nil || over.Reason != WaveOverLimit || change.Starts == nil {
		return over
	}
	if why := p.unaccounted(over, change, c); why != "" {
		over.Message += " The sync gate does not account for it: " + why + "."
		return over
	}
	wrong, evidence, _ := strings.Cut(over.Message, " "+over.Remedy)
	together := "at most " + strconv.Itoa(over.Largest) + " of them together"
	if over.Largest <= 1 {
		together = "one after the other"
	}
	over.Reason, over.Remedy, over.takes.wave = Gated, "", p.heldTo(over, change, c)
	over.Message = wrong + " The sync gate accounts for it: it begins the starts " + together + "." + evidence
	over.Warnings = append(over.Warnings, over.Message)
	return over
}

// unaccounted says why the gate does not account for a write that is over the limit; nothing if it does.
func (p *Policy) unaccounted(over Verdict, change rollout.Change, c Case) string {
	if why := p.gate.unaccounted(change.Starts, c.Metadata); why != "" {
		return why
	}
	bare := Verdict{Policy: over.Policy, actions: over.actions}
	if !p.judgeCounted(bare, change.Leaving(), c.Metadata).Satisfied() {
		return "what it tears down is over the limit by itself, and no start tells of that"
	}
	if whole := p.permittingWaves(); !whole.judgeCounted(bare, change, c.Metadata).Satisfied() {
		return "all waves together are over maxRolloutFailureProbability"
	}
	return change.Starts.Unasked
}

// permittingWaves returns the policy without a limit of waves.
func (p *Policy) permittingWaves() *Policy {
	loosened := *p
	loosened.wave.Max = risk.One
	return &loosened
}

// unaccounted says why the gate does not hold all of the starts that follow a write within the limit; nothing
// if it does.
func (g *Gate) unaccounted(starts *rollout.Starts, metadata rollout.Metadata) string {
	_, lacks := gate.Place(g.By, factsOf(starts))
	for _, one := range []struct {
		is  bool
		why string
	}{
		{!g.Rule().Holds, "the policy holds nothing (validationActions)"},
		{g.SettledWhenOperation, "the policy counts a start as done before anything is healthy (settledWhen: Operation)"},
		{g.Ungrouped == v1alpha1.UngroupedPass, "the policy lets starts pass that have no group (ungrouped: Pass)"},
		{g.policy.gated && g.goOn, "the policy counts waves up to the next gate, and no failure closes one (onFailure: Continue)"},
		{!g.policy.objects.Matches(labels.Set(metadata.Labels)), "the policy does not select the rollout any more after this write"},
		{starts.Unheld != "", starts.Unheld},
		{
			starts.Repairs && slices.Contains(g.pass, gate.Repair),
			"it changes more than the sources of its Applications, and what Argo CD mends as a drift is not counted (selfHeal: Pass)",
		},
		{
			len(lacks) > 0 && g.Ungrouped == v1alpha1.UngroupedDeny,
			"not all of its Applications are known to have a " + strings.Join(lacks, " and a ") + " (ungrouped: Deny)",
		},
	} {
		if one.is {
			return one.why
		}
	}
	return ""
}

// factsOf returns what all environments are known to have, by which they are grouped.
func factsOf(starts *rollout.Starts) gate.Facts {
	facts := gate.Facts{Owner: "the rollout", Labels: starts.Labels, ClusterLabels: starts.ClusterLabels}
	if starts.Project {
		facts.Project = "one"
	}
	if starts.Source {
		facts.Source = "one"
	}
	return facts
}
