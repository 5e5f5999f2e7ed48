package controller

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
)

const (
	// countPeriod is how long uses are gathered before they are written.
	countPeriod = time.Second
	// longestPeriod is the longest pause while the API server takes none.
	longestPeriod = 30 * time.Second
	// countTimeout bounds one try to write.
	countTimeout = 10 * time.Second
	// countDrain is how long the last ones may take at the end.
	countDrain = 5 * time.Second
)

// Uses writes the uses of overrides into their status, of which there may be several writers.
type Uses struct {
	client client.Client
	// live reads what is stored, not what was a moment ago.
	live   client.Reader
	logger logr.Logger

	mutex   sync.Mutex
	pending map[counted]tally
}

// counted is an override whose uses are counted: a later one of the same name is another one.
type counted struct {
	types.NamespacedName

	uid types.UID
}

// tally is what is not written yet.
type tally struct {
	times int64
	last  policy.Use
	// creator is the user who created the override, empty when that is not to be noted.
	creator string
}

// NewUses returns a counter that counts while it runs.
func NewUses(writing client.Client, live client.Reader, logger logr.Logger) *Uses {
	return &Uses{client: writing, live: live, logger: logger, pending: map[counted]tally{}}
}

// Claim takes the one use of an override that is for one, or reserves it for a write that somebody
// else than the API server may have made up. When another write has taken it, it returns false and
// the override as it is now, nil when there is none any more. What the API server asks about again
// is the same write.
func (u *Uses) Claim(ctx context.Context, override *policy.Override, use policy.Use) (bool, *policy.Override, error) {
	var claimed bool
	var now *policy.Override
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		claimed, now = false, nil
		var live v1alpha1.WaveOverride
		if err := u.live.Get(ctx, override.NamespacedName, &live); err != nil {
			return client.IgnoreNotFound(err)
		}
		if live.UID != override.UID || live.DeletionTimestamp != nil {
			return nil
		}
		latest, err := policy.CompileOverride(&live)
		if err != nil {
			return err
		}
		now = latest
		switch {
		case latest.Used() || latest.Reserved():
			claimed = !latest.Spent(use)
			return nil
		case use.Authenticated:
			err = u.write(ctx, &live, tally{times: 1, last: use})
		default:
			latest.Contested, err = u.reserve(ctx, latest, &live, use)
		}
		claimed = err == nil && !latest.Contested
		return err
	})
	if apierrors.IsNotFound(err) { // deleted since it was read
		return false, nil, nil
	}
	return claimed, now, err
}

// Release gives back the one use of an override that was claimed for a write which is refused all
// the same. One that has been claimed for another write since stays.
func (u *Uses) Release(ctx context.Context, override *policy.Override, use policy.Use) error {
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		var live v1alpha1.WaveOverride
		if err := u.live.Get(ctx, override.NamespacedName, &live); err != nil {
			return client.IgnoreNotFound(err)
		}
		if live.UID != override.UID || !takenBy(&live.Status, use) {
			return nil
		}
		return patchStatus(ctx, u.client, &live, *unused(&live))
	})
	if err != nil {
		return fmt.Errorf("giving back the use of WaveOverride %s: %w", override, err)
	}
	return nil
}

// unused returns the status of an override as if nobody had used it.
func unused(override *v1alpha1.WaveOverride) *v1alpha1.WaveOverrideStatus {
	status := override.Status.DeepCopy()
	status.TimesUsed, status.LastUsedTime, status.LastUsedBy, status.LastWrite = new(int64(0)), nil, "", ""
	status.Reservation = v1alpha1.OverrideReservation{}
	return status
}

// takenBy tells whether it is this use that has taken or reserved an override.
func takenBy(status *v1alpha1.WaveOverrideStatus, use policy.Use) bool {
	at, by, write := status.LastUsedTime, status.LastUsedBy, status.LastWrite
	if reserved := status.Reservation; reserved.Time != nil {
		at, by, write = reserved.Time, reserved.By, reserved.Write
	}
	return at != nil && by == use.By && write == use.Write && at.Time.Equal(use.At.Truncate(time.Second))
}

// Created notes who creates an override, in its status once it is stored. It never waits. Who is known
// already stays.
func (u *Uses) Created(name types.NamespacedName, uid types.UID, user string) {
	u.add(counted{name, uid}, tally{creator: user})
}

