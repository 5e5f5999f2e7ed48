package risk

// Either returns a wave that is at least as likely to fail as each of two of which only one will be: of their
// environments, ordered by rate, the one likelier to fail at each place.
func Either(a, b Wave) Wave {
	var either Wave
	for place := 0; ; {
		next, other := a.at(place), b.at(place)
		switch {
		case next.Count == 0:
			next = other
		case other.Count > 0:
			next = Group{Rate: min(next.Rate, other.Rate), Count: min(next.Count, other.Count)}
		}
		if next.Count == 0 {
			return either
		}
		either.add(next)
		place += next.Count
	}
}

// at returns the rate of the environment at a place, counted from 0 by rate, and how many have it from there on;
// none behind the last one.
func (w Wave) at(place int) Group {
	for _, g := range w.groups {
		if place < g.Count {
			return Group{Rate: g.Rate, Count: g.Count - place}
		}
		place -= g.Count
	}
	return Group{}
}

// Coarser returns a wave of at most so many different rates that is at least as likely to fail: what is beyond has the
// lowest of those rates.
func (w Wave) Coarser(rates int) Wave {
	var coarser Wave
	for i, g := range w.groups {
		if i >= rates {
			g.Rate = w.groups[rates-1].Rate
		}
		coarser.add(g)
	}
	return coarser
}
