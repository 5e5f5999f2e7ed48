package waves

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// Note changes what the status of the Wave of a group says beside the ledger, if there is a Wave. The change
// says whether there is one; it may be asked several times.
func (l *Ledgers) Note(ctx context.Context, key Key, change func(*v1alpha1.WaveStatus) bool) error {
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		var wave v1alpha1.Wave
		if err := l.Live.Get(ctx, client.ObjectKey{Name: key.Name()}, &wave); err != nil {
			return client.IgnoreNotFound(err)
		}
		if wave.Status.ObservedTime == nil || !change(&wave.Status) {
			return nil
		}
		return l.Client.Status().Update(ctx, &wave)
	})
	if err != nil {
		return fmt.Errorf("noting what the Wave %s shows: %w", key.Name(), err)
	}
	return nil
}

// Forget deletes the Wave of a group, unless something of it is in flight or has failed.
func (l *Ledgers) Forget(ctx context.Context, key Key) error {
	var wave v1alpha1.Wave
	if err := l.Live.Get(ctx, client.ObjectKey{Name: key.Name()}, &wave); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !ledgerOf(&wave.Status).Idle() {
		return nil
	}
	seen := client.Preconditions{UID: &wave.UID, ResourceVersion: &wave.ResourceVersion}
	if err := l.Client.Delete(ctx, &wave, seen); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("deleting the Wave %s: %w", key.Name(), err)
	}
	return nil
}

// Wave returns the Wave of a group as it is stored; nil if there is none.
func (l *Ledgers) Wave(ctx context.Context, key Key) (*v1alpha1.Wave, error) {
	wave := &v1alpha1.Wave{}
	if err := l.Live.Get(ctx, client.ObjectKey{Name: key.Name()}, wave); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil //nolint:nilnil // as it says
		}
		return nil, fmt.Errorf("reading the Wave %s: %w", key.Name(), err)
	}
	return wave, nil
}

// EndRelease takes the annotation off a Wave by which somebody has released it: it is for once.
func (l *Ledgers) EndRelease(ctx context.Context, wave *v1alpha1.Wave) error {
	ended := wave.DeepCopy()
	delete(ended.Annotations, v1alpha1.ReleaseAnnotation)
	if err := l.Client.Patch(ctx, ended, client.MergeFrom(wave)); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("ending the release of the Wave %s: %w", wave.Name, err)
	}
	return nil
}
