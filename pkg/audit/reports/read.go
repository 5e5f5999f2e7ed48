package reports

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// Read returns the entries that a report of Seawall's holds, the latest first, clean; and how many
// decisions it was told of beside them, whose results have made room. What cannot be understood is
// left out, and is the error. A report of another has none.
func Read(report *v1alpha1.Report) (entries []audit.Entry, displaced int, err error) {
	if !isOurs(report) || report.Source != source {
		return nil, 0, nil
	}
	var problems []error
	displaced, _ = strconv.Atoi(report.Annotations[decisionsAnnotation]) // whoever wrote none has displaced none
	for i := range report.Results {
		result := &report.Results[i]
		if result.Source != "" && result.Source != source {
			continue
		}
		entry, err := entryOf(report, result)
		if err != nil {
			problems = append(problems, fmt.Errorf("result %d of %s: %w", i, report.Name, err))
			continue
		}
		if entry.Operation != audit.Recount {
			displaced -= entry.Count
		}
		entries = append(entries, entry)
	}
	return entries, max(displaced, 0), errors.Join(problems...)
}

// entryOf is the inverse of newResult.
func entryOf(report *v1alpha1.Report, result *v1alpha1.ReportResult) (audit.Entry, error) {
	record := audit.Record{Reason: result.Rule, Message: result.Description}
	for _, field := range audit.Fields() {
		text, told := result.Properties[field.Property]
		if field.Property == "" || !told {
			continue
		}
		if err := field.Set(&record, text); err != nil {
			return audit.Entry{}, fmt.Errorf("property %s: %w", field.Property, err)
		}
	}
	// Whoever may write reports may write any number.
	if !(record.Probability >= 0 && record.Probability <= 1) || min(record.Environments, record.Wave, record.WaveEnvironments) < 0 {
		return audit.Entry{}, fmt.Errorf("%d environments, %d in wave %d, or a probability of %v: no such number",
			record.Environments, record.WaveEnvironments, record.Wave, record.Probability)
	}
	if result.Policy != policyOf(audit.Record{}) {
		record.Policy = result.Policy
	}
	if of := report.Scope; of != nil {
		group, _ := schema.ParseGroupVersion(of.APIVersion) // of an odd one neither is known
		record.Group, record.Version, record.Kind = group.Group, group.Version, of.Kind
		record.Namespace, record.Name, record.RolloutUID = of.Namespace, of.Name, string(of.UID)
	}
	record.Time = time.Unix(result.Timestamp.Seconds, int64(result.Timestamp.Nanos)).UTC()
	entry := audit.Entry{Record: record.Clean(), First: record.Time, Count: countOf(*result)}
	if first, err := time.Parse(time.RFC3339, result.Properties[firstProperty]); err == nil && first.Before(entry.First) {
		entry.First = first.UTC()
	}
	return entry, nil
}
