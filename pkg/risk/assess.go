package risk

// Assessment is the numbers of one rollout against one limit. They are those
// of its worst wave: one over the limit if there is any, and the likeliest to
// fail among equals in that. The zero value is that of a rollout without waves.
type Assessment struct {
	Wave        int     // the index of the worst wave, the first of equals
	N           int     // how many environments it has
	Probability float64 // the chance of more than Tolerated failures in it
	Exceeded    bool    // whether that is over the limit
	Largest     int     // the most environments of it that pass, as in LargestOf
}

// Assess judges every wave by itself against l.
func Assess(l Limit, waves []Wave) Assessment {
	if len(waves) == 0 {
		return Assessment{}
	}
	worst := l.assess(0, waves[0])
	for i, w := range waves[1:] {
		if a := l.assess(i+1, w); a.worseThan(worst) {
			worst = a
		}
	}
	worst.Largest = l.LargestOf(waves[worst.Wave])
	return worst
}

// assess fills in all but Largest, which only the worst wave needs.
func (l Limit) assess(i int, w Wave) Assessment {
	return Assessment{
		Wave:        i,
		N:           w.N(),
		Probability: w.ProbabilityOfMoreThan(l.tolerated()),
		Exceeded:    l.Exceeded(w),
	}
}

// worseThan lets the exact verdict rule: of two waves next to the limit the
// rounded probabilities may say otherwise.
func (a Assessment) worseThan(b Assessment) bool {
	if a.Exceeded != b.Exceeded {
		return a.Exceeded
	}
	return a.Probability > b.Probability
}
