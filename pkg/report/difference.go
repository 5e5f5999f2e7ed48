package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
)

// Difference is what a change of policies does to rollouts.
type Difference struct {
	// Changes are the rollouts of which something else becomes, the worst first.
	Changes []Change
	// Rollouts is how many there are, Unknown how many of which nobody knows what becomes, as there are
	// resources Missing.
	Rollouts, Unknown int
	Missing           []string
	// Failed says that some could not be judged.
	Failed bool
	// Problems are what could not be read.
	Problems []*manifest.ReadError
	// Premise says as what the rollouts are judged.
	Premise string
	// Help ends what is said of a denial.
	Help string
}

// Change is a rollout of which something else becomes.
type Change struct {
	Before check.Outcome
	After  check.Result
}

// unjudged is the outcome of a rollout of a kind that nothing described before, or any more.
const unjudged = check.Outcome("NotJudged")

// Compare compares what becomes of the same rollouts.
func Compare(before, after []check.Result) Difference {
	was := map[string]check.Outcome{}
	for _, result := range before {
		was[identity(result)] = result.Outcome()
	}
	found := Difference{Rollouts: len(after)}
	for _, result := range (Report{Results: after}).worst() {
		outcome, known := was[identity(result)]
		if !known {
			outcome = unjudged
		}
		delete(was, identity(result))
		switch result.Outcome() {
		case check.Unknown:
			found.Unknown++
			found.Missing = append(found.Missing, result.Missing...)
		case check.Failed:
			found.Failed = true
		default:
		}
		if outcome != result.Outcome() {
			found.Changes = append(found.Changes, Change{outcome, result})
		}
	}
	slices.Sort(found.Missing)
	found.Missing = slices.Compact(found.Missing)
	for _, result := range before { // of kinds that nothing describes any more
		if outcome, left := was[identity(result)]; left {
			found.Rollouts++
			gone := result
			gone.Record.Action, gone.Record.Message, gone.Missing, gone.Warnings, gone.Err = "", "no RolloutKind describes it any more", nil, nil, nil
			found.Changes = append(found.Changes, Change{outcome, gone})
		}
	}
	return found
}

func identity(result check.Result) string {
	record := result.Record
	return fmt.Sprint(record.Group, " ", record.Kind, " ", record.Namespace, "/", record.Name, " ", result.File)
}

// Become returns how many rollouts something becomes of that was not so before.
func (d Difference) Become(outcome check.Outcome) int {
	count := 0
	for _, change := range d.Changes {
		if change.After.Outcome() == outcome {
			count++
		}
	}
	return count
}

// Summary is one line.
func (d Difference) Summary() string {
	parts := []string{quantity(d.Rollouts, "rollout")}
	for _, outcome := range []check.Outcome{check.Denied, check.Warned, check.Audited, check.Unknown, check.Failed, check.Allowed} {
		if count := d.Become(outcome); count > 0 {
			parts = append(parts, fmt.Sprintf("%d newly %s", count, strings.ToLower(string(outcome))))
		}
	}
	parts = append(parts, fmt.Sprintf("%d as before", d.Rollouts-len(d.Changes)))
	if d.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d not known without %s", d.Unknown, strings.Join(d.Missing, ", ")))
	}
	return strings.Join(parts, ", ")
}

// reason says why something becomes of a rollout.
func (d Difference) reason(change Change) string {
	if text := (Report{Help: d.Help}).message(change.After); text != "" {
		return text
	}
	return change.After.Record.Clean().Message
}

