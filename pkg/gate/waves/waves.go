// Package waves keeps the ledgers of package gate in Wave objects, so that all replicas share them: by
// compare-and-swap, one change of a group at a time within a process.
package waves

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
)

// Precision is that of the times that are kept: the time of a start is to be cut to it, so that the
// start is recognised later.
const Precision = time.Microsecond

// Key says whose ledger it is.
type Key struct {
	// Policy is the name of the WavePolicy.
	Policy string
	Group  gate.Group
	// Writes says that it is one of writes, which have groups of their own.
	Writes bool
}

func (k Key) spec() v1alpha1.WaveSpec {
	spec := v1alpha1.WaveSpec{PolicyName: k.Policy, Group: k.Group.Values, Counts: v1alpha1.WaveOfStarts}
	if k.Writes {
		spec.Counts = v1alpha1.WaveOfWrites
	}
	return spec
}

const (
	longestName = 253
	hashBytes   = 8
	// recent is how old what is known of a Wave may be where nothing is changed by it.
	recent = 500 * time.Millisecond
)

// Name returns the name of the Wave: that of the policy, as far as it fits, and a hash of all.
func (k Key) Name() string {
	of := fmt.Appendf(nil, "%q,%s", k.Policy, k.Group.Key())
	if k.Writes {
		of = append(of, ",writes"...) // no group ends without a quote
	}
	hash := sha256.Sum256(of)
	end := fmt.Sprintf("-%x", hash[:hashBytes])
	start := k.Policy[:min(len(k.Policy), longestName-len(end))]
	return strings.TrimRight(start, "-.") + end
}

// Ledgers keep the ledgers of all groups. Client, Live and Derive are required. They may be used by several
// goroutines at once.
type Ledgers struct {
	// Client writes Waves.
	Client client.Client
	// Live reads what is stored, not what was a moment ago.
	Live client.Reader
	// Derive returns what the ledger of a group is by the environments that there are: when the group is
	// new, or its Wave was deleted. Without it nothing is changed, and its error is that of Update.
	Derive func(context.Context, Key) (gate.Ledger, error)
	// Says returns by what the policy of a name holds starts, which Waves keep with each change, so that it is
	// there before a start is admitted; false if it holds none, or is not there, which changes nothing. Without
	// it nothing is kept.
	Says func(policy string) (v1alpha1.WavePolicySpec, bool)
	// Stored is told of each write that was stored, and at which try: a later one than the first where somebody
	// else has changed the ledger at the same time. It may be nil.
	Stored func(tries int)

	rooms rooms
}

// Update changes the ledger of a group, and returns what it is then. The change is given what is stored,
// and says whether it differs from that; it may be asked several times, and its last answer holds. What
// it changes is stored when Update returns without an error; that nothing is to be changed may rest on what
// was stored half a second ago, so that many who are turned away at once cost no request each. Changes that
// come while another is being stored are stored together after it, each made to what the one before has left.
// An error is one of the API server, or that of ctx: Update waits for other changes of the group as long as
// that lasts.
func (l *Ledgers) Update(ctx context.Context, key Key, change func(gate.Ledger) (gate.Ledger, bool)) (gate.Ledger, error) {
	name := key.Name()
	room := l.rooms.enter(name)
	defer l.rooms.leave(name, room)
	wanted := room.wish(ctx, change)
	select {
	case <-wanted.done:
	case room.turn <- struct{}{}:
		l.grant(ctx, key, room, wanted)
	case <-ctx.Done():
		if room.withdraw(wanted) {
			return gate.Ledger{}, fmt.Errorf("waiting for the Wave %s: %w", name, context.Cause(ctx))
		}
		<-wanted.done // it is being stored with others
	}
	return wanted.ledger, wanted.err
}

// grant makes all changes that are wanted of a Wave by now, unless the one that it is for has been made by somebody
// else, and lets the next one in.
func (l *Ledgers) grant(ctx context.Context, key Key, room *room, wanted *wish) {
	defer func() { <-room.turn }()
	select {
	case <-wanted.done:
		return
	default:
	}
	wishes, until := room.take()
	storing, stop := context.WithDeadline(context.WithoutCancel(ctx), until)
	defer stop()
	ledger, err := gate.Ledger{}, errAbandoned
	defer func() {
		for _, wish := range wishes {
			wish.ledger, wish.err = ledger, err
			close(wish.done)
		}
	}()
	ledger, err = l.store(storing, key, room, together(wishes))
}

