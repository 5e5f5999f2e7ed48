package starts

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
)

// NudgesPerSecond is how many Applications are nudged at most, whatever there is room for: Argo CD compares twenty
// at once, unless it is told otherwise.
const NudgesPerSecond = 20

// nudgePeriod is how often it is looked whose turn it is.
const nudgePeriod = time.Second

// What becomes of a nudge.
const (
	// Nudged says that Argo CD has been asked to look at the Application.
	Nudged = "Nudged"
	// Changed says that the Application was not any more as it was seen.
	Changed = "Changed"
	// Refused says that the API server does not let Seawall do so.
	Refused = "Refused"
	// Unwritten says that the API server failed at it.
	Unwritten = "Failed"
)

// Refresher asks Argo CD to look at Applications.
type Refresher interface {
	// Refresh has it look at one. The error is the API server's.
	Refresh(ctx context.Context, member argocd.Member) error
}

// Nudges keeps count of what becomes of nudges.
type Nudges interface {
	// Count counts one.
	Count(result string)
}

// Nudger has Argo CD look at those Applications whose turn it is, as many as there is room for, where it would do
// so minutes later. All that it goes by is in Applications and Waves. One replica nudges. All fields are required.
type Nudger struct {
	Judge     *Judge
	Waves     client.Reader
	Refresher Refresher
	Nudges    Nudges
	Log       logr.Logger
}

// Start implements manager.Runnable: it nudges until ctx ends.
func (n *Nudger) Start(ctx context.Context) error {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		if err := n.look(ctx); err != nil && ctx.Err() == nil {
			n.Log.Error(err, "nudging Applications, trying again")
		}
	}, nudgePeriod)
	return nil
}

// look nudges those whose turn it is now.
func (n *Nudger) look(ctx context.Context) error {
	now := time.Now()
	members, err := n.Judge.Applications.Members()
	if err != nil {
		return err
	}
	queue := &queue{judge: n.Judge, waves: n.Waves, members: members, now: now}
	candidates, err := queue.candidates(ctx)
	if err != nil {
		return err
	}
	byUID := map[types.UID]argocd.Member{}
	for _, member := range members {
		byUID[member.UID] = member
	}
	for _, turn := range gate.Turns(candidates, now, NudgesPerSecond) {
		if err := n.nudge(ctx, byUID[turn.UID]); err != nil {
			return err // the others would fare no better
		}
	}
	return nil
}

func (n *Nudger) nudge(ctx context.Context, member argocd.Member) error {
	err := n.Refresher.Refresh(ctx, member)
	result := resultOf(err)
	n.Nudges.Count(result)
	switch result {
	case Nudged:
		n.Log.Info("asked Argo CD to look at an Application, whose turn it is", "application", member.String())
		return nil
	case Changed:
		return nil
	}
	return fmt.Errorf("asking Argo CD to look at Application %s: %w", member.Environment, err)
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
