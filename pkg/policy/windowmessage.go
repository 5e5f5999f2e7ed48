package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// mostRollouts is how many rollouts a message names.
const mostRollouts = 5

// windowMessage refuses a write that does not fit into the window.
func (p *Policy) windowMessage(verdict Verdict, claim Claim, fit gate.Fit) Verdict {
	verdict.Warnings = slices.DeleteFunc(slices.Clone(verdict.Warnings), func(said string) bool { return said == verdict.Message })
	verdict.Override = nil
	verdict.Numbers = Numbers{
		Environments:     verdict.Environments,
		WaveEnvironments: fit.Wave.N(),
		Probability:      fit.Wave.ProbabilityOfMoreThan(max(0, p.wave.Tolerated)),
		Limit:            p.wave.Max.String(),
		SuccessRate:      rateText(fit.Wave),
		Largest:          fit.Room,
	}
	next := fit.Next.Add(time.Second - 1).UTC().Truncate(time.Second).Format(time.RFC3339)
	remedy := fmt.Sprintf("None of it fits before %s.", next)
	if fit.Room > 0 {
		remedy = fmt.Sprintf("At most %d of them fit now, all of it does from %s on.", fit.Room, next)
	}
	named, hidden := rolloutsOf(fit.Others, claim.Write.Namespace)
	if len(hidden) > 0 {
		verdict.Withheld = "the other writes are of " + listed(hidden)
	}
	if fit.TooMany {
		return verdict.mended(WindowFull, fmt.Sprintf(
			"%d writes of the last %s count already, and no more can be kept account of: "+
				"policy %q needs smaller groups, or a shorter time (writeWindow).",
			len(fit.Others), span(p.window.length), p.Name), remedy)
	}
	said := named
	if len(hidden) > 0 {
		said = append(said, fmt.Sprintf("%d that are not named here", len(hidden)))
	}
	return verdict.mended(WindowFull, fmt.Sprintf(
		"%s and the %d that writes of the last %s have put in flight (%s) are one wave of %d at %s: %s, policy %q allows %s (writeWindow).",
		environments(claim.Write.Wave.N()), fit.Before.N(), span(p.window.length), listed(said), fit.Wave.N(), together(fit.Wave),
		chance(p.wave, verdict.Numbers), p.Name, p.wave.Max.Percent()), remedy)
}

func together(w risk.Wave) string {
	if text := rateText(w); strings.Contains(text, " ") {
		return text
	}
	return rateText(w) + " each"
}

// rolloutsOf returns whose writes these are, each once: those of a namespace, and the others, of which its authors need
// not know.
func rolloutsOf(writes []gate.Write, namespace string) (named, hidden []string) {
	for _, write := range writes {
		if write.Namespace == namespace {
			named = append(named, write.String())
		} else {
			hidden = append(hidden, write.String())
		}
	}
	slices.Sort(named)
	slices.Sort(hidden)
	return slices.Compact(named), slices.Compact(hidden)
}

// listed lists as many names as a line takes, and says how many more there are.
func listed(names []string) string {
	if more := len(names) - mostRollouts; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostRollouts], ", "), more)
	}
	return strings.Join(names, ", ")
}

// span says how long a time is.
func span(length time.Duration) string {
	if length%time.Minute == 0 && length > time.Minute {
		return fmt.Sprintf("%.0f minutes", length.Minutes())
	}
	return fmt.Sprintf("%.0f seconds", length.Seconds())
}

// Alone says that a write was judged without the writes before it.
func (p *Policy) Alone() string {
	return fmt.Sprintf("policy %q counts the writes of %s together (writeWindow): "+
		"this one is judged by itself, as nothing is known here of others",
		p.Name, span(p.window.length))
}
