package reports

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/audit"
)

const (
	sweepPeriod = time.Minute
	// pageSize bounds what one request for a list returns.
	pageSize = 500
)

// Retention deletes reports that are too old or too many: those about rollouts that have never
// existed before those that have, and what nobody has authenticated before what is. It is a
// manager.Runnable of the leader.
type Retention struct {
	// Client reads from the API server and not from a cache.
	Client client.Client
	Served *Served
	Logger *slog.Logger
	// Age is how long a report is kept after its last decision.
	Age time.Duration
	// PerNamespace is the largest number of reports in one namespace, and of those that are
	// in none; Total is that of all reports. Those of one writer about rollouts that have never
	// existed may be half as many; all that are not authenticated are of one writer.
	PerNamespace, Total int
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (*Retention) NeedLeaderElection() bool { return true }

// Start implements manager.Runnable: it sweeps until ctx ends.
func (r *Retention) Start(ctx context.Context) error {
	ticker := time.NewTicker(sweepPeriod)
	defer ticker.Stop()
	for {
		if err := r.sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
			r.Logger.Error("deleting old reports", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// kept is what a sweep remembers of a report.
type kept struct {
	key     client.ObjectKey
	uid     types.UID
	version string
	// first and last are when those decisions were made.
	first, last time.Time
	// existed and authenticated are of the rollout and of the record, by writer.
	existed, authenticated bool
	writer                 string
	// place is how many reports of the same origin are kept before this one.
	place int
}

func (r *Retention) sweep(ctx context.Context, now time.Time) error {
	var all []kept
	for _, namespaced := range []bool{true, false} {
		if !r.Served.has(namespaced) {
			continue
		}
		found, err := r.list(ctx, namespaced)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	excess := r.excess(all, now)
	var errs []error
	for _, report := range excess {
		errs = append(errs, r.delete(ctx, report))
	}
	if len(excess) > 0 {
		r.Logger.Info("deleted old reports", "reports", len(excess), "kept", len(all)-len(excess))
	}
	return errors.Join(errs...)
}

// list returns what there is of Seawall's reports, and reads no more than their metadata.
func (r *Retention) list(ctx context.Context, namespaced bool) ([]kept, error) {
	kind := "ClusterReport"
	if namespaced {
		kind = "Report"
	}
	var found []kept
	page := &metav1.PartialObjectMetadataList{}
	for first := true; first || page.Continue != ""; first = false {
		options := []client.ListOption{client.MatchingLabels(Labels()), client.Limit(pageSize), client.Continue(page.Continue)}
		page = &metav1.PartialObjectMetadataList{}
		page.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind(kind + "List"))
		err := r.Client.List(ctx, page, options...)
		if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
			return nil, nil // its definition has just gone
		}
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			found = append(found, remember(&page.Items[i]))
		}
	}
	return found, nil
}

func remember(report *metav1.PartialObjectMetadata) kept {
	last, err := time.Parse(time.RFC3339, report.Annotations[lastAnnotation])
	if err != nil { // somebody changed it
		last = report.CreationTimestamp.Time
	}
	first, err := time.Parse(time.RFC3339, report.Annotations[firstAnnotation])
	if err != nil {
		first = report.CreationTimestamp.Time
	}
	writer := audit.Record{Authenticated: isAuthenticated(report), User: report.Annotations[userAnnotation]}.Writer()
	return kept{
		key: client.ObjectKeyFromObject(report), uid: report.UID, version: report.ResourceVersion,
		first: first, last: last,
		existed: hasExisted(report), authenticated: isAuthenticated(report), writer: writer,
	}
}

// excess returns the reports to delete.
func (r *Retention) excess(all []kept, now time.Time) []kept {
	order(all)
	var excess []kept
	counts := map[bound]int{}
	for _, report := range all {
		bounds := r.bounds(report)
		full := slices.ContainsFunc(bounds, func(b bound) bool { return counts[b] >= b.most })
		if full || now.Sub(report.last) > r.Age {
			excess = append(excess, report)
			continue
		}
		for _, bound := range bounds {
			counts[bound]++
		}
	}
	return excess
}

// bound is how many reports there may be of what it names.
type bound struct {
	inNamespace, byWriter bool
	namespace, writer     string
	most                  int
}

// bounds returns those that a report counts against.
func (r *Retention) bounds(report kept) []bound {
	namespace, writer := report.key.Namespace, report.writer
	half := func(most int) int { return max(most/2, 1) } //nolint:mnd // half
	bounds := []bound{
		{most: r.Total},
		{inNamespace: true, namespace: namespace, most: r.PerNamespace},
		{byWriter: true, writer: writer, most: half(r.Total)},
		{byWriter: true, writer: writer, inNamespace: true, namespace: namespace, most: half(r.PerNamespace)},
	}
	if report.existed {
		return bounds[:2]
	}
	return bounds
}

// delete deletes a report unless it got another decision meanwhile.
func (r *Retention) delete(ctx context.Context, report kept) error {
	target := &v1alpha1.Report{}
	target.Namespace, target.Name = report.key.Namespace, report.key.Name
	err := r.Client.Delete(ctx, object(target, report.key), client.Preconditions{UID: &report.uid, ResourceVersion: &report.version})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}
