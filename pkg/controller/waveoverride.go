package controller

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// WaveOverride deletes WaveOverrides that ended long ago. One replica does so at a time.
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
		For(&v1alpha1.WaveOverride{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(reconcile.AsReconciler(c.Client, c))
}

// Reconcile implements reconcile.ObjectReconciler.
func (c *WaveOverride) Reconcile(ctx context.Context, source *v1alpha1.WaveOverride) (reconcile.Result, error) {
	if source.DeletionTimestamp != nil || source.Spec.ExpiresAt == nil {
		return reconcile.Result{}, nil
	}
	expiresAt := source.Spec.ExpiresAt.Time
	if left := time.Until(expiresAt.Add(c.Retention)); left > 0 {
		return reconcile.Result{RequeueAfter: left}, nil
	}
	ctrl.LoggerFrom(ctx).Info("deleting an override that ended long ago", "expiresAt", expiresAt)
	// Not another one that has taken its name meanwhile.
	err := c.Client.Delete(ctx, source, client.Preconditions(metav1.Preconditions{UID: &source.UID}))
	return reconcile.Result{}, client.IgnoreNotFound(err)
}