// Count counts one use of an override. It never waits.
func (u *Uses) Count(override *policy.Override, use policy.Use) {
	u.add(counted{override.NamespacedName, override.UID}, tally{times: 1, last: use})
}

func (u *Uses) add(key counted, more tally) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	sum := u.pending[key]
	sum.times += more.times
	sum.creator = cmp.Or(sum.creator, more.creator)
	if more.last.At.After(sum.last.At) {
		sum.last = more.last
	}
	u.pending[key] = sum
}

// Run writes what was counted until ctx ends, and then what is left.
func (u *Uses) Run(ctx context.Context) {
	// A write that is under way when ctx ends is not broken off: whether the API server has
	// done it would be unknown, and it would be counted again.
	writing, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	context.AfterFunc(ctx, func() { time.AfterFunc(countDrain, giveUp) })
	pause := countPeriod
	for ctx.Err() == nil {
		select {
		case <-time.After(pause):
			pause = min(2*pause, longestPeriod)
			if u.flush(writing) {
				pause = countPeriod
			}
		case <-ctx.Done():
		}
	}
	for !u.flush(writing) && writing.Err() == nil {
		time.Sleep(countPeriod / 10)
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for key, lost := range u.pending {
		u.logger.Info("uses that could not be counted", "override", key.NamespacedName, "uses", lost.times)
	}
}

// flush writes what is pending and tells whether nothing is left of it.
func (u *Uses) flush(ctx context.Context) bool {
	u.mutex.Lock()
	taken := u.pending
	u.pending = map[counted]tally{}
	u.mutex.Unlock()
	done := true
	for key, uses := range taken {
		err := retry.RetryOnConflict(retry.DefaultRetry, func() error { return u.count(ctx, key, uses) })
		switch {
		case apierrors.IsNotFound(err) && uses.times == 0: // it was refused by somebody else
		case apierrors.IsNotFound(err) || apierrors.IsInvalid(err):
			u.logger.Info("uses that cannot be counted", "override", key.NamespacedName, "uses", uses.times, "error", err.Error())
		case err != nil:
			done = false
			u.add(key, uses)
			u.logger.Error(err, "counting uses, trying again", "override", key.NamespacedName, "uses", uses.times)
		}
	}
	return done
}

func (u *Uses) count(ctx context.Context, key counted, uses tally) error {
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	var live v1alpha1.WaveOverride
	if err := u.live.Get(ctx, key.NamespacedName, &live); err != nil {
		return err
	}
	if live.UID != key.uid {
		return apierrors.NewNotFound(v1alpha1.GroupVersion().WithResource("waveoverrides").GroupResource(), key.Name)
	}
	return u.write(ctx, &live, uses)
}

// write adds uses to the status of an override as it was read; the error is one of a conflict
// when it has changed since.
func (u *Uses) write(ctx context.Context, read *v1alpha1.WaveOverride, uses tally) error {
	status := read.Status.DeepCopy()
	status.CreatedBy = cmp.Or(status.CreatedBy, uses.creator)
	if uses.times == 0 {
		return patchStatus(ctx, u.client, read, *status)
	}
	if status.TimesUsed == nil {
		status.TimesUsed = new(int64(0))
	}
	*status.TimesUsed += uses.times
	if status.LastUsedTime == nil || !uses.last.At.Before(status.LastUsedTime.Time) {
		status.LastUsedTime, status.LastUsedBy = &metav1.Time{Time: uses.last.At}, uses.last.By
	}
	if read.Spec.Uses == v1alpha1.UsesOnce {
		status.LastWrite = uses.last.Write
	}
	return patchStatus(ctx, u.client, read, *status)
}

// patchStatus replaces the status of an override as it was read; the error is one of a conflict
// when it has changed since.
func patchStatus(ctx context.Context, writing client.Client, read *v1alpha1.WaveOverride, status v1alpha1.WaveOverrideStatus) error {
	updated := read.DeepCopy()
	updated.Status = status
	patch := client.MergeFromWithOptions(read, client.MergeFromWithOptimisticLock{})
	if err := writing.Status().Patch(ctx, updated, patch); err != nil {
		return fmt.Errorf("writing the status of WaveOverride %s/%s: %w", read.Namespace, read.Name, err)
	}
	return nil
}
