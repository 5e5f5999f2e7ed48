package reports

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// order sorts reports: those come first that are to be kept before others.
func order(all []kept) {
	type origin struct {
		writer  string
		existed bool
	}
	byOrigin := map[origin][]*kept{}
	for i := range all {
		from := origin{all[i].writer, all[i].existed}
		byOrigin[from] = append(byOrigin[from], &all[i])
	}
	for _, reports := range byOrigin {
		place(reports)
	}
	slices.SortFunc(all, func(a, b kept) int {
		return cmp.Or(
			truth(b.existed)-truth(a.existed), truth(b.authenticated)-truth(a.authenticated), cmp.Compare(a.place, b.place), later(&a, &b))
	})
}

// place gives each report of one origin its place: by turns the one of the last decision and the
// one that was begun longest after the one before it. So the latest are there, and yet a burst,
// such as one that is to push out what was denied before it, pushes out its own.
func place(reports []*kept) {
	slices.SortFunc(reports, func(a, b *kept) int { return cmp.Or(a.first.Compare(b.first), later(b, a)) })
	alone := make(map[*kept]time.Duration, len(reports))
	for i, report := range reports {
		alone[report] = math.MaxInt64
		if i > 0 {
			alone[report] = report.first.Sub(reports[i-1].first)
		}
	}
	slices.SortFunc(reports, later)
	for i, report := range reports {
		report.place = 2 * i //nolint:mnd // every second one
	}
	slices.SortFunc(reports, func(a, b *kept) int { return cmp.Or(cmp.Compare(alone[b], alone[a]), later(a, b)) })
	for i, report := range reports {
		report.place = min(report.place, 2*i+1) //nolint:mnd // the others
	}
}

// later sorts by the last decision, the latest first.
func later(a, b *kept) int {
	return cmp.Or(b.last.Compare(a.last), cmp.Compare(a.key.String(), b.key.String()))
}

func truth(is bool) int {
	if is {
		return 1
	}
	return 0
}
