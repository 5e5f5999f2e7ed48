package controller

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
)

// RolloutKind keeps the condition Accepted of RolloutKinds. One replica does so at a time.
type RolloutKind struct {
	Client client.Client
	// Refuses says why no RolloutKind may describe a kind; nothing, if one may.
	Refuses func(schema.GroupKind) string
}

var _ reconcile.ObjectReconciler[*v1alpha1.RolloutKind] = &RolloutKind{}

// SetupWithManager lets the manager run the controller.
func (c *RolloutKind) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.RolloutKind{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(reconcile.AsReconciler(c.Client, c))
}

// Reconcile implements reconcile.ObjectReconciler.
func (c *RolloutKind) Reconcile(ctx context.Context, source *v1alpha1.RolloutKind) (reconcile.Result, error) {
	updated := source.DeepCopy()
	if !meta.SetStatusCondition(&updated.Status.Conditions, c.accepted(source)) {
		return reconcile.Result{}, nil
	}
	return reconcile.Result{}, client.IgnoreNotFound(c.Client.Status().Patch(ctx, updated, client.MergeFrom(source)))
}

// accepted returns the condition Accepted that a RolloutKind should have.
func (c *RolloutKind) accepted(source *v1alpha1.RolloutKind) metav1.Condition {
	condition := accepted(source, "Writes of the kind are judged, once the webhook configuration has a rule for it.")
	if err := custom.Validate(&source.Spec).ToAggregate(); err != nil {
		condition.Status, condition.Reason = metav1.ConditionFalse, v1alpha1.ReasonInvalid
		condition.Message = fmt.Sprintf("No write of the kind can be counted until this is mended: %s", err)
	}
	if why := c.Refuses(schema.GroupKind{Group: source.Spec.Group, Kind: source.Spec.Kind}); why != "" {
		condition.Status, condition.Reason, condition.Message = metav1.ConditionFalse, v1alpha1.ReasonConflicted, why
	}
	return condition
}
