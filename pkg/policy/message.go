package policy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// waveMessage says what is wrong with a wave, and the smallest change that passes.
func (p *Policy) waveMessage(n Numbers, w wave) (wrong, remedy string) {
	remedy = w.remedyFor(n.Largest)
	if n.Largest == 0 {
		remedy = ""
	}
	wrong = fmt.Sprintf("%s %s %s at %s: %s, policy %q allows %s.",
		w.title(remedy), verb(w.step), environments(n.WaveEnvironments), eachRate(n, w.origins),
		chance(p.wave, n), p.Name, p.wave.Max.Percent())
	if n.Largest == 0 {
		return wrong, p.noneFits(p.wave)
	}
	if !w.mixed() { // else nothing tells which go together
		remedy += fmt.Sprintf(" (%d waves)", roundedUp(w.step.Size(), n.Largest))
	}
	return wrong, fmt.Sprintf("At most %d per wave: %s.", n.Largest, remedy)
}

// rolloutMessage says what is wrong with all waves together.
func (p *Policy) rolloutMessage(n Numbers, all risk.Wave, stand origins) (wrong, remedy string) {
	wrong = fmt.Sprintf("the whole rollout affects %s at %s: %s, policy %q allows %s for all waves together.",
		environments(n.WaveEnvironments), eachRate(n, stand), chance(*p.rollout, n), p.Name, p.rollout.Max.Percent())
	if n.Largest == 0 {
		return wrong, p.noneFits(*p.rollout)
	}
	remedy = fmt.Sprintf("At most %d in one write", n.Largest)
	if required := p.rollout.RequiredRate(all.N()); p.believes(required) {
		remedy += fmt.Sprintf(", or a sync success rate of at least %s", required)
	}
	return wrong, remedy + "."
}

// believes tells whether the author of a rollout could have that rate judged.
func (p *Policy) believes(rate risk.Probability) bool { return rate <= p.maxRate && !p.ignoreClaims }

func (p *Policy) noneFits(limit risk.Limit) string {
	required := limit.RequiredRate(limit.Tolerated + 1)
	if !p.believes(required) {
		return fmt.Sprintf("Not even one environment passes: that takes a sync success rate of at least %s, "+
			"which this policy does not believe of a rollout, or another limit.", required)
	}
	return fmt.Sprintf("Not even one environment passes: its sync success rate must be at least %s.", required)
}

func verb(step rollout.Step) string {
	switch step.Staying().Size() {
	case step.Size():
		return "syncs"
	case 0:
		return "tears down"
	default:
		return "syncs or tears down"
	}
}

func environments(n int) string {
	if n == 1 {
		return "1 environment"
	}
	return fmt.Sprintf("%d environments", n)
}

// eachRate says at which rate environments are judged, and where that stands.
func eachRate(n Numbers, stand origins) string {
	rate := n.SuccessRate
	if n.WaveEnvironments > 1 && !strings.Contains(rate, " ") {
		rate += " each"
	}
	return fmt.Sprintf("%s (%s)", rate, stand)
}

func chance(limit risk.Limit, n Numbers) string {
	percent := contrast(n.Probability, limit.Max)
	switch {
	case limit.Tolerated > 0:
		return fmt.Sprintf("%s chance that more than %d fail", percent, limit.Tolerated)
	case n.WaveEnvironments == 1:
		return percent + " chance that it fails"
	}
	return percent + " chance that at least one fails"
}

// contrast writes a probability above a limit with as many digits as it takes to tell the
// two apart: "20% chance, 20% allowed" would help nobody.
func contrast(probability float64, limit risk.Probability) string {
	const most = 12
	text := risk.FormatPercent(probability)
	for digits := 2; text == risk.FormatPercent(limit.Float64()) && digits <= most; digits++ {
		text = decimalPercent(probability, digits)
		if text == decimalPercent(limit.Float64(), digits) {
			text = risk.FormatPercent(limit.Float64())
		}
	}
	if text == risk.FormatPercent(limit.Float64()) {
		return "just over " + limit.Percent()
	}
	return text
}

func decimalPercent(probability float64, digits int) string {
	text := strconv.FormatFloat(100*probability, 'f', digits, 64)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".") + "%"
}

// rateText returns the one rate of a wave, or the range of its rates.
func rateText(w risk.Wave) string {
	groups := w.Groups()
	if len(groups) == 0 {
		return ""
	}
	least, most := groups[0].Rate, groups[len(groups)-1].Rate
	if least == most {
		return least.String()
	}
	return least.String() + " to " + most.String()
}

// oneLine joins the lines of an error: messages have no line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
