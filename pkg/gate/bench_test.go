package gate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// The largest ledger in a large group: 2,000 entries among 10,000 siblings, two thirds of which come first.
func BenchmarkAdmit(b *testing.B) {
	const siblings = 10_000
	rates := map[string]func(i int) risk.Probability{
		"one rate":  func(int) risk.Probability { return 999_990_000 },
		"all rates": func(i int) risk.Probability { return 999_990_000 + risk.Probability(i) },
	}
	for name, rateOf := range rates {
		var crowd fleet
		var ledger gate.Ledger
		for i := range siblings {
			crowd.siblings = append(crowd.siblings, sibling(fmt.Sprintf("app-%05d", i), i%3, fmt.Sprintf("r%d", i%200)))
		}
		for i := range gate.MostInFlight - 1 {
			ledger.InFlight = append(ledger.InFlight, gate.Entry{Start: start(fmt.Sprintf("app-%05d", 3*i+2), rate(rateOf(i)))})
		}
		ledger.Sightings = sightings(numbered(remembered)...)
		for _, tolerated := range []int{0, 10} {
			rule := gate.Rule{Limit: risk.Limit{Max: 200_000_000, Tolerated: tolerated}, Ordered: true, Holds: true}
			b.Run(fmt.Sprintf("%s/tolerated=%d", name, tolerated), func(b *testing.B) {
				for b.Loop() {
					_, decision := rule.Admit(ledger, start("app-09998", at("r0"), rate(rateOf(siblings))), crowd)
					if !decision.Admitted {
						b.Fatalf("%+v", decision)
					}
				}
			})
		}
	}
}

// Settling finds that all have failed at once.
func BenchmarkSettle(b *testing.B) {
	lost := fleet{stages: map[string]gate.Stage{}}
	var ledger gate.Ledger
	for i := range gate.MostInFlight {
		one := start(fmt.Sprintf("app-%05d", i))
		ledger.InFlight = append(ledger.InFlight, gate.Entry{Start: one})
		lost.stages[one.Name] = gate.Stage{Phase: gate.Failed, Reason: gate.TimedOut}
	}
	for b.Loop() {
		if failures := len(ledger.Settle(lost, noon().Add(time.Hour)).Failures); failures != gate.MostInFlight {
			b.Fatalf("%d failures", failures)
		}
	}
}
