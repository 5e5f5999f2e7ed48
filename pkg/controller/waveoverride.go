package controller

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// WaveOverride says in the status of WaveOverrides until when they are in force, and deletes those that
// ended long ago. One replica does so at a time.
type WaveOverride struct {
	Client client.Client
	// Retention is how long an override is kept after it has ended, for whoever asks what
	// was permitted.
	Retention time.Duration
}

var _ reconcile.ObjectReconciler[*v1alpha1.WaveOverride] = &WaveOverride{}

// SetupWithManager lets the manager run the controller.
func (c *WaveOverride) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.WaveOverride{}).
		Complete(reconcile.AsReconciler(c.Client, c))
}

// Reconcile implements reconcile.ObjectReconciler.
func (c *WaveOverride) Reconcile(ctx context.Context, source *v1alpha1.WaveOverride) (reconcile.Result, error) {
	end := source.End()
	if source.DeletionTimestamp != nil || end.IsZero() {
		return reconcile.Result{}, nil
	}
	now := time.Now()
	if left := end.Add(c.Retention).Sub(now); left > 0 {
		if end.After(now) {
			left = end.Sub(now)
		}
		return reconcile.Result{RequeueAfter: left}, client.IgnoreNotFound(c.tell(ctx, source, end, now))
	}
	ctrl.LoggerFrom(ctx).Info("deleting an override that ended long ago", "expiresAt", end)
	// Not another one that has taken its name meanwhile.
	err := c.Client.Delete(ctx, source, client.Preconditions(metav1.Preconditions{UID: &source.UID}))
	return reconcile.Result{}, client.IgnoreNotFound(err)
}

// tell writes when the override ends and whether it is in force, if that is not there yet.
func (c *WaveOverride) tell(ctx context.Context, source *v1alpha1.WaveOverride, end, now time.Time) error {
	status := source.Status.DeepCopy()
	status.ExpiresAt = &metav1.Time{Time: end.Truncate(time.Second)}
	meta.SetStatusCondition(&status.Conditions, active(source, end, now))
	if equality.Semantic.DeepEqual(&source.Status, status) {
		return nil
	}
	return patchStatus(ctx, c.Client, source, *status)
}

// active returns the condition Active that an override should have.
func active(source *v1alpha1.WaveOverride, end, now time.Time) metav1.Condition {
	condition := metav1.Condition{
		Type: v1alpha1.ConditionActive, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonInForce, ObservedGeneration: source.Generation,
		Message: fmt.Sprintf("It is in force until %s.", end.UTC().Format(time.RFC3339)),
	}
	switch used := source.Status.TimesUsed; {
	case !now.Before(end):
		condition.Status, condition.Reason = metav1.ConditionFalse, v1alpha1.ReasonExpired
		condition.Message = fmt.Sprintf("It ended at %s.", end.UTC().Format(time.RFC3339))
	case source.Spec.Uses == v1alpha1.UsesOnce && used != nil && *used > 0:
		condition.Status, condition.Reason = metav1.ConditionFalse, v1alpha1.ReasonUsed
		condition.Message = "It was for one write, which has used it."
	}
	return condition
}
