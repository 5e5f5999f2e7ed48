package explain

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// Text writes for people what there is to tell of rollouts; help ends what is said of a denial.
func Text(out io.Writer, rollouts []Rollout, help string) error {
	for i, of := range rollouts {
		if i > 0 {
			_, _ = fmt.Fprintln(out)
		}
		text := &text{out, &of}
		for _, part := range []func() error{
			func() error { return text.head(help) }, text.numbers, text.policies, text.waves, text.overrides, text.environments,
			text.recorded, text.lacking,
		} {
			if err := part(); err != nil {
				return err
			}
		}
	}
	return nil
}

// text writes of one rollout.
type text struct {
	out io.Writer
	of  *Rollout
}

func (t *text) printf(format string, arguments ...any) error {
	_, err := fmt.Fprintf(t.out, format, arguments...)
	return err
}

// table writes rows below their titles.
func (t *text) table(titles string, rows []string) error {
	table := printers.GetNewTabWriter(t.out)
	_, _ = fmt.Fprintln(table, "\n"+titles) // Flush returns the error
	for _, row := range rows {
		_, _ = fmt.Fprintln(table, row)
	}
	return table.Flush()
}

func (t *text) head(help string) error {
	of := t.of
	name := of.Name
	if of.Namespace != "" {
		name = of.Namespace + "/" + name
	}
	where := "  as it is in the cluster, judged as if it were created now\n"
	if of.File != "" {
		name += fmt.Sprintf(" (%s:%d)", of.File, of.Line)
	}
	if of.File != "" || of.Operation == "" {
		where = ""
	}
	write := cmp.Or(map[string]string{"CREATE": "its creation", "UPDATE": "this update", "DELETE": "its deletion"}[of.Operation], "it")
	becomes := map[check.Outcome]string{
		check.Denied: "would be denied", check.Warned: "would pass with a warning", check.Audited: "would pass and be on the record",
		check.Allowed: "would be allowed",
	}[check.Outcome(of.Result)]
	if err := t.printf("%s %s: %s %s\n", of.Kind, name, write, cmp.Or(becomes, "cannot be judged")); err != nil {
		return err
	}
	_, _ = io.WriteString(t.out, where)
	message := of.Message
	if of.Result == string(check.Denied) {
		message = strings.TrimSpace(message + " " + help)
	}
	withheld := prefixed("withheld from who writes it: ", []string{of.Withheld})
	for _, line := range slices.Concat([]string{message}, prefixed("warning: ", of.Warnings), withheld) {
		if line != "" {
			_ = t.printf("  %s\n", line)
		}
	}
	return nil
}

func prefixed(prefix string, lines []string) []string {
	var all []string
	for _, line := range lines {
		if line != "" {
			all = append(all, prefix+line)
		}
	}
	return all
}

// numbers tells n, p, the limit, what would pass, and what is not known.
func (t *text) numbers() error {
	of := t.of
	rows := tabwriter.NewWriter(t.out, 0, 0, 3, ' ', 0)
	apart := "\n"
	row := func(title, said string) {
		if said != "" {
			_, _ = fmt.Fprintf(rows, "%s%s\t%s\n", apart, title, said)
			apart = ""
		}
	}
	if of.Counted {
		row("n", t.n())
	}
	if deciding := t.deciding(); deciding != nil {
		row("p", rates(deciding.Waves))
		row("limit", limits(deciding))
		switch {
		case len(of.Missing) > 0: // which is what would mend it
		case of.Remedy != "":
			row("to pass", of.Remedy)
		case deciding.Largest > 0:
			row("at most", fmt.Sprintf("%d in one wave", deciding.Largest))
		}
	}
	for _, resource := range of.Missing {
		row("not known", resource+", which the webhook would have asked")
	}
	return rows.Flush()
}

func (t *text) n() string {
	of := t.of
	if of.Environments == 0 && of.Held == 0 {
		return "0: no environment changes"
	}
	effects := map[string]int{}
	var order []string
	for _, one := range of.Affected {
		effect := strings.ToLower(string(one.Effect))
		if effects[effect]++; effects[effect] == 1 {
			order = append(order, effect)
		}
	}
	said := fmt.Sprintf("%d of %s", of.Environments, plural(of.Total, "environment"))
	if of.Left == 0 && len(order) > 0 {
		parts := make([]string, len(order))
		for i, effect := range order {
			parts[i] = fmt.Sprintf("%d %s", effects[effect], effect)
		}
		said += " (" + strings.Join(parts, ", ") + ")"
	}
	if of.Held > 0 {
		said += fmt.Sprintf(", and %d that nothing syncs by itself", of.Held)
	}
	if of.Evidence != "" {
		said += ", by " + of.Evidence
	}
	return said
}

// deciding returns the policy that explains the result.
func (t *text) deciding() *Policy {
	at := slices.IndexFunc(t.of.Policies, func(p Policy) bool { return p.Name == t.of.Policy && p.PassedOver == "" })
	if at < 0 {
		return nil
	}
	return &t.of.Policies[at]
}

// rates sums up where the rates of waves stand.
func rates(waves []Wave) string {
	var all []Rate
	for _, wave := range waves {
		for _, rate := range wave.Rates {
			at := slices.IndexFunc(all, func(known Rate) bool { return known.SuccessRate == rate.SuccessRate && known.Origin == rate.Origin })
			if at < 0 {
				all = append(all, rate)
			} else {
				all[at].Environments += rate.Environments
			}
		}
	}
	return ratesText(all)
}

func ratesText(all []Rate) string {
	parts := make([]string, len(all))
	for i, rate := range all {
		if parts[i] = fmt.Sprintf("%s (%s)", rate.SuccessRate, rate.Origin); len(all) > 1 {
			parts[i] = fmt.Sprintf("%d at %s", rate.Environments, parts[i])
		}
	}
	return strings.Join(parts, ", ")
}

func limits(of *Policy) string {
	said := percent(of.Limit) + " for each wave"
	if of.RolloutLimit != "" {
		said += ", " + percent(of.RolloutLimit) + " for all together"
	}
	if of.ToleratedFailures > 0 {
		said += fmt.Sprintf(", that more than %d fail", of.ToleratedFailures)
	}
	return said + fmt.Sprintf(" (policy %q)", of.Name)
}

func chance(probability float64) string { return risk.FormatPercent(probability) }

func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

func (t *text) lacking() error {
	if len(t.of.Lacking) == 0 {
		return nil
	}
	if err := t.printf("\nCounting it in full also takes (docs/rights.md, ClusterRole seawall-explainer):\n"); err != nil {
		return err
	}
	for _, right := range t.of.Lacking {
		_ = t.printf("  %s\n", right)
	}
	return nil
}
