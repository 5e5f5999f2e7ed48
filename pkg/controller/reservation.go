package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlcontroller "sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	// ReservationLasts is how long an override stays reserved for a write that is not seen to be
	// stored: the minute in which the API server may ask about it again, the minute that the last
	// of these requests may last, and half of one for a watch that is late. It is less than the
	// five minutes for which the API server knows what has happened.
	ReservationLasts = 150 * time.Second
	// reservationsAtOnce is how many overrides are followed at a time.
	reservationsAtOnce = 32
	// standsPeriod is how often it is looked whether the reservation stands.
	standsPeriod = time.Second
)

// Reservation makes the reservation of an override its use once the write is seen to be stored, and
// takes it back after a time when it is not. One replica does so at a time.
type Reservation struct {
	Client client.Client
	// Live watches rollouts, one at a time, where an override is reserved for one.
	Live client.WithWatch
	// Lasts is how long a reservation stays.
	Lasts time.Duration
}

var _ reconcile.ObjectReconciler[*v1alpha1.WaveOverride] = &Reservation{}

// SetupWithManager lets the manager run the controller.
func (c *Reservation) SetupWithManager(mgr ctrl.Manager) error {
	reserved := predicate.NewPredicateFuncs(func(object client.Object) bool {
		override, ok := object.(*v1alpha1.WaveOverride)
		return ok && override.Status.Reservation.Time != nil
	})
	return ctrl.NewControllerManagedBy(mgr).Named("reservation").
		For(&v1alpha1.WaveOverride{}, builder.WithPredicates(reserved)).
		WithOptions(ctrlcontroller.Options{MaxConcurrentReconciles: reservationsAtOnce}).
		Complete(reconcile.AsReconciler(c.Client, c))
}

// fate is what becomes of a reservation.
type fate int

const (
	undecided fate = iota // yet, or for good: by then the reservation is another one, or none
	released
	confirmed
)

// Reconcile implements reconcile.ObjectReconciler. It waits until the fate of a reservation is known.
func (c *Reservation) Reconcile(ctx context.Context, source *v1alpha1.WaveOverride) (reconcile.Result, error) {
	reserved := source.Status.Reservation
	if reserved.Time == nil {
		return reconcile.Result{}, nil
	}
	known, err := c.await(ctx, source)
	if err != nil || known == undecided {
		return reconcile.Result{}, err
	}
	var live v1alpha1.WaveOverride
	if err := c.Live.Get(ctx, client.ObjectKeyFromObject(source), &live); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if live.UID != source.UID || !equality.Semantic.DeepEqual(live.Status.Reservation, reserved) {
		return reconcile.Result{}, nil
	}
	status := unused(&live)
	if known == confirmed {
		// Without LastWrite: whatever comes now is another write.
		status.TimesUsed, status.LastUsedTime, status.LastUsedBy = new(int64(1)), reserved.Time, reserved.By
	} else {
		ctrl.LoggerFrom(ctx).Info("an override was reserved for a write that was not stored", "reservedAt", reserved.Time.Time, "by", reserved.By)
	}
	return reconcile.Result{}, client.IgnoreNotFound(patchStatus(ctx, c.Client, &live, *status))
}

// await follows the rollout from the moment of the reservation on.
func (c *Reservation) await(ctx context.Context, source *v1alpha1.WaveOverride) (fate, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	compiled, err := policy.CompileOverride(source)
	if err != nil {
		return undecided, reconcile.TerminalError(err)
	}
	list, options := storedAs(compiled.Rollout, source.Status.Reservation.Version)
	options.Raw = &metav1.ListOptions{ResourceVersion: source.Status.Reservation.ResourceVersion}
	events, err := c.Live.Watch(ctx, list, options)
	if err != nil {
		return lost(ctx, err)
	}
	defer events.Stop()
	end, look := time.NewTimer(c.Lasts), time.NewTicker(standsPeriod)
	defer end.Stop()
	defer look.Stop()
	for {
		select {
		case event, open := <-events.ResultChan():
			if !open {
				return undecided, errors.New("the watch of a rollout has ended, watching again")
			}
			if known, err := judge(ctx, event, source.Status.Reservation.Outcome); err != nil || known == confirmed {
				return known, err
			}
		case <-look.C:
			if !c.stands(ctx, source) {
				return undecided, nil
			}
		case <-end.C:
			return released, nil
		case <-ctx.Done():
			return undecided, ctx.Err()
		}
	}
}

// judge tells whether an event shows that the outcome is stored.
func judge(ctx context.Context, event watch.Event, outcome string) (fate, error) {
	if event.Type == watch.Error {
		return lost(ctx, apierrors.FromObject(event.Object))
	}
	object, ok := event.Object.(*unstructured.Unstructured)
	if !ok || event.Type == watch.Bookmark {
		return undecided, nil
	}
	stored, err := fingerprint(object)
	if err != nil {
		return undecided, err
	}
	gone := ""
	if event.Type == watch.Deleted || object.GetDeletionTimestamp() != nil {
		if gone, err = rollout.Gone(string(object.GetUID())); err != nil {
			return undecided, err
		}
	}
	if stored == outcome || gone == outcome {
		return confirmed, nil
	}
	return undecided, nil
}

// lost returns what follows from an error of the watch. When nobody can tell any more what was
// stored, it may have been: an override that was for one write is not good for two.
func lost(ctx context.Context, err error) (fate, error) {
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		ctrl.LoggerFrom(ctx).Info("whether a write was stored cannot be told any more: its override counts as used", "error", err.Error())
		return confirmed, nil
	}
	return undecided, fmt.Errorf("watching a rollout: %w", err)
}

// stands tells whether an override is still reserved as it was.
func (c *Reservation) stands(ctx context.Context, source *v1alpha1.WaveOverride) bool {
	var now v1alpha1.WaveOverride
	if err := c.Client.Get(ctx, client.ObjectKeyFromObject(source), &now); err != nil {
		return !apierrors.IsNotFound(err)
	}
	return now.UID == source.UID && equality.Semantic.DeepEqual(now.Status.Reservation, source.Status.Reservation)
}
