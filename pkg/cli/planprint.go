package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/seawall-dev/seawall/pkg/plan"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// planReport is what is printed.
type planReport struct {
	request plan.Request
	plan    plan.Plan
	subject *subject
}

func (o *planOptions) print(report planReport) error {
	switch o.output {
	case formatJSON, formatYAML:
		return printAs(o.streams.Out, o.output, report.machine())
	case formatMarkdown:
		return report.markdown(o.streams.Out)
	default:
		return report.table(o.streams.Out)
	}
}

// mostRows is how many waves are printed for people: of more the ones in the middle, which are all of
// the largest size, are one row.
const mostRows = 24

// rows returns headings and waves as texts.
func (r planReport) rows() [][]string {
	timed := r.plan.Duration > 0
	all := [][]string{{"Wave", "Size", "Total", "Chance to fail", "Chance so far", "Expected failures"}}
	if timed {
		all[0] = append(all[0], "Ends after")
	}
	const atEnd = 3
	waves := r.plan.Waves
	for i := 0; i < len(waves); i++ {
		wave, number := waves[i], strconv.Itoa(waves[i].Number)
		if last := len(waves) - atEnd; len(waves) > mostRows && i == mostRows-atEnd-1 && waves[last-1].Size == wave.Size {
			i = last - 1
			wave, number = waves[i], fmt.Sprintf("%s–%d", number, waves[i].Number)
		}
		row := []string{
			number, strconv.Itoa(wave.Size), strconv.Itoa(wave.Total),
			risk.FormatPercent(wave.Probability), risk.FormatPercent(wave.Cumulative), decimal(wave.ExpectedFailures),
		}
		if timed {
			row = append(row, wave.Ends.String())
		}
		all = append(all, row)
	}
	return all
}

// decimal writes a mean with three significant digits.
func decimal(mean float64) string {
	if mean >= 1000 {
		return strconv.FormatFloat(mean, 'f', 0, 64)
	}
	return strconv.FormatFloat(mean, 'g', 3, 64)
}

// counted writes a number of things.
func counted(number int, thing string) string {
	if number == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", number, thing)
}

func (r planReport) table(out io.Writer) error {
	if _, err := fmt.Fprintf(out, "%s\n\n", strings.Join(r.facts(), "\n")); err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for i, row := range r.rows() {
		line := strings.Join(row, "\t")
		if i == 0 {
			line = strings.ToUpper(line)
		}
		fmt.Fprintln(table, line)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s\n", strings.Join(r.summary(), "\n"))
	return err
}

func (r planReport) markdown(out io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "- %s\n\n", strings.Join(r.facts(), "\n- "))
	for i, row := range r.rows() {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			text.WriteString(strings.Repeat("| ---: ", len(row)) + "|\n")
		}
	}
	fmt.Fprintf(&text, "\n%s\n", strings.Join(r.summary(), "\n"))
	_, err := io.WriteString(out, text.String())
	return err
}

// facts say what was planned by.
func (r planReport) facts() []string {
	limit := r.request.Limit
	tolerated := ""
	if limit.Tolerated > 0 {
		tolerated = " for more than " + counted(limit.Tolerated, "failure")
	}
	facts := []string{fmt.Sprintf("%d environments at a success rate of %s, limit %s%s: at most %d per wave.",
		r.plan.Environments, r.rates(), limit.Max.Percent(), tolerated, r.plan.Largest)}
	if r.subject == nil {
		return facts
	}
	for i, step := range r.now() {
		facts = append(facts, fmt.Sprintf("%s now, step %d: %d environments, %d in flight together: %s.",
			r.subject.document.Identity, i+1, step.Environments, step.InFlight, risk.FormatPercent(step.Probability)))
	}
	return facts
}

func (r planReport) rates() string {
	groups := r.request.Environments.Groups()
	lowest, highest := groups[0].Rate, groups[len(groups)-1].Rate
	if lowest == highest {
		return lowest.String()
	}
	return lowest.String() + " to " + highest.String()
}

func (r planReport) summary() []string {
	waves := counted(len(r.plan.Waves), "wave")
	if r.plan.Duration > 0 {
		waves += ", " + r.plan.Duration.String() + " in all"
	}
	what := "at least one sync fails"
	if tolerated := r.request.Limit.Tolerated; tolerated > 0 {
		what = fmt.Sprintf("more than %d of the syncs fail", tolerated)
	}
	lines := []string{
		waves + ".",
		fmt.Sprintf("%s chance that %s in all of them together. Failures to expect: %s if all run, %s if none follows one that fails.",
			risk.FormatPercent(r.plan.Probability), what, decimal(r.plan.ExpectedFailures), decimal(r.plan.ExpectedWhenStopped)),
	}
	switch {
	case r.plan.Canary == 0 && r.request.Canary != r.plan.Largest:
		lines = append(lines, fmt.Sprintf("There is no room for a canary: --max-waves is %d.", r.request.MaxWaves))
	case r.plan.Canary != 0 && r.plan.Ramp != r.request.Ramp:
		lines = append(lines, fmt.Sprintf("The ramp is %g instead of %g: --max-waves is %d.", r.plan.Ramp, r.request.Ramp, r.request.MaxWaves))
	}
	return lines
}

// now returns the waves that the rollout has as it is.
func (r planReport) now() []stepReport {
	var steps []stepReport
	for _, step := range r.subject.change.Steps {
		wave, err := r.subject.waveOf(step)
		if err != nil {
			continue // it has been read before
		}
		inFlight := min(step.InFlight, step.Size())
		steps = append(steps, stepReport{
			Environments: step.Size(), InFlight: inFlight,
			Probability: wave.Worst(inFlight).ProbabilityOfMoreThan(max(r.request.Limit.Tolerated, 0)),
		})
	}
	return steps
}
