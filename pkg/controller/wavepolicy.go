// Package controller keeps the status of policies.
package controller

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// WavePolicy keeps the condition Accepted of WavePolicies. One replica does so at a time.
type WavePolicy struct {
	Client client.Client
	// Kinds are those that Seawall judges.
	Kinds []schema.GroupKind
}

var _ reconcile.Reconciler = &WavePolicy{}

// SetupWithManager lets the manager run the controller.
func (c *WavePolicy) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.WavePolicy{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(c)
}

// Reconcile implements reconcile.Reconciler.
func (c *WavePolicy) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var source v1alpha1.WavePolicy
	if err := c.Client.Get(ctx, request.NamespacedName, &source); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	updated := source.DeepCopy()
	meta.SetStatusCondition(&updated.Status.Conditions, c.accepted(&source))
	if equality.Semantic.DeepEqual(source.Status, updated.Status) {
		return reconcile.Result{}, nil
	}
	if err := c.Client.Status().Patch(ctx, updated, client.MergeFrom(&source)); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	return reconcile.Result{}, nil
}

// accepted returns the condition Accepted that a policy should have.
func (c *WavePolicy) accepted(source *v1alpha1.WavePolicy) metav1.Condition {
	condition := metav1.Condition{
		Type:               v1alpha1.ConditionAccepted,
		Status:             metav1.ConditionTrue,
		Reason:             v1alpha1.ReasonAccepted,
		Message:            "The policy is in force.",
		ObservedGeneration: source.Generation,
	}
	compiled, err := policy.Compile(source)
	if err != nil {
		condition.Status, condition.Reason = metav1.ConditionFalse, v1alpha1.ReasonInvalid
		condition.Message = fmt.Sprintf("Every write that the policy may select is refused until this is mended: %s", err)
		return condition
	}
	if unknown := compiled.UnknownKinds(c.Kinds); len(unknown) > 0 {
		condition.Status, condition.Reason = metav1.ConditionFalse, v1alpha1.ReasonUnknownKind
		condition.Message = fmt.Sprintf("spec.match.kinds names what Seawall does not judge: %s. It judges %s.", names(unknown), names(c.Kinds))
	}
	return condition
}

func names(kinds []schema.GroupKind) string {
	texts := make([]string, len(kinds))
	for i, kind := range kinds {
		texts[i] = kind.String()
	}
	return strings.Join(texts, ", ")
}
