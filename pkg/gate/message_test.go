package gate_test

import (
	"slices"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
)

func TestSay(t *testing.T) {
	seven := environments("app-1", "app-2", "app-3", "app-4", "app-5", "app-6", "app-7")
	for name, test := range map[string]struct {
		decision gate.Decision
		hidden   []string
		want     string
	}{
		"full": {gate.Decision{Reason: gate.Full, Others: environments("app-04", "app-07", "app-09"), Largest: 3}, nil,
			`held: 3 of ApplicationSet argocd/tenants are in flight (app-04, app-07, app-09), and policy "default" allows 3 at a limit of 20%.`},
		"full with one": {gate.Decision{Reason: gate.Full, Others: environments("app-04"), Largest: 1}, nil,
			`held: 1 of ApplicationSet argocd/tenants is in flight (app-04), and policy "default" allows 1 at a limit of 20%.`},
		"halted": {gate.Decision{Reason: gate.Halted, Others: environments("app-04")}, nil,
			`held: 1 of ApplicationSet argocd/tenants failed (app-04), and policy "default" halts the others until they succeed.`},
		"early": {gate.Decision{Reason: gate.Early, Others: environments("dev", "staging")}, nil,
			`held: 2 of ApplicationSet argocd/tenants come first and are not done (dev, staging), by the order of policy "default".`},
		"early for one": {gate.Decision{Reason: gate.Early, Others: environments("dev")}, nil,
			`held: 1 of ApplicationSet argocd/tenants comes first and is not done (dev), by the order of policy "default".`},
		"too many": {gate.Decision{Reason: gate.TooMany, Others: make([]gate.Environment, gate.MostInFlight)}, nil,
			`held: 2000 of ApplicationSet argocd/tenants are in flight, and no more than 2000 can be kept account of: policy "default" needs smaller groups.`},
		"as many as a line takes": {gate.Decision{Reason: gate.Halted, Others: seven[:5]}, nil,
			`held: 5 of ApplicationSet argocd/tenants failed (app-1, app-2, app-3, app-4, app-5), and policy "default" halts the others until they succeed.`},
		"more than that": {gate.Decision{Reason: gate.Halted, Others: seven}, nil,
			`held: 7 of ApplicationSet argocd/tenants failed (app-1, app-2, app-3, app-4, app-5 and 2 more), and policy "default" halts the others until they succeed.`},
		"some must not be named": {gate.Decision{Reason: gate.Halted, Others: seven}, []string{"app-1", "app-6"},
			`held: 7 of ApplicationSet argocd/tenants failed (app-2, app-3, app-4, app-5, app-7 and 2 more), and policy "default" halts the others until they succeed.`},
		"none may be named": {gate.Decision{Reason: gate.Halted, Others: environments("app-1", "app-6")}, []string{"app-1", "app-6"},
			`held: 2 of ApplicationSet argocd/tenants failed (2 that are not named here), and policy "default" halts the others until they succeed.`},
		"the only one may not": {gate.Decision{Reason: gate.Halted, Others: environments("app-1")}, []string{"app-1"},
			`held: 1 of ApplicationSet argocd/tenants failed (one that is not named here), and policy "default" halts the others until they succeed.`},
		"free":    {gate.Decision{Reason: gate.Free}, nil, ""},
		"alone":   {gate.Decision{Reason: gate.Alone}, nil, ""},
		"retried": {gate.Decision{Reason: gate.Retried}, nil, ""},
		"exempt":  {gate.Decision{Reason: gate.Exempt}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			words := gate.Words{
				Group: "ApplicationSet argocd/tenants", Policy: "default", Limit: "20%",
				Namable: func(e gate.Environment) bool { return !slices.Contains(test.hidden, e.Name) },
			}
			gomega.NewWithT(t).Expect(test.decision.Say(words)).To(gomega.Equal(test.want))
		})
	}
}

// Argo CD writes a status for every text that it has not seen: the order of a ledger must not show.
func TestSayTheSameOfTheSameState(t *testing.T) {
	g := gomega.NewWithT(t)
	words := gate.Words{Group: "project shop", Policy: "p", Limit: "2%", Namable: func(gate.Environment) bool { return true }}
	entries := inFlight(start("b"), start("c"), start("a"))
	failures := []gate.Failure{failure("b", "r1", gate.Degraded), failure("a", "r1", gate.Degraded)}
	said := map[string]bool{}
	for range 2 {
		slices.Reverse(entries)
		slices.Reverse(failures)
		_, full := pairs().Admit(gate.Ledger{InFlight: entries}, start("d"), fleet{})
		_, halted := pairs().Admit(gate.Ledger{Failures: failures}, start("d"), fleet{})
		said[full.Say(words)+halted.Say(words)] = true
	}
	g.Expect(said).To(gomega.HaveLen(1))
	g.Expect(said).To(gomega.HaveKey(gomega.ContainSubstring("(a, b, c)")))
}
