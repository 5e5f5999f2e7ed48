package journal

import (
	"context"
	"fmt"
	"time"

	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit/reports"
)

// pageSize bounds an answer of the API server: a full report has some 16 KB.
const pageSize = 100

// Reader reads the reports of a cluster.
type Reader struct {
	// Client knows reports and overrides.
	Client client.Reader
	// Namespace is the one to read; empty for all, and for rollouts that are in none.
	Namespace string
	// Rollout, if not nil, is the only one whose report is of interest.
	Rollout *Rollout
}

// Rollout is one in the namespace of a Reader.
type Rollout struct{ Group, Kind, Name string }

// about tells whether a report is of interest.
func (r Reader) about(report *openreports.Report) bool {
	scope := report.Scope
	return r.Rollout == nil || scope != nil && scope.Name == r.Rollout.Name &&
		scope.GroupVersionKind().GroupKind() == schema.GroupKind{Group: r.Rollout.Group, Kind: r.Rollout.Kind}
}

// Read returns what the filter accepts.
func (r Reader) Read(ctx context.Context, filter Filter) (*Journal, error) {
	journal := &Journal{Read: time.Now().UTC(), Namespace: r.Namespace, Decisions: []Decision{}}
	if err := r.readReports(ctx, journal); err != nil {
		return nil, err
	}
	if r.Namespace == "" {
		if err := r.readClusterReports(ctx, journal); err != nil {
			return nil, err
		}
	}
	journal.Pick(filter)
	if journal.Has(Overridden) {
		r.readOverrides(ctx, journal)
	}
	return journal, nil
}

func (r Reader) readReports(ctx context.Context, journal *Journal) error {
	err := pages(ctx, r, func(list *openreports.ReportList) {
		for i := range list.Items {
			r.add(journal, &list.Items[i])
		}
	}, client.MatchingLabels(reports.Labels()))
	if isAbsent(err) {
		return fmt.Errorf("the API server does not serve reports.openreports.io, so there is no report to read: "+
			"the chart installs them (records.reports.installCRDs), and writes reports where records.reports.enabled is true: %w", err)
	}
	return r.lacking("reports.openreports.io", err)
}

func (r Reader) readClusterReports(ctx context.Context, journal *Journal) error {
	err := pages(ctx, r, func(list *openreports.ClusterReportList) {
		for i := range list.Items {
			// The two kinds have the same fields.
			r.add(journal, (*openreports.Report)(&list.Items[i]))
		}
	}, client.MatchingLabels(reports.Labels()))
	if isAbsent(err) {
		journal.Missing = append(journal.Missing,
			"rollouts that are in no namespace: the API server does not serve clusterreports.openreports.io")
		return nil
	}
	return r.lacking("clusterreports.openreports.io", err)
}

// readOverrides finds who approved. That it cannot be read takes nothing from what was decided.
func (r Reader) readOverrides(ctx context.Context, journal *Journal) {
	var all []v1alpha1.WaveOverride
	err := pages(ctx, r, func(list *v1alpha1.WaveOverrideList) { all = append(all, list.Items...) })
	if err != nil {
		journal.Missing = append(journal.Missing, "who approved overrides: "+r.lacking("waveoverrides.seawall.dev", err).Error())
	}
	journal.explain(all)
}

// pages lists page by page, each decoded into a list of its own.
func pages[T any, L interface {
	*T
	client.ObjectList
}](ctx context.Context, r Reader, each func(L), options ...client.ListOption) error {
	options = append(options, client.InNamespace(r.Namespace), client.Limit(pageSize))
	for token := ""; ; {
		page := L(new(T))
		if err := r.Client.List(ctx, page, append(options, client.Continue(token))...); err != nil {
			return err
		}
		each(page)
		if token = page.GetContinue(); token == "" {
			return nil
		}
	}
}

// add adds what a report holds.
func (r Reader) add(j *Journal, report *openreports.Report) {
	if !r.about(report) {
		return
	}
	entries, displaced, err := reports.Read(report)
	if err != nil {
		j.Missing = append(j.Missing, err.Error())
	}
	j.Displaced += displaced
	for i := range entries {
		j.Decisions = append(j.Decisions, decisionOf(&entries[i]))
	}
}

// lacking says which right is lacking.
func (r Reader) lacking(resource string, err error) error {
	switch {
	case err == nil:
		return nil
	case !apierrors.IsForbidden(err):
		return fmt.Errorf("list %s: %w", resource, err)
	case r.Namespace == "":
		return fmt.Errorf("it takes the verb list on %s in all namespaces, which the ClusterRole seawall-auditor has: %w", resource, err)
	default:
		return fmt.Errorf("it takes the verb list on %s in namespace %s, which the ClusterRole seawall-auditor has: %w",
			resource, r.Namespace, err)
	}
}

// isAbsent tells whether an API server does not serve a kind.
func isAbsent(err error) bool {
	return meta.IsNoMatchError(err) || apierrors.IsNotFound(err)
}
