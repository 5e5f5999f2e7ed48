package gate

// Held returns how many of some starts would have to wait if each was asked for now, and the first that would with
// the decision about it; zero values if none would. The ledger is one that has been settled by the fleet.
func (r Rule) Held(ledger Ledger, starts []Start, fleet Fleet) (held int, first Environment, because Decision) {
	siblings := fleet.Siblings()
	ranks := r.ranksOf(siblings)
	// What differs in nothing that is looked at is asked about once: all of a large group wait at once.
	type question struct {
		Start

		rank int
	}
	asked := map[question]bool{}
	for _, start := range starts {
		alike := question{Start{Release: start.Release, Class: start.Class, Rate: start.Rate}, ranks[start.Environment]}
		if _, again := ledger.of(start.UID); again || ledger.failed(start.UID) {
			alike.UID = start.UID
		}
		waits, known := asked[alike]
		if !known {
			decision := r.decide(ledger, start, ledger.others(start), siblings)
			waits = decision.Held
			if waits && held == 0 {
				first, because = start.Environment, decision
			}
			asked[alike] = waits
		}
		if waits {
			held++
		}
	}
	return held, first, because
}

// ranksOf returns the places of environments in the order, if that matters.
func (r Rule) ranksOf(siblings []Sibling) map[Environment]int {
	if !r.Ordered {
		return nil
	}
	ranks := make(map[Environment]int, len(siblings))
	for _, sibling := range siblings {
		ranks[sibling.Environment] = sibling.Rank
	}
	return ranks
}

// Beyond returns how many of a ledger are in flight above what the rule lets be together: those that were
// admitted because it holds nothing, or by an override.
func (r Rule) Beyond(ledger Ledger) int {
	wave := waveOf(ledger.InFlight)
	if !r.Limit.Exceeded(wave) {
		return 0
	}
	return wave.N() - max(1, r.Limit.LargestOf(wave))
}
