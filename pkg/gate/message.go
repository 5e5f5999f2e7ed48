package gate

import (
	"fmt"
	"strings"
)

// mostNamed is how many environments a message names.
const mostNamed = 5

// Words are what a message says of a decision beyond it.
type Words struct {
	// Group says whom the start waits with, such as "ApplicationSet argocd/tenants".
	Group string
	// Policy is the name of the policy.
	Policy string
	// Namable tells whether the reader may be told of an environment: those that are not are counted.
	Namable func(Environment) bool
	// Limit is the largest probability that the policy allows, as a text.
	Limit string
}

// Say returns one line about why a start is held: the same for the same state.
func (d Decision) Say(words Words) string {
	of := fmt.Sprintf("%d of %s", len(d.Others), words.Group)
	others, policy := words.named(d.Others), fmt.Sprintf("policy %q", words.Policy)
	are, come := "are", "come first and are"
	if len(d.Others) == 1 {
		are, come = "is", "comes first and is"
	}
	switch d.Reason {
	case Full:
		return fmt.Sprintf("held: %s %s in flight (%s), and %s allows %d at a limit of %s.", of, are, others, policy, d.Largest, words.Limit)
	case Halted:
		return fmt.Sprintf("held: %s failed (%s), and %s halts the others until they succeed.", of, others, policy)
	case Early:
		return fmt.Sprintf("held: %s %s not done (%s), by the order of %s.", of, come, others, policy)
	case TooMany:
		return fmt.Sprintf("held: %s %s in flight, and no more than %d can be kept account of: %s needs smaller groups.",
			of, are, MostInFlight, policy)
	case TooLarge:
		return fmt.Sprintf("held: it begins %d of %s together, and %s allows %d at a limit of %s: divide the Stage, or the steps, into "+
			"Promotions of so many.", d.Wave.N()-len(d.Others), words.Group, policy, d.Largest, words.Limit)
	case Free, Alone, Retried, Exempt:
	}
	return ""
}

// named lists environments: as many as a line takes, and how many more there are.
func (w Words) named(environments []Environment) string {
	var names []string
	for _, environment := range environments {
		if len(names) < mostNamed && w.Namable(environment) {
			names = append(names, environment.Name)
		}
	}
	more := len(environments) - len(names)
	switch {
	case len(names) == 0 && more == 1:
		return "one that is not named here"
	case len(names) == 0:
		return fmt.Sprintf("%d that are not named here", more)
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}
