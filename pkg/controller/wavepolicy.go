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
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// WavePolicy keeps the condition Accepted of WavePolicies, and what tables show of them. One replica
// does so at a time.
type WavePolicy struct {
	Client client.Client
	// Kinds returns those that Seawall judges.
	Kinds func() []rollout.Kind
	// Gates says whether starts are gated.
	Gates bool
}

var _ reconcile.ObjectReconciler[*v1alpha1.WavePolicy] = &WavePolicy{}

// SetupWithManager lets the manager run the controller.
func (c *WavePolicy) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.WavePolicy{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		// A policy may name a kind before there is a RolloutKind for it.
		Watches(&v1alpha1.RolloutKind{}, handler.EnqueueRequestsFromMapFunc(c.all),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(reconcile.AsReconciler(c.Client, c))
}

// all returns a request for each policy.
func (c *WavePolicy) all(ctx context.Context, _ client.Object) []reconcile.Request {
	var policies v1alpha1.WavePolicyList
	if err := c.Client.List(ctx, &policies); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "listing policies")
		return nil
	}
	requests := make([]reconcile.Request, len(policies.Items))
	for i := range policies.Items {
		requests[i].Name = policies.Items[i].Name
	}
	return requests
}

// Reconcile implements reconcile.ObjectReconciler.
func (c *WavePolicy) Reconcile(ctx context.Context, source *v1alpha1.WavePolicy) (reconcile.Result, error) {
	updated := source.DeepCopy()
	meta.SetStatusCondition(&updated.Status.Conditions, c.accepted(source))
	again, err := c.gating(ctx, updated)
	if err != nil {
		return reconcile.Result{}, err
	}
	updated.Status.Selects, updated.Status.Actions = selects(source.Spec), joined(source.Spec.ValidationActions)
	if equality.Semantic.DeepEqual(source.Status, updated.Status) {
		return again, nil
	}
	return again, client.IgnoreNotFound(c.Client.Status().Patch(ctx, updated, client.MergeFrom(source)))
}

// accepted returns the condition Accepted that a policy should have.
func (c *WavePolicy) accepted(source *v1alpha1.WavePolicy) metav1.Condition {
	condition := accepted(source, "The policy is in force.")
	compiled, err := policy.Compile(source)
	if err != nil {
		condition.Status, condition.Reason = metav1.ConditionFalse, v1alpha1.ReasonInvalid
		condition.Message = fmt.Sprintf("Every write that the policy may select is refused until this is mended: %s", err)
		return condition
	}
	known := groupKinds(c.Kinds())
	if unknown := compiled.UnknownKinds(known); len(unknown) > 0 {
		condition.Status, condition.Reason = metav1.ConditionFalse, v1alpha1.ReasonUnknownKind
		condition.Message = fmt.Sprintf("spec.match.kinds names what Seawall does not judge: %s. It judges %s.", names(unknown), names(known))
	}
	return condition
}

// accepted returns the condition Accepted of an object with which nothing is wrong.
func accepted(source client.Object, message string) metav1.Condition {
	return metav1.Condition{
		Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonAccepted,
		Message: message, ObservedGeneration: source.GetGeneration(),
	}
}

func groupKinds(known []rollout.Kind) []schema.GroupKind {
	list := make([]schema.GroupKind, len(known))
	for i, kind := range known {
		list[i] = kind.GroupKind()
	}
	return list
}

func names(kinds []schema.GroupKind) string {
	texts := make([]string, len(kinds))
	for i, kind := range kinds {
		texts[i] = kind.String()
	}
	return strings.Join(texts, ", ")
}
