package recount

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// Statuses publish numbers in the status of WavePolicies.
type Statuses struct {
	// Client reads WavePolicies, and patches their status.
	Client client.Client
	// Every is how old numbers become before they are confirmed.
	Every time.Duration
}

var _ Publisher = Statuses{}

// longestFailure is what the status has room for, in bytes.
const longestFailure = 1024

// Publish implements Publisher. It writes what has changed, or has become old.
func (s Statuses) Publish(ctx context.Context, counts map[string]Counts, states map[string]Standing) error {
	var policies v1alpha1.WavePolicyList
	if err := s.Client.List(ctx, &policies); err != nil {
		return fmt.Errorf("listing WavePolicies: %w", err)
	}
	now := metav1.Now()
	var errs []error
	for i := range policies.Items {
		policy := &policies.Items[i]
		updated := policy.DeepCopy()
		updated.Status.Rollouts = rolloutsOf(policy.Status.Rollouts, counts[policy.Name], states[policy.Name], now)
		if s.current(policy.Status.Rollouts, updated.Status.Rollouts) {
			continue
		}
		if err := s.Client.Status().Patch(ctx, updated, client.MergeFrom(policy)); client.IgnoreNotFound(err) != nil {
			errs = append(errs, fmt.Errorf("writing the status of WavePolicy %s: %w", policy.Name, err))
		}
	}
	return errors.Join(errs...)
}

// rolloutsOf returns what the status of a policy should say, given what it says.
func rolloutsOf(stored *v1alpha1.WavePolicyRollouts, counts Counts, state Standing, now metav1.Time) *v1alpha1.WavePolicyRollouts {
	if state != (Standing{}) {
		if state.Failure == nil {
			return stored
		}
		kept := stored.DeepCopy()
		if kept == nil {
			kept = &v1alpha1.WavePolicyRollouts{}
		}
		kept.Failure = cut(strings.Join(strings.Fields(state.Failure.Error()), " "), longestFailure)
		return kept
	}
	return &v1alpha1.WavePolicyRollouts{
		Matched:      new(int32(counts.Matched)),    //nolint:gosec // no API server holds so many objects
		OverLimit:    new(int32(counts.OverLimit)),  //nolint:gosec // as above
		Unresolved:   new(int32(counts.Unresolved)), //nolint:gosec // as above
		Overridden:   new(int32(counts.Overridden)), //nolint:gosec // as above
		ObservedTime: &now,
	}
}

// current tells whether what is stored will do.
func (s Statuses) current(stored, found *v1alpha1.WavePolicyRollouts) bool {
	if stored == nil || found == nil {
		return stored == found
	}
	if found.ObservedTime != nil && (stored.ObservedTime == nil || found.ObservedTime.Sub(stored.ObservedTime.Time) >= s.Every) {
		return false
	}
	same := found.DeepCopy()
	same.ObservedTime = stored.ObservedTime
	return equality.Semantic.DeepEqual(stored, same)
}
