package controller

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// gatingPeriod is how often it is looked whether a start exceeds a limit by itself. Nobody waits for it.
const gatingPeriod = time.Minute

// gating sets the conditions of a policy that gates starts, and removes those of one that does not.
func (c *WavePolicy) gating(ctx context.Context, of *v1alpha1.WavePolicy) (reconcile.Result, error) {
	compiled, invalid := policy.Compile(of)
	says := compiled.Gate()
	if says == nil || invalid != nil {
		meta.RemoveStatusCondition(&of.Status.Conditions, v1alpha1.ConditionGating)
		meta.RemoveStatusCondition(&of.Status.Conditions, v1alpha1.ConditionStartsWithinLimit)
		return reconcile.Result{}, nil //nolint:nilerr // another condition tells of a policy that is not valid
	}
	gating := metav1.Condition{
		Type: v1alpha1.ConditionGating, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonGating,
		Message: "Seawall is asked about the starts of what the policy selects.", ObservedGeneration: of.Generation,
	}
	if !c.Gates {
		gating.Status, gating.Reason = metav1.ConditionFalse, v1alpha1.ReasonGateDisabled
		gating.Message = "spec.syncGate has no effect: Seawall runs without its sync gate (value syncGate.enabled)."
	}
	meta.SetStatusCondition(&of.Status.Conditions, gating)
	alone, err := c.alone(ctx, of.Name, says)
	if err != nil {
		return reconcile.Result{}, err
	}
	within := metav1.Condition{
		Type: v1alpha1.ConditionStartsWithinLimit, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonWithinLimit,
		Message: "No start exceeds the limit by itself.", ObservedGeneration: of.Generation,
	}
	if alone != "" {
		within.Status, within.Reason = metav1.ConditionFalse, v1alpha1.ReasonOneOverLimit
		within.Message = "There is a start that exceeds the limit by itself: " + alone + "."
	}
	meta.SetStatusCondition(&of.Status.Conditions, within)
	if !c.Gates {
		return reconcile.Result{}, nil
	}
	return reconcile.Result{RequeueAfter: gatingPeriod}, nil
}

// alone says which start exceeds the limit of a policy by itself: one at its default rate, or one that is in flight.
func (c *WavePolicy) alone(ctx context.Context, name string, says *policy.Gate) (string, error) {
	if rate, known := says.DefaultRate(); known && says.ExceededByOne(rate) {
		return says.Alone(rate, "spec.successRate.default"), nil
	}
	if !c.Gates {
		return "", nil
	}
	var waves v1alpha1.WaveList
	if err := c.Client.List(ctx, &waves); err != nil {
		if meta.IsNoMatchError(err) { // readiness and an alert tell of the missing definition
			return "", nil
		}
		return "", fmt.Errorf("listing Waves: %w", err)
	}
	for i := range waves.Items {
		wave := &waves.Items[i]
		for j := range wave.Status.InFlight {
			entry := &wave.Status.InFlight[j]
			rate, err := risk.ParseProbability(string(entry.SuccessRate))
			if wave.Spec.PolicyName == name && err == nil && says.ExceededByOne(rate) {
				return says.Alone(rate, "Application "+entry.Namespace+"/"+entry.Name), nil
			}
		}
	}
	return "", nil
}
