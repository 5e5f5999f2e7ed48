package reports

import (
	"context"
	"errors"
	"fmt"

	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// conflictTries is how often a write is tried that another replica came before.
const conflictTries = 10

// Writer adds decisions to reports. Replicas may write the same one: each adds to what it
// read, and reads again when another came before.
type Writer struct {
	// Client reads from the API server and not from a cache. Its scheme knows the reports.
	Client client.Client
	// Served says which reports the API server serves.
	Served *Served
	// Quota bounds the reports about rollouts that do not exist.
	Quota *audit.Quota
}

var _ audit.Writer = Writer{}

// Key implements audit.Writer. Records for which there is no kind of report are left out, and so is that an
// episode is over.
func (w Writer) Key(record audit.Record) (string, bool) {
	over := record.Episode() && record.Action == audit.Allow
	return keyOf(record).String(), !over && w.Served.has(record.Namespace != "")
}

// Write implements audit.Writer.
func (w Writer) Write(ctx context.Context, entries []audit.Entry) error {
	var late bool
	var err error
	for range conflictTries {
		if late, err = w.write(ctx, entries); !late {
			break
		}
	}
	return audit.Permanent(err)
}

// write adds entries to their report once. It is late when somebody else wrote or removed
// that meanwhile.
func (w Writer) write(ctx context.Context, entries []audit.Entry) (late bool, err error) {
	key := keyOf(entries[0].Record)
	report := &v1alpha1.Report{}
	err = w.Client.Get(ctx, key, object(report, key))
	absent := apierrors.IsNotFound(err)
	switch {
	case absent:
		report.Namespace, report.Name = key.Namespace, key.Name
	case err != nil:
		return false, err
	case !isOurs(report):
		return false, errors.Join(audit.ErrRefused, fmt.Errorf("the report %s is not one of Seawall's", key))
	}
	if err := w.mark(ctx, report, entries, absent); err != nil {
		return false, err
	}
	add(report, entries)
	if len(report.Results) == 0 {
		return w.clear(ctx, report, key, absent)
	}
	if absent {
		err = w.Client.Create(ctx, object(report, key))
		return apierrors.IsAlreadyExists(err), err
	}
	err = w.Client.Update(ctx, object(report, key))
	return apierrors.IsConflict(err) || apierrors.IsNotFound(err), err
}

// mark notes on a report how much it counts, unless it would be one too many.
func (w Writer) mark(ctx context.Context, report *v1alpha1.Report, entries []audit.Entry, absent bool) error {
	existed := hasExisted(report)
	if !existed {
		var err error
		if existed, err = w.Quota.Existed(ctx, entries); err != nil {
			return err
		}
	}
	if absent && !existed {
		if err := w.Quota.Take(entries); err != nil {
			return err
		}
	}
	mark(report, entries, existed)
	return nil
}

// clear removes a report of which nothing is left but what the re-count had found.
func (w Writer) clear(ctx context.Context, report *v1alpha1.Report, key client.ObjectKey, absent bool) (late bool, err error) {
	if absent {
		return false, nil
	}
	err = w.Client.Delete(ctx, object(report, key), client.Preconditions{UID: &report.UID, ResourceVersion: &report.ResourceVersion})
	return apierrors.IsConflict(err), client.IgnoreNotFound(err)
}

// object returns a report as the kind of object that its namespace makes it. The two kinds
// have the same fields.
func object(report *v1alpha1.Report, key client.ObjectKey) client.Object {
	if key.Namespace == "" {
		return (*v1alpha1.ClusterReport)(report)
	}
	return report
}
