// Package reports writes decisions as reports of OpenReports, one for each rollout: a Report
// in the rollout's namespace, or a ClusterReport for a rollout of no namespace.
package reports

import (
	"slices"
	"strconv"
	"time"

	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/audit"
)

const (
	source   = "seawall"
	category = "Rollout waves"
	// ringSize is how many results a report holds: the last ones that differ.
	ringSize = 20

	managedByLabel = "app.kubernetes.io/managed-by"
	componentLabel = "app.kubernetes.io/component"
	component      = "admission"
	kindLabel      = "seawall.dev/kind"

	// noPolicy is the name of none: no policy can be called so.
	noPolicy = "-"

	// decisionsAnnotation counts the decisions that a report was ever told, those of results
	// that have made room for others included.
	decisionsAnnotation = "seawall.dev/decisions"
	// lastAnnotation is when the last of them was made, as RFC 3339 in UTC.
	lastAnnotation = "seawall.dev/last-decision"

	// firstAnnotation is when the first of them was made, to the nanosecond.
	firstAnnotation = "seawall.dev/first-decision"

	// existedAnnotation says whether the rollout is known to have existed, authenticatedAnnotation
	// whether anything of the report is, and userAnnotation by whom it was begun: they say which
	// report is deleted first.
	existedAnnotation       = "seawall.dev/rollout-existed"
	authenticatedAnnotation = "seawall.dev/authenticated"
	userAnnotation          = "seawall.dev/first-user"
)

// Labels are those of every report that this package writes, and of no other.
func Labels() map[string]string {
	return map[string]string{managedByLabel: source, componentLabel: component}
}

// isOurs tells whether an object has those labels.
func isOurs(object metav1.Object) bool {
	for key, value := range Labels() {
		if object.GetLabels()[key] != value {
			return false
		}
	}
	return true
}

// keyOf returns the name and namespace of the report about the rollout of a record. It does
// not depend on the rollout's UID: one that is created again goes on in the same report.
func keyOf(record audit.Record) client.ObjectKey {
	name := audit.ObjectName(record.Kind+"-"+record.Name, record.Group, record.Kind, record.Name)
	return client.ObjectKey{Namespace: record.Namespace, Name: name}
}

// add adds entries, which are about one rollout, to its report.
func add(report *v1alpha1.Report, entries []audit.Entry) {
	decisions, _ := strconv.Atoi(report.Annotations[decisionsAnnotation]) // none in a new report
	last, _ := time.Parse(time.RFC3339, report.Annotations[lastAnnotation])
	for _, entry := range entries {
		if entry.Operation != audit.Recount {
			decisions += entry.Count
		}
		if !entry.Mended() && entry.Time.After(last) {
			last = entry.Time
			report.Scope = scopeOf(entry.Record)
		}
	}
	report.Source = source
	report.Configuration = &v1alpha1.ReportConfiguration{Limits: v1alpha1.Limits{MaxResults: ringSize}}
	report.Results = merge(report.Results, entries)
	report.Summary = summarize(report.Results)
	metav1.SetMetaDataAnnotation(&report.ObjectMeta, decisionsAnnotation, strconv.Itoa(decisions))
	metav1.SetMetaDataAnnotation(&report.ObjectMeta, lastAnnotation, last.UTC().Format(time.RFC3339))
	for key, value := range Labels() {
		metav1.SetMetaDataLabel(&report.ObjectMeta, key, value)
	}
	if report.Scope != nil {
		metav1.SetMetaDataLabel(&report.ObjectMeta, kindLabel, report.Scope.Kind)
	}
}

// mark notes on a report how much it counts. Once its rollout has existed, it has; and what is
// authenticated takes over what is not.
func mark(report *v1alpha1.Report, entries []audit.Entry, existed bool) {
	metav1.SetMetaDataAnnotation(&report.ObjectMeta, existedAnnotation, strconv.FormatBool(existed || hasExisted(report)))
	if _, marked := report.Annotations[firstAnnotation]; !marked {
		first := slices.MinFunc(entries, func(a, b audit.Entry) int { return a.First.Compare(b.First) }).First
		metav1.SetMetaDataAnnotation(&report.ObjectMeta, firstAnnotation, first.UTC().Format(time.RFC3339Nano))
	}
	for _, entry := range entries {
		if _, marked := report.Annotations[userAnnotation]; marked && (!entry.Authenticated || isAuthenticated(report)) {
			continue
		}
		metav1.SetMetaDataAnnotation(&report.ObjectMeta, userAnnotation, entry.User)
		metav1.SetMetaDataAnnotation(&report.ObjectMeta, authenticatedAnnotation, strconv.FormatBool(entry.Authenticated))
	}
}

func hasExisted(object metav1.Object) bool {
	return object.GetAnnotations()[existedAnnotation] == "true"
}

func isAuthenticated(object metav1.Object) bool {
	return object.GetAnnotations()[authenticatedAnnotation] == "true"
}

func scopeOf(record audit.Record) *corev1.ObjectReference {
	return &corev1.ObjectReference{
		APIVersion: record.APIVersion(), Kind: record.Kind, Namespace: record.Namespace, Name: record.Name,
		UID: types.UID(record.RolloutUID),
	}
}

// summarize counts the results by what they are.
func summarize(results []v1alpha1.ReportResult) v1alpha1.ReportSummary {
	var summary v1alpha1.ReportSummary
	for _, result := range results {
		switch result.Result {
		case resultFail:
			summary.Fail++
		case resultWarn:
			summary.Warn++
		case resultError:
			summary.Error++
		}
	}
	return summary
}

// policyOf names the policy of a result, which every result must have. A failure of Seawall's
// own is no policy's.
func policyOf(record audit.Record) string {
	if record.Policy == "" {
		return noPolicy
	}
	return record.Policy
}
