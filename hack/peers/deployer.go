package peers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Deployer plays the Deployment controller, for there is none and there are no nodes: it writes
// what that would write into the status of every Deployment, and a test says how that goes.
type Deployer struct {
	api    client.WithWatch
	failed <-chan error

	lock   sync.Mutex
	takes  time.Duration
	broken map[string]bool
}

// StartDeployer plays until ctx is done. A rollout of a Deployment takes the given time.
func StartDeployer(ctx context.Context, api client.WithWatch, takes time.Duration) (*Deployer, error) {
	d := &Deployer{api: api, takes: takes, broken: map[string]bool{}}
	var err error
	d.failed, err = follow(ctx, api, &appsv1.DeploymentList{}, func(_ watch.EventType, object runtime.Object) error {
		deployment, ok := object.(*appsv1.Deployment)
		if !ok {
			return fmt.Errorf("a watch of Deployments told of %T", object)
		}
		if deployment.Generation == deployment.Status.ObservedGeneration {
			return nil
		}
		return d.roll(ctx, deployment)
	})
	return d, err
}

// Failed gives the error that ended the play early.
func (d *Deployer) Failed() <-chan error { return d.failed }

// Take lets rollouts that begin from now on take another time.
func (d *Deployer) Take(takes time.Duration) {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.takes = takes
}

// Break lets the rollouts of a namespace that end from now on end at their progress deadline.
func (d *Deployer) Break(namespace string) { d.set(namespace, true) }

// Mend takes Break back, and lets what is stuck in the namespace become available.
func (d *Deployer) Mend(ctx context.Context, namespace string) error {
	d.set(namespace, false)
	var deployments appsv1.DeploymentList
	if err := d.api.List(ctx, &deployments, client.InNamespace(namespace)); err != nil {
		return err
	}
	for i := range deployments.Items {
		if !isStuck(&deployments.Items[i]) {
			continue
		}
		if err := d.write(ctx, &deployments.Items[i], available); err != nil {
			return err
		}
	}
	return nil
}

func (d *Deployer) set(namespace string, broken bool) {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.broken[namespace] = broken
}

// outcome returns how a rollout ends in a namespace, and after what time.
func (d *Deployer) outcome(namespace string) (status, time.Duration) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.broken[namespace] {
		return stuck, d.takes
	}
	return available, d.takes
}

// roll begins a rollout at once and ends it later.
func (d *Deployer) roll(ctx context.Context, of *appsv1.Deployment) error {
	_, takes := d.outcome(of.Namespace)
	time.AfterFunc(takes, func() {
		ends, _ := d.outcome(of.Namespace)
		_ = d.write(ctx, of, ends) // it stays as it is then, and whoever waits for it tells
	})
	return d.write(ctx, of, progressing)
}

// write sets the status of a Deployment, unless its spec has changed meanwhile.
func (d *Deployer) write(ctx context.Context, of *appsv1.Deployment, becomes status) error {
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		var current appsv1.Deployment
		if err := d.api.Get(ctx, client.ObjectKeyFromObject(of), &current); err != nil {
			return err
		}
		if current.Generation != of.Generation {
			return nil
		}
		current.Status = becomes(current)
		return d.api.Status().Update(ctx, &current)
	})
	select {
	case <-ctx.Done():
		return nil
	default:
		return client.IgnoreNotFound(err)
	}
}

// status is what the controller would write at some point of a rollout.
type status func(of appsv1.Deployment) appsv1.DeploymentStatus

// deadlineExceeded is the reason by which rollout systems tell that a Deployment has failed.
const deadlineExceeded = "ProgressDeadlineExceeded"

func progressing(of appsv1.Deployment) appsv1.DeploymentStatus {
	return statusOf(of, 0, corev1.ConditionTrue, "ReplicaSetUpdated")
}

func available(of appsv1.Deployment) appsv1.DeploymentStatus {
	return statusOf(of, *of.Spec.Replicas, corev1.ConditionTrue, "NewReplicaSetAvailable")
}

func stuck(of appsv1.Deployment) appsv1.DeploymentStatus {
	return statusOf(of, 0, corev1.ConditionFalse, deadlineExceeded)
}

func isStuck(of *appsv1.Deployment) bool {
	return slices.ContainsFunc(of.Status.Conditions, func(c appsv1.DeploymentCondition) bool { return c.Reason == deadlineExceeded })
}

// statusOf is a status in which so many replicas are updated; those before them serve on.
func statusOf(of appsv1.Deployment, updated int32, progressing corev1.ConditionStatus, reason string) appsv1.DeploymentStatus {
	return appsv1.DeploymentStatus{
		ObservedGeneration: of.Generation,
		Replicas:           *of.Spec.Replicas,
		UpdatedReplicas:    updated,
		ReadyReplicas:      *of.Spec.Replicas,
		AvailableReplicas:  *of.Spec.Replicas,
		Conditions: []appsv1.DeploymentCondition{
			{Type: appsv1.DeploymentProgressing, Status: progressing, Reason: reason},
			{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "MinimumReplicasAvailable"},
		},
	}
}

// Deployment returns the manifest of a Deployment of some version, for no namespace.
func Deployment(version string) string { return strings.ReplaceAll(deployment, "VERSION", version) }

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: service}
spec:
  replicas: 2
  selector: {matchLabels: {app: service}}
  template:
    metadata: {labels: {app: service}}
    spec:
      containers: [{name: service, image: "registry.example.com/service:VERSION"}]
`