// DifferenceTable writes a line for each change with its reason, and a summary.
func DifferenceTable(out io.Writer, d Difference) error {
	if len(d.Changes) > 0 {
		table := printers.GetNewTabWriter(out)
		_, _ = fmt.Fprintln(table, "BEFORE\tAFTER\tROLLOUT\tAFFECTED\tWAVE\tCHANCE OF FAILURE\tLIMIT\tPOLICY\tWHERE")
		for _, change := range d.Changes {
			result := change.After
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", change.Before, result.Outcome(), name(result),
				number(result, result.Record.Environments), number(result, result.Record.WaveEnvironments), chance(result), limit(result),
				orNone(result.Record.Policy), place(result))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(out)
	}
	for _, change := range d.Changes {
		if reason := d.reason(change); reason != "" {
			_, _ = fmt.Fprintf(out, "%s: %s\n\n", name(change.After), reason)
		}
	}
	for _, problem := range d.Problems {
		_, _ = fmt.Fprintf(out, "%s\n\n", problem)
	}
	_, err := fmt.Fprintf(out, "%s (%s)\n", d.Summary(), d.Premise)
	return err
}

// DifferenceMarkdown writes what DifferenceTable does for a comment.
func DifferenceMarkdown(out io.Writer, d Difference) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n### Seawall: %s\n", DifferenceMarker, d.Summary())
	if len(d.Changes) > 0 {
		text.WriteString("\n| Before | After | Rollout | Wave | Chance of failure | Limit |\n|---|---|---|--:|--:|--:|\n")
	}
	left := 0
	for _, change := range d.Changes {
		result := change.After
		row := fmt.Sprintf("| %s | %s | %s<br>%s | %s | %s | %s |\n", change.Before, result.Outcome(), inline(name(result)), inline(place(result)),
			number(result, result.Record.WaveEnvironments), chance(result), limit(result))
		if reason := d.reason(change); reason != "" {
			row += fmt.Sprintf("| | | %s ||||\n", inline(reason))
		}
		if len([]rune(text.String()))+len([]rune(row)) > mostComment-roomForEnd {
			left++
			continue
		}
		text.WriteString(row)
	}
	if left > 0 {
		fmt.Fprintf(&text, "\n%s left out here: a comment has at most %d characters.\n", quantity(left, "rollout"), mostComment)
	}
	for i, problem := range d.Problems {
		line := "\n- not read: " + inline(problem.Error()) + "\n"
		if len([]rune(text.String()))+len([]rune(line)) > mostComment {
			fmt.Fprintf(&text, "\n%d more not read\n", len(d.Problems)-i)
			break
		}
		text.WriteString(line)
	}
	fmt.Fprintf(&text, "\n%s.\n", inline(d.Premise))
	_, err := io.WriteString(out, text.String())
	return err
}

// DifferenceMarker begins every comment about a change of policies.
const DifferenceMarker = "<!-- seawall policy diff -->"

// place returns where a rollout stands: nothing of one of a cluster.
func place(result check.Result) string {
	if result.File == "" {
		return none
	}
	return where(result)
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

// DifferenceDocument is a difference for programs. Fields are added, never renamed.
type DifferenceDocument struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Premise    string            `json:"premise"`
	Rollouts   int               `json:"rollouts"`
	Unchanged  int               `json:"unchanged"`
	Unknown    int               `json:"unknown"`
	Missing    []string          `json:"missing,omitempty"`
	Changes    []DifferenceEntry `json:"changes"`
	Problems   []problem         `json:"problems,omitempty"`
}

// DifferenceEntry is a rollout of which something else becomes.
type DifferenceEntry struct {
	Before string `json:"before"`
	// entry is what becomes of it: its result is that after the change.
	entry
}

// Document returns the difference for programs.
func (d Difference) Document() DifferenceDocument {
	document := DifferenceDocument{
		APIVersion: APIVersion, Kind: "PolicyDifference", Premise: d.Premise, Rollouts: d.Rollouts, Unchanged: d.Rollouts - len(d.Changes),
		Unknown: d.Unknown, Missing: d.Missing, Changes: []DifferenceEntry{},
	}
	after := make([]check.Result, len(d.Changes))
	for i, change := range d.Changes {
		after[i] = change.After
	}
	for i, entry := range (Report{Results: after}).document().Results {
		document.Changes = append(document.Changes, DifferenceEntry{string(d.Changes[i].Before), entry})
	}
	for _, found := range d.Problems {
		document.Problems = append(document.Problems, problem{File: found.File, Line: found.Line, Message: found.Err.Error()})
	}
	return document
}
