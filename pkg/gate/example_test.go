package gate_test

import (
	"fmt"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// Two environments may be in flight together; the third waits until one of them has settled.
func ExampleRule_Admit() {
	rule := gate.Rule{Limit: risk.Limit{Max: risk.One / 50}, Holds: true}
	tenants := fleet{stages: map[string]gate.Stage{}}
	words := gate.Words{
		Group: "ApplicationSet argocd/tenants", Policy: "default", Limit: rule.Limit.Max.Percent(),
		Namable: func(gate.Environment) bool { return true },
	}

	var ledger gate.Ledger
	var decision gate.Decision
	for _, name := range []string{"app-1", "app-2", "app-3"} {
		ledger, decision = rule.Admit(ledger, start(name), tenants)
		fmt.Println(name, decision.Admitted, decision.Reason)
	}
	fmt.Println(decision.Say(words))

	tenants.stages["app-1"] = gate.Stage{Phase: gate.Settled}
	_, decision = rule.Admit(ledger, start("app-3"), tenants)
	fmt.Println("app-3", decision.Admitted, decision.Reason)
	// Output:
	// app-1 true WithinLimit
	// app-2 true WithinLimit
	// app-3 false WaveFull
	// held: 2 of ApplicationSet argocd/tenants are in flight (app-1, app-2), and policy "default" allows 2 at a limit of 2%.
	// app-3 true WithinLimit
}

// A failure halts the others, and not the environment that has failed: its next release may mend it.
func ExampleRule_Admit_failure() {
	rule := gate.Rule{Limit: risk.Limit{Max: risk.One / 5}, Holds: true}
	tenants := fleet{stages: map[string]gate.Stage{"app-1": {Phase: gate.Failed, Reason: gate.Degraded}}}

	ledger, _ := rule.Admit(gate.Ledger{}, start("app-1", at("r1")), tenants)
	_, decision := rule.Admit(ledger, start("app-2", at("r2")), tenants)
	fmt.Println("app-2", decision.Admitted, decision.Reason)

	ledger, decision = rule.Admit(ledger, start("app-1", at("r2")), tenants)
	fmt.Println("app-1", decision.Admitted, decision.Reason)

	tenants.stages["app-1"] = gate.Stage{Phase: gate.Settled}
	_, decision = rule.Admit(ledger, start("app-2", at("r2")), tenants)
	fmt.Println("app-2", decision.Admitted, decision.Reason)
	// Output:
	// app-2 false Halted
	// app-1 true Retried
	// app-2 true WithinLimit
}

// Production waits until staging is well at the release.
func ExampleRule_Admit_order() {
	rule := gate.Rule{Limit: risk.Limit{Max: risk.One / 5}, Ordered: true, Holds: true}
	tenants := fleet{siblings: []gate.Sibling{sibling("staging", 0, "r1"), sibling("production", 1, "r2")}}

	ledger, decision := rule.Admit(gate.Ledger{}, start("production", at("r2")), tenants)
	fmt.Println("production", decision.Admitted, decision.Reason, decision.Others)

	tenants.siblings[0] = sibling("staging", 0, "r2")
	_, decision = rule.Admit(ledger, start("production", at("r2")), tenants)
	fmt.Println("production", decision.Admitted, decision.Reason)
	// Output:
	// production false OutOfOrder [argocd/staging]
	// production true WithinLimit
}
