package starts

import (
	"fmt"
	"strings"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
)

// Ungrouped is the reason of starts that are held because they lack what the policy groups by.
const Ungrouped = "Ungrouped"

// without holds a start of which there is nothing to judge.
func (v *Verdict) without(reason, message string) {
	v.Held, v.Admitted = true, !v.Holds
	v.Reason, v.Message, v.Whole = reason, "held: "+message, "held: "+message
}

// outside concludes about a start that lacks what the policy groups by.
func (v *Verdict) outside(by named, lacks []string) {
	if by.Ungrouped == v1alpha1.UngroupedPass {
		v.Admitted, v.Decision.Reason, v.Reason = true, gate.Exempt, string(gate.Exempt)
		return
	}
	v.without(Ungrouped, ungrouped(by.policy, lacks))
}

func ungrouped(policy string, lacks []string) string {
	return fmt.Sprintf("it has no %s, by which policy %q groups what starts (ungrouped: Deny).", strings.Join(lacks, " and no "), policy)
}

// say adds the messages of a start that is held.
func (v *Verdict) say(of *claim, systems Systems) {
	if !v.Held {
		return
	}
	by := of.by
	words := gate.Words{
		Group: describe(by.By, v.key.Group), Policy: by.policy, Limit: by.Rule().Limit.Max.Percent(),
		// Who writes a promotion need not read any of the environments.
		Namable: func(other gate.Environment) bool { return !of.isPromoted() && systems.kin(of.members[0], other) },
	}
	v.Message = v.Say(words) + by.drains(v.key)
	words.Namable = func(gate.Environment) bool { return true }
	v.Whole = v.Say(words) + by.drains(v.key)
}

// describe says which environments a group is.
func describe(by []gate.Trait, group gate.Group) string {
	if len(group.Values) == 0 {
		return "those that belong to no group"
	}
	if len(by) == 1 && by[0].Name == gate.Owner().Name {
		return group.Values[0]
	}
	traits := make([]string, len(group.Values))
	for i, value := range group.Values {
		traits[i] = by[i].Name + " " + value
	}
	return "those of " + strings.Join(traits, ", ")
}
