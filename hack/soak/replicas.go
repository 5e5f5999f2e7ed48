package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// memoryLimit is the chart's, 512Mi.
const memoryLimit = 512 << 20

// replicas are those of one installation behind a balancer, which the API server calls, too.
type replicas struct {
	balancer *balancer
	group    cluster.Cgroup
	// limited says by what their memory is limited.
	limited string

	lock    sync.Mutex
	running []*cluster.Webhook
}

// startReplicas installs Seawall and runs two replicas of it, which end with the world.
func startReplicas(ctx context.Context, of *world) (*replicas, error) {
	r := &replicas{limited: "a control group of 512 MiB"}
	var err error
	if r.balancer, err = startBalancer(ctx); err != nil {
		return nil, err
	}
	if r.group, err = cluster.NewCgroup(memoryLimit); err != nil {
		r.limited = fmt.Sprintf("GOMEMLIMIT alone (%v)", err)
	}
	first, err := of.plane.StartWebhook(ctx, cluster.WebhookOptions{Values: values(), Args: flags()})
	if err != nil {
		return nil, err
	}
	if err := r.joins(ctx, first); err != nil {
		return nil, err
	}
	second, err := first.StartReplica(ctx, flags()...)
	if err != nil {
		return nil, err
	}
	if err := r.joins(ctx, second); err != nil {
		return nil, err
	}
	return r, r.register(ctx, of, first)
}

// flags are those that differ from those of other tests: the delay is the chart's, in which the API server takes its idle
// connections elsewhere.
func flags() []string { return []string{"--shutdown-delay=5s", "--argocd-progressive-syncs=Enabled"} }

// register has the API server call the balancer.
func (r *replicas) register(ctx context.Context, of *world, installed *cluster.Webhook) error {
	for i := range installed.Objects {
		if installed.Objects[i].GetKind() != "ValidatingWebhookConfiguration" {
			continue
		}
		var registered admissionregistrationv1.ValidatingWebhookConfiguration
		if err := of.api.Get(ctx, client.ObjectKeyFromObject(&installed.Objects[i]), &registered); err != nil {
			return err
		}
		for j := range registered.Webhooks {
			called, err := url.Parse(*registered.Webhooks[j].ClientConfig.URL)
			if err != nil {
				return err
			}
			registered.Webhooks[j].ClientConfig.URL = new(r.balancer.url() + called.Path)
		}
		return of.api.Update(ctx, &registered)
	}
	return errors.New("the chart installs no ValidatingWebhookConfiguration")
}

// joins puts a replica behind the balancer.
func (r *replicas) joins(ctx context.Context, replica *cluster.Webhook) error {
	r.lock.Lock()
	r.running = append(r.running, replica)
	r.lock.Unlock()
	r.balancer.set(ctx, r.backends()...)
	return r.group.Add(replica.PID())
}

// leaves takes a replica from behind the balancer, and ends it well.
func (r *replicas) leaves(ctx context.Context, replica *cluster.Webhook) error {
	err := replica.Stop()
	r.lock.Lock()
	for i, other := range r.running {
		if other == replica {
			r.running = append(r.running[:i:i], r.running[i+1:]...)
		}
	}
	r.lock.Unlock()
	r.balancer.set(ctx, r.backends()...)
	return err
}

func (r *replicas) all() []*cluster.Webhook {
	r.lock.Lock()
	defer r.lock.Unlock()
	return append([]*cluster.Webhook(nil), r.running...)
}

func (r *replicas) backends() (backends []backend) {
	for _, replica := range r.all() {
		backends = append(backends, backend{address: addressOf(replica), ready: replica.HealthURL + "/readyz"})
	}
	return backends
}

func addressOf(replica *cluster.Webhook) string {
	at, err := url.Parse(replica.URL)
	if err != nil {
		panic(err) // it is made of a port
	}
	return "127.0.0.1:" + at.Port()
}

// restarts ends a replica and starts it again at the same address.
func (r *replicas) restarts(ctx context.Context, replica *cluster.Webhook, end func() error) error {
	if err := end(); err != nil {
		return err
	}
	if err := replica.Restart(context.WithoutCancel(ctx)); err != nil { // it outlives the fault
		return err
	}
	return r.group.Add(replica.PID())
}
