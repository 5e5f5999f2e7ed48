package starts

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// NudgesPerSecond is how many environments are nudged at most, whatever there is room for: Argo CD compares twenty
// at once, unless it is told otherwise.
const NudgesPerSecond = 20

// nudgePeriod is how often it is looked whose turn it is.
const nudgePeriod = time.Second

// What becomes of a nudge.
const (
	// Nudged says that the system has been asked to look at the environment.
	Nudged = "Nudged"
	// Changed says that the environment was not any more as it was seen.
	Changed = "Changed"
	// Refused says that the API server does not let Seawall do so.
	Refused = "Refused"
	// Unwritten says that the API server failed at it.
	Unwritten = "Failed"
)

// Refresher asks a system to look at its environments of one kind.
type Refresher interface {
	// Refresh has it look at one. The error is the API server's.
	Refresh(ctx context.Context, member gate.Member) error
}

// Nudges keeps count of what becomes of nudges.
type Nudges interface {
	// Count counts one.
	Count(result string)
}

// Nudger has systems look at those environments whose turn it is, as many as there is room for, where they would do
// so minutes later. All that it goes by is in these and in Waves. One replica nudges. All fields are required.
type Nudger struct {
	Judge *Judge
	Waves client.Reader
	// Refreshers are those of each kind of environments.
	Refreshers map[string]Refresher
	Nudges     Nudges
	Log        logr.Logger
}

// Start implements manager.Runnable: it nudges until ctx ends.
func (n *Nudger) Start(ctx context.Context) error {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		if err := n.look(ctx); err != nil && ctx.Err() == nil {
			n.Log.Error(err, "nudging what waits, trying again")
		}
	}, nudgePeriod)
	return nil
}

// look nudges those whose turn it is now.
func (n *Nudger) look(ctx context.Context) error {
	now := time.Now()
	queue := &queue{judge: n.Judge, waves: n.Waves, now: now}
	candidates, err := queue.candidates(ctx)
	if err != nil {
		return err
	}
	for _, turn := range gate.Turns(candidates, now, NudgesPerSecond) {
		if err := n.nudge(ctx, *queue.waiting[turn.UID]); err != nil {
			return err // the others would fare no better
		}
	}
	return nil
}

func (n *Nudger) nudge(ctx context.Context, member gate.Member) error {
	err := n.Refreshers[member.Kind].Refresh(ctx, member)
	result := resultOf(err)
	n.Nudges.Count(result)
	switch result {
	case Nudged:
		n.Log.Info("asked for a look at what waits, whose turn it is", "kind", member.Kind, "name", member.String())
		return nil
	case Changed:
		return nil
	}
	return fmt.Errorf("asking for a look at %s %s: %w", member.Kind, member.Environment, err)
}

func resultOf(err error) string {
	switch {
	case err == nil:
		return Nudged
	case apierrors.IsConflict(err), apierrors.IsNotFound(err):
		return Changed
	case apierrors.IsForbidden(err):
		return Refused
	}
	return Unwritten
}
