package recount

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
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

// Publish implements Publisher. It writes what has changed, or has become old.
func (s Statuses) Publish(ctx context.Context, counts map[string]Counts) error {
	var policies v1alpha1.WavePolicyList
	if err := s.Client.List(ctx, &policies); err != nil {
		return fmt.Errorf("listing WavePolicies: %w", err)
	}
	now := metav1.Now()
	var errs []error
	for i := range policies.Items {
		policy := &policies.Items[i]
		updated := policy.DeepCopy()
		updated.Status.Rollouts = rolloutsOf(counts[policy.Name], now)
		if s.current(policy.Status.Rollouts, updated.Status.Rollouts) {
			continue
		}
		if err := s.Client.Status().Patch(ctx, updated, client.MergeFrom(policy)); client.IgnoreNotFound(err) != nil {
			errs = append(errs, fmt.Errorf("writing the status of WavePolicy %s: %w", policy.Name, err))
		}
	}
	return errors.Join(errs...)
}

func rolloutsOf(counts Counts, now metav1.Time) *v1alpha1.WavePolicyRollouts {
	return &v1alpha1.WavePolicyRollouts{
		Matched:      new(int32(counts.Matched)),    //nolint:gosec // no API server holds so many objects
		OverLimit:    new(int32(counts.OverLimit)),  //nolint:gosec // as above
		Unresolved:   new(int32(counts.Unresolved)), //nolint:gosec // as above
		ObservedTime: &now,
	}
}

// current tells whether what is stored will do.
func (s Statuses) current(stored, found *v1alpha1.WavePolicyRollouts) bool {
	return stored != nil && stored.ObservedTime != nil && found.ObservedTime.Sub(stored.ObservedTime.Time) < s.Every &&
		ptr.Equal(stored.Matched, found.Matched) && ptr.Equal(stored.OverLimit, found.OverLimit) &&
		ptr.Equal(stored.Unresolved, found.Unresolved)
}
