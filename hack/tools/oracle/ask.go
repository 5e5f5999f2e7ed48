package main

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/health"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync/common"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ask lets the controller act on a question.
func ask(asked question) (answered answer, err error) {
	ctx := context.Background()
	if asked.Old == nil {
		created, err := newController(ctx, asked, asked.New.DeepCopy())
		if err != nil {
			return answered, err
		}
		answered.Written, err = created.act(ctx, asked.Follow)
		return answered, err
	}
	on, err := newController(ctx, asked, asked.Old.DeepCopy())
	if err != nil {
		return answered, err
	}
	if answered.Before, err = on.establish(ctx, asked); err != nil {
		return answered, err
	}
	if err := on.describe(ctx, &answered); err != nil {
		return answered, err
	}
	if rolls(asked.Old) && asked.ProgressiveSyncs {
		kept, err := on.copied(ctx, asked)
		if err != nil {
			return answered, err
		}
		if answered.Kept, err = kept.act(ctx, false); err != nil {
			return answered, err
		}
	}
	if err := on.write(ctx, asked.New.Spec); err != nil {
		return answered, err
	}
	answered.Written, err = on.act(ctx, asked.Follow)
	return answered, err
}

func rolls(set *v1alpha1.ApplicationSet) bool { return set.Spec.Strategy != nil }

// establish brings the stored object's Applications about, as far as the question says.
func (c *controller) establish(ctx context.Context, asked question) (problem string, err error) {
	did, err := c.reconcile(ctx)
	if err != nil || did.Error != "" {
		return did.Error, err
	}
	if err := c.setStates(ctx, nil); err != nil || !rolls(asked.Old) || !asked.ProgressiveSyncs {
		return "", err
	}
	// All were healthy once; then the rollout began that the states are of.
	for _, states := range [][]state{asked.States, asked.States} {
		if did, err = c.reconcile(ctx); err != nil || did.Error != "" {
			return did.Error, err
		}
		if err := c.setStates(ctx, states); err != nil {
			return "", err
		}
	}
	return "", nil
}

// setStates does what the application controller would: it takes operations off, and says what
// state each Application is in.
func (c *controller) setStates(ctx context.Context, states []state) error {
	applications, err := c.cluster.applications(ctx)
	if err != nil {
		return err
	}
	for i := range applications {
		said := state{Sync: string(v1alpha1.SyncStatusCodeSynced), Health: string(health.HealthStatusHealthy)}
		if len(states) > 0 {
			said = states[i%len(states)]
		}
		observe(&applications[i], said)
		if err := c.Update(ctx, &applications[i]); err != nil {
			return err
		}
	}
	return nil
}

// observe notes a state. Times are later than any of the controller's own, which has whole seconds.
func observe(of *v1alpha1.Application, said state) {
	later := metav1.NewTime(time.Now().Add(time.Hour))
	of.Operation = nil
	of.Status.ReconciledAt = &later
	of.Status.Sync.Status = v1alpha1.SyncStatusCode(said.Sync)
	of.Status.Health.Status = health.HealthStatusCode(said.Health)
	if said.Revision != "" {
		of.Status.Sync.Revision = said.Revision
	}
	of.Status.OperationState = &v1alpha1.OperationState{Phase: common.OperationSucceeded, StartedAt: later}
}

// describe tells what is stored and exists before the write.
func (c *controller) describe(ctx context.Context, answered *answer) error {
	stored, err := c.stored(ctx)
	if err != nil {
		return err
	}
	if answered.Status, err = json.Marshal(stored.Status); err != nil {
		return err
	}
	applications, err := c.cluster.applications(ctx)
	if err != nil {
		return err
	}
	for _, each := range applications {
		answered.Applications = append(answered.Applications, each.Name)
	}
	return nil
}

// copied returns a controller on a copy of the cluster.
func (c *controller) copied(ctx context.Context, asked question) (*controller, error) {
	stored, err := c.stored(ctx)
	if err != nil {
		return nil, err
	}
	applications, err := c.cluster.applications(ctx)
	if err != nil {
		return nil, err
	}
	stored.ResourceVersion = ""
	objects := []client.Object{stored}
	for i := range applications {
		applications[i].ResourceVersion = ""
		objects = append(objects, &applications[i])
	}
	return newController(ctx, asked, objects...)
}

// act reconciles once for the Applications and once more for their syncs, and on until the rollout
// stands still if that is asked.
func (c *controller) act(ctx context.Context, follow bool) (outcome, error) {
	did, err := c.reconcile(ctx)
	if err != nil || did.Error != "" {
		return did, err
	}
	if follow {
		did.Rounds, err = c.rounds(ctx, did)
		return did, err
	}
	if did.Started, err = c.started(ctx); err != nil {
		return did, err
	}
	if _, err := c.reconcile(ctx); err != nil {
		return did, err
	}
	more, err := c.started(ctx)
	did.Started = append(did.Started, more...)
	slices.Sort(did.Started)
	did.Started = slices.Compact(did.Started)
	return did, err
}

// rounds lets every sync that starts succeed, and returns which Applications start together.
func (c *controller) rounds(ctx context.Context, did outcome) (rounds [][]string, err error) {
	written := map[string]bool{}
	for _, name := range did.Created {
		written[name] = true
	}
	for name, patch := range did.Patched {
		written[name] = patch.Spec
	}
	if err := c.outOfSync(ctx, written); err != nil {
		return nil, err
	}
	for idle := 0; idle < 2; idle++ {
		if _, err := c.reconcile(ctx); err != nil {
			return nil, err
		}
		started, err := c.started(ctx)
		if err != nil {
			return nil, err
		}
		if len(started) > 0 {
			rounds, idle = append(rounds, started), 0
		}
	}
	return rounds, nil
}

// outOfSync makes the application controller notice what was written.
func (c *controller) outOfSync(ctx context.Context, touched map[string]bool) error {
	applications, err := c.cluster.applications(ctx)
	if err != nil {
		return err
	}
	for i := range applications {
		if !touched[applications[i].Name] {
			continue
		}
		observe(&applications[i], state{
			Sync: string(v1alpha1.SyncStatusCodeOutOfSync), Health: string(health.HealthStatusMissing), Revision: "written",
		})
		if err := c.Update(ctx, &applications[i]); err != nil {
			return err
		}
	}
	return nil
}

// started lets every sync that was started succeed, and returns whose.
func (c *controller) started(ctx context.Context) (names []string, err error) {
	applications, err := c.cluster.applications(ctx)
	if err != nil {
		return nil, err
	}
	for i := range applications {
		if applications[i].Operation == nil {
			continue
		}
		names = append(names, applications[i].Name)
		observe(&applications[i], state{Sync: string(v1alpha1.SyncStatusCodeSynced), Health: string(health.HealthStatusHealthy)})
		if err := c.Update(ctx, &applications[i]); err != nil {
			return nil, err
		}
	}
	return names, nil
}
