package policy

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// window is what a policy says of writes that follow each other.
type window struct {
	by     []gate.Trait
	length time.Duration
}

// taking is what a write takes of a window.
type taking struct {
	// wave is the greatest that the write puts in flight.
	wave risk.Wave
	// environments is how many the rollout has after the write, 0 if that is not known, and tornDown how many the
	// write tears down.
	environments, tornDown int
}

// Claim is what a write takes of the window of a policy.
type Claim struct {
	// Policy is the name of the policy.
	Policy string
	Group  gate.Group
	Window gate.Window
	Write  gate.Write
}

func (p *Policy) readWindow(source v1alpha1.WriteWindow) error {
	if source.Seconds == 0 && len(source.GroupBy) == 0 {
		return nil
	}
	p.window = &window{length: time.Duration(source.Seconds) * time.Second}
	errs := make([]error, 0, len(source.GroupBy)+1)
	if source.Seconds <= 0 {
		errs = append(errs, errors.New("spec.writeWindow.seconds: must be above 0"))
	}
	for i, one := range source.GroupBy {
		trait, err := readWriteTrait(fmt.Sprintf("spec.writeWindow.groupBy[%d]", i), one)
		p.window.by, errs = append(p.window.by, trait), append(errs, err)
	}
	return errors.Join(errs...)
}

func readWriteTrait(field string, source v1alpha1.WriteTrait) (gate.Trait, error) {
	switch source.Source {
	case v1alpha1.WriteTraitNamespace:
		return gate.Namespace(), nil
	case v1alpha1.WriteTraitNamespaceLabel:
		return gate.NamespaceLabel(source.Key), nil
	case v1alpha1.WriteTraitRolloutLabel:
		return gate.Label(source.Key), nil
	}
	return gate.Trait{}, fmt.Errorf("%s.source: %q is not known", field, source.Source)
}

// Window returns what the policy says of writes that follow each other; false if that is nothing.
func (p *Policy) Window() (gate.Window, bool) {
	if p.window == nil {
		return gate.Window{}, false
	}
	holds := slices.Contains(p.actions, v1alpha1.ActionDeny)
	return gate.Window{Limit: p.wave, Length: p.window.length, Holds: holds}, true
}

// Claim returns what a write takes of the window of the policy, which has concluded that about it, and false if that
// is nothing: there is no window, the write is denied, or changes nothing that could be counted.
func (p *Policy) Claim(verdict Verdict, subject Subject, write gate.Write) (Claim, bool) {
	if p.window == nil || verdict.takes.wave.N() == 0 || verdict.asks(v1alpha1.ActionDeny) {
		return Claim{}, false
	}
	facts := gate.Facts{Namespace: write.Namespace, NamespaceLabels: subject.NamespaceLabels, Labels: labels.Set(subject.Labels)}
	if subject.Operation == rollout.Delete {
		facts.Labels = labels.Set(subject.OldLabels)
	}
	claim := Claim{Policy: p.Name, Write: write}
	claim.Group, _ = gate.Place(p.window.by, facts)
	claim.Write.Wave = verdict.takes.wave
	claim.Write.Environments, claim.Write.TornDown = verdict.takes.environments, verdict.takes.tornDown
	claim.Window, _ = p.Window()
	if verdict.Override != nil {
		claim.Window.Limit.Max = max(claim.Window.Limit.Max, verdict.Override.Permits)
	}
	return claim, true
}

// Permit returns the claim by which a write fits that did not, because an override permits it, and the verdict that
// says so; false if none does.
func (p *Policy) Permit(verdict Verdict, claim Claim, fit gate.Fit, c Case) (Verdict, Claim, bool) {
	if fit.TooMany || !claim.Window.Holds {
		return verdict, claim, false
	}
	for _, override := range c.inForce() {
		claim.Window.Limit.Max = max(claim.Window.Limit.Max, override.Permits)
		if p.declines(override, c.Use) != "" || claim.Window.Limit.Exceeded(fit.Wave) {
			continue
		}
		if verdict.Override == nil {
			verdict.Message = p.windowMessage(verdict, claim, fit).Message
		}
		verdict.Reason, verdict.Override = Overridden, override
		return verdict, claim, true
	}
	return verdict, claim, false
}

// Full returns the verdict about a write that does not fit into the window, which is as it was if the policy is not
// satisfied anyway.
func (p *Policy) Full(verdict Verdict, claim Claim, fit gate.Fit, c Case) Verdict {
	if !verdict.Satisfied() {
		return verdict
	}
	told := p.windowMessage(verdict, claim, fit)
	if running := c.inForce(); len(running) > 0 && claim.Window.Holds {
		told.Message += " " + p.insufficient(running[len(running)-1], WindowFull, c.Use)
	}
	return told
}

// heldTo returns what a write puts in flight, for the window, whose starts the gate holds: as many as start together,
// and what is torn down.
func (p *Policy) heldTo(over Verdict, change rollout.Change, c Case) risk.Wave {
	if p.window == nil {
		return risk.Wave{}
	}
	leaving := p.judgeCounted(Verdict{Policy: p.Name, actions: p.actions}, change.Leaving(), c.Metadata)
	return risk.Join(over.takes.wave.Worst(max(1, over.Largest)), leaving.takes.wave)
}

// among notes how many environments the rollout has, for the window.
func (p *Policy) among(verdict Verdict, change rollout.Change) Verdict {
	if p.window != nil && verdict.takes.wave.N() > 0 {
		verdict.takes.environments, verdict.takes.tornDown = change.Environments, change.Leaving().Affected()
	}
	return verdict
}
