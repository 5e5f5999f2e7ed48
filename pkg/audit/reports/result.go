package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// What results say: fail is a write that was refused, warn one that was admitted although a
// policy was not satisfied (because it only warns or audits, or by an override) or a rollout
// that has outgrown a policy since, or whose syncs wait, error a write that could not be judged.
const (
	resultFail  v1alpha1.Result = "fail"
	resultWarn  v1alpha1.Result = "warn"
	resultError v1alpha1.Result = "error"
)

// Properties of a result that change when the same decision is made again.
const (
	countProperty   = "count"
	firstProperty   = "first"
	requestProperty = "requestUID"
)

// Properties that say what a result is worth.
const (
	actionProperty        = "action"
	operationProperty     = "operation"
	overrideProperty      = "override"
	userProperty          = "user"
	authenticatedProperty = "authenticated"
)

// newResult returns the result of an entry.
func newResult(entry audit.Entry) v1alpha1.ReportResult {
	result, severity := meaningOf(entry.Record)
	properties := map[string]string{
		countProperty: strconv.Itoa(entry.Count), firstProperty: entry.First.UTC().Format(time.RFC3339),
	}
	for _, field := range audit.Fields() {
		if text, told := field.Text(&entry.Record); told && field.Property != "" && strings.TrimSpace(text) != "" {
			properties[field.Property] = text
		}
	}
	return v1alpha1.ReportResult{
		Source: source, Policy: policyOf(entry.Record), Rule: entry.Reason, Category: category,
		Result: result, Severity: severity, Scored: result == resultFail,
		Timestamp:   metav1.Timestamp{Seconds: entry.Time.Unix(), Nanos: int32(entry.Time.Nanosecond())}, //nolint:gosec // below a billion
		Description: entry.Message, Properties: properties,
	}
}

func meaningOf(record audit.Record) (v1alpha1.Result, v1alpha1.ResultSeverity) {
	switch {
	case record.Operation == audit.Recount && record.Action == audit.Deny:
		return resultWarn, "medium"
	case record.Operation == audit.Recount:
		return resultWarn, "low"
	case record.Operation == audit.Hold:
		return resultWarn, "low"
	case record.Operation == audit.Halt:
		return resultWarn, "medium"
	case record.Action == audit.Deny:
		return resultFail, "high"
	case record.Action == audit.Error:
		return resultError, "medium"
	case record.Override != "":
		return resultWarn, "high"
	case record.Action == audit.Warn:
		return resultWarn, "medium"
	default:
		return resultWarn, "low"
	}
}

// merge returns the last results that differ, the latest first. One that was there already
// counts up and becomes the latest, so that a controller which tries again and again does not
// push the others out. What the re-count finds replaces what it has found before.
func merge(stored []v1alpha1.ReportResult, entries []audit.Entry) []v1alpha1.ReportResult {
	entries, recounted := withLastRecount(entries)
	results := map[string]v1alpha1.ReportResult{}
	for _, result := range stored {
		if !recounted || result.Properties[operationProperty] != audit.Recount {
			put(results, result)
		}
	}
	for _, entry := range entries {
		put(results, newResult(entry))
	}
	return lastOf(results)
}

// lastOf returns the last results, the latest first. Those that are authenticated come before
// others, and users take turns, so that nobody pushes out what was decided about somebody else.
func lastOf(results map[string]v1alpha1.ReportResult) []v1alpha1.ReportResult {
	latest := func(a, b string) int {
		return cmp.Or(compareTimes(results[b].Timestamp, results[a].Timestamp), cmp.Compare(a, b))
	}
	identities := slices.SortedFunc(maps.Keys(results), latest)
	turns, taken := map[string]int{}, map[string]int{}
	for _, identity := range identities {
		user := results[identity].Properties[userProperty]
		turns[identity] = taken[user]
		taken[user]++
	}
	forged := func(identity string) int {
		return truth(results[identity].Properties[authenticatedProperty] == "false")
	}
	slices.SortFunc(identities, func(a, b string) int {
		return cmp.Or(forged(a)-forged(b), cmp.Compare(turns[a], turns[b]), latest(a, b))
	})
	identities = identities[:min(len(identities), ringSize)]
	slices.SortFunc(identities, latest)
	ring := make([]v1alpha1.ReportResult, 0, ringSize)
	for _, identity := range identities {
		ring = append(ring, results[identity])
	}
	return ring
}

// withLastRecount leaves of the entries of the re-count the last one only, and none if that
// says that nothing is wrong any more; recounted says whether there is any.
func withLastRecount(entries []audit.Entry) (kept []audit.Entry, recounted bool) {
	var last audit.Entry
	for _, entry := range entries {
		switch {
		case entry.Operation != audit.Recount:
			kept = append(kept, entry)
		case !recounted || !entry.Time.Before(last.Time):
			last, recounted = entry, true
		}
	}
	if recounted && !last.Mended() {
		kept = append(kept, last)
	}
	return kept, recounted
}

// put adds a result to the one that is alike, or as another one.
func put(results map[string]v1alpha1.ReportResult, result v1alpha1.ReportResult) {
	identity := identityOf(result)
	other, found := results[identity]
	if !found {
		results[identity] = result
		return
	}
	last := result
	if compareTimes(other.Timestamp, result.Timestamp) > 0 {
		last = other
	}
	properties := map[string]string{}
	maps.Copy(properties, last.Properties)
	properties[countProperty] = strconv.Itoa(countOf(other) + countOf(result))
	// In RFC 3339 and UTC the earlier time is the lesser text.
	properties[firstProperty] = min(other.Properties[firstProperty], result.Properties[firstProperty])
	last.Properties = properties
	results[identity] = last
}

// identityOf returns what results that are alike have in common.
func identityOf(result v1alpha1.ReportResult) string {
	properties := maps.Clone(result.Properties)
	for _, key := range []string{countProperty, firstProperty, requestProperty} {
		delete(properties, key)
	}
	return fmt.Sprintf("%q %q %q %q %q", result.Policy, result.Rule, result.Result, result.Description, properties)
}

// countOf returns how many decisions a result stands for: at least the one that it tells of.
func countOf(result v1alpha1.ReportResult) int {
	count, err := strconv.Atoi(result.Properties[countProperty])
	if err != nil || count < 1 {
		return 1
	}
	return count
}

func compareTimes(a, b metav1.Timestamp) int {
	return cmp.Or(cmp.Compare(a.Seconds, b.Seconds), cmp.Compare(a.Nanos, b.Nanos))
}
