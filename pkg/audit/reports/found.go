package reports

import (
	"context"
	"slices"

	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// foundPage is how many reports are read at once, which may have twenty results each.
const foundPage = 100

// Found reads what the re-count has found from the reports that are still there.
//
// A report proves nothing: whoever may write reports may have written it. So nothing may rest on
// what is read here but whether something is recorded again.
type Found struct {
	// Client reads from the API server and not from a cache.
	Client client.Client
	// Most is how many reports are read of each kind: no more than Retention leaves.
	Most int
}

// Recorded passes on a record for each report of Seawall's that holds a result of the re-count.
// It has what tells one finding from another, and no more.
func (f Found) Recorded(ctx context.Context, tell func(audit.Record)) error {
	for _, list := range []client.ObjectList{&v1alpha1.ReportList{}, &v1alpha1.ClusterReportList{}} {
		if err := f.read(ctx, list, tell); err != nil {
			return err
		}
	}
	return nil
}

func (f Found) read(ctx context.Context, list client.ObjectList, tell func(audit.Record)) error {
	for read, next := 0, ""; read < f.Most; {
		err := f.Client.List(ctx, list, client.MatchingLabels(Labels()), client.Limit(foundPage), client.Continue(next))
		if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
			return nil // reports of this kind are not installed
		}
		if err != nil {
			return err
		}
		reports := reportsOf(list)
		for i := range reports {
			if record, found := findingOf(&reports[i]); found {
				tell(record)
			}
		}
		read += len(reports)
		if next = list.GetContinue(); next == "" {
			return nil
		}
	}
	return nil
}

func reportsOf(list client.ObjectList) []v1alpha1.Report {
	switch list := list.(type) {
	case *v1alpha1.ReportList:
		return list.Items
	case *v1alpha1.ClusterReportList:
		reports := make([]v1alpha1.Report, len(list.Items))
		for i := range list.Items {
			reports[i] = v1alpha1.Report(list.Items[i])
		}
		return reports
	default:
		return nil
	}
}

// findingOf returns what the re-count has found last about the rollout of a report, if the report
// has the name that Seawall gives to that rollout's.
func findingOf(report *v1alpha1.Report) (audit.Record, bool) {
	at := slices.IndexFunc(report.Results, func(result v1alpha1.ReportResult) bool {
		return result.Properties[operationProperty] == audit.Recount
	})
	if at < 0 || report.Source != source || report.Scope == nil {
		return audit.Record{}, false
	}
	result := report.Results[at]
	of, _ := schema.ParseGroupVersion(report.Scope.APIVersion) // one that is malformed has another name
	record := audit.Record{
		Operation: audit.Recount, Action: result.Properties[actionProperty], Reason: result.Rule, Policy: result.Policy,
		Override: result.Properties[overrideProperty],
		Group:    of.Group, Version: of.Version, Kind: report.Scope.Kind, Namespace: report.Namespace, Name: report.Scope.Name,
	}
	if record.Policy == noPolicy {
		record.Policy = ""
	}
	known := slices.Contains([]string{audit.Deny, audit.Warn, audit.Audit, audit.Allow}, record.Action)
	return record, known && !record.Mended() && keyOf(record) == client.ObjectKeyFromObject(report)
}
