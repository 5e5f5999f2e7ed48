package report

import (
	"fmt"
	"slices"
	"strings"

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
			gone.Record.Action, gone.Record.Message = "", "no RolloutKind describes it any more"
			gone.Missing, gone.Warnings, gone.Err = nil, nil, nil
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

// DifferenceDocument is a difference for programs. Fields are added, never renamed.
type DifferenceDocument struct {
	APIVersion string             `json:"apiVersion"`
	Kind       string             `json:"kind"`
	Premise    string             `json:"premise"`
	Rollouts   int                `json:"rollouts"`
	Unchanged  int                `json:"unchanged"`
	Unknown    int                `json:"unknown"`
	Missing    []string           `json:"missing,omitempty"`
	Changes    []DifferenceEntry  `json:"changes"`
	Problems   []manifest.Problem `json:"problems,omitempty"`
}

// DifferenceEntry is a rollout of which something else becomes.
type DifferenceEntry struct {
	// entry is what becomes of it: its result is that after the change.
	entry

	Before string `json:"before"`
}

// Document returns the difference for programs.
func (d Difference) Document() DifferenceDocument {
	document := DifferenceDocument{
		APIVersion: check.APIVersion, Kind: "PolicyDifference", Premise: d.Premise, Rollouts: d.Rollouts,
		Unchanged: d.Rollouts - len(d.Changes), Unknown: d.Unknown, Missing: d.Missing, Changes: []DifferenceEntry{},
		Problems: manifest.Problems(d.Problems),
	}
	after := make([]check.Result, len(d.Changes))
	for i, change := range d.Changes {
		after[i] = change.After
	}
	for i, entry := range (Report{Results: after}).document().Results {
		document.Changes = append(document.Changes, DifferenceEntry{entry, string(d.Changes[i].Before)})
	}
	return document
}