// store makes a change, however often somebody else makes another one meanwhile.
func (l *Ledgers) store(
	ctx context.Context, key Key, room *room, change func(gate.Ledger) (gate.Ledger, bool),
) (gate.Ledger, error) {
	for tries := 1; ; tries++ {
		ledger, stored, err := l.try(ctx, key, room, change)
		if err == nil {
			if stored && l.Stored != nil {
				l.Stored(tries)
			}
			return ledger, nil
		}
		room.last = nil
		lost := apierrors.IsConflict(err) || apierrors.IsNotFound(err) || apierrors.IsAlreadyExists(err)
		if !lost || ctx.Err() != nil {
			return gate.Ledger{}, fmt.Errorf("changing the Wave %s, try %d: %w", key.Name(), tries, whyEnded(ctx, err))
		}
	}
}

// whyEnded says that ctx has ended rather than what that has led to.
func whyEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// try changes the ledger once, and tells whether that was stored. The error is that of a conflict if somebody
// else has changed it since it was read, or has created or deleted it.
func (l *Ledgers) try(
	ctx context.Context, key Key, room *room, change func(gate.Ledger) (gate.Ledger, bool),
) (ledger gate.Ledger, stored bool, err error) {
	// What was read or written last may be outdated: then the write fails. What is not changed is not written.
	if room.last != nil {
		after, changed := change(room.ledger)
		switch {
		case changed:
			ledger, err = l.write(ctx, room, room.last, after)
			return ledger, true, err
		case time.Since(room.seen) < recent:
			return after, false, nil
		}
	}
	wave, err := l.read(ctx, key)
	if err != nil {
		return gate.Ledger{}, false, err
	}
	before := ledgerOf(&wave.Status)
	if wave.Status.ObservedTime == nil {
		if before, err = l.Derive(ctx, key); err != nil {
			return gate.Ledger{}, false, fmt.Errorf("finding out what is under way: %w", err)
		}
	}
	after, changed := change(before)
	switch {
	case !changed:
		if wave.Status.ObservedTime != nil {
			room.know(wave, before)
		}
		return after, false, nil
	case wave.ResourceVersion == "":
		if err := l.create(ctx, wave); err != nil {
			return gate.Ledger{}, false, err
		}
	}
	ledger, err = l.write(ctx, room, wave, after)
	return ledger, true, err
}

var (
	errAbandoned = errors.New("a change of the same Wave has failed in Seawall itself")
	errNotServed = errors.New("the API server does not serve Waves: their CustomResourceDefinition is missing")
)

func (l *Ledgers) create(ctx context.Context, wave *v1alpha1.Wave) error {
	err := l.Client.Create(ctx, wave)
	if apierrors.IsNotFound(err) { // which must not be taken for a Wave that was deleted
		return errNotServed
	}
	return err
}

// read returns the Wave as it is stored; one without a resourceVersion if there is none.
func (l *Ledgers) read(ctx context.Context, key Key) (*v1alpha1.Wave, error) {
	spec := key.spec()
	wave := &v1alpha1.Wave{}
	err := l.Live.Get(ctx, client.ObjectKey{Name: key.Name()}, wave)
	switch {
	case meta.IsNoMatchError(err):
		return nil, errNotServed
	case apierrors.IsNotFound(err):
		return &v1alpha1.Wave{ObjectMeta: metav1.ObjectMeta{Name: key.Name()}, Spec: spec}, nil
	case err != nil:
		return nil, err
	case wave.Spec.PolicyName != spec.PolicyName || !slices.Equal(wave.Spec.Group, spec.Group):
		return nil, fmt.Errorf("it is that of policy %q and group %q: delete it", wave.Spec.PolicyName, wave.Spec.Group)
	}
	return wave, nil
}

// write stores the ledger of a Wave as it was read, which it changes; the error is one of a conflict if that
// has changed since.
func (l *Ledgers) write(ctx context.Context, room *room, read *v1alpha1.Wave, ledger gate.Ledger) (gate.Ledger, error) {
	put(&read.Status, ledger)
	if l.Says != nil {
		if says, holds := l.Says(read.Spec.PolicyName); holds {
			says.DeepCopyInto(&read.Status.Rule) // into which the answer is read
		}
	}
	read.Status.ObservedTime = &metav1.MicroTime{Time: time.Now()}
	if err := l.Client.Status().Update(ctx, read); err != nil {
		return gate.Ledger{}, err
	}
	room.know(read, ledgerOf(&read.Status))
	return room.ledger, nil
}
