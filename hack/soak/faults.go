package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	// calm is the time between two faults, in which nothing may fail.
	calm = 3 * time.Second
	// away is how long the API server is gone, and paused how long etcd does not answer.
	away, paused = 3 * time.Second, 10 * time.Second
	// hearing is how long the balancer may take to end the connections of a replica that is gone.
	hearing = 50 * time.Millisecond
	// catchUp is how long replicas may take to follow the API server again after it was away.
	catchUp = 30 * time.Second
	// recovery bounds what has to be as before.
	recovery = time.Minute

	fleetClusters = "clusters.fleet.cattle.io"
)

// fault is something that befalls the replicas or what they live on. What is due while it lasts is in its window.
type fault struct {
	window

	name   string
	befall func(ctx context.Context, w *window) error
}

// faults are all of them, in the order of their first time.
func (s *soak) faults() []fault {
	unreachable := func(o *outcome) bool { return o.start }
	all := []fault{
		{name: "rolling restart", befall: s.rollingRestart},
		{name: "kill -9", befall: s.kill},
		{name: "API server restarts", befall: s.restartAPIServer, window: window{forgives: unreachable, late: catchUp}},
		{name: "certificate and CA rotate", befall: s.rotate},
		{name: "disk of the log is full", befall: s.fillDisk},
		{name: "etcd pauses", befall: s.pauseEtcd, window: window{forgives: unreachable, late: catchUp}},
		{name: "Lease is lost", befall: s.loseLease},
	}
	if s.world.fleet {
		bundles := func(o *outcome) bool { return o.kind == "bundle" }
		all = append(all, fault{name: "definition vanishes", befall: s.loseDefinition, window: window{forgives: bundles, doubts: bundles}})
	}
	return all
}

// befallAll has one fault after the other, until ctx is done: in their order first, and then in any.
func (s *soak) befallAll(ctx context.Context, random *rand.Rand) error {
	all := s.faults()
	for {
		for _, next := range all {
			if err := sleep(ctx, calm); err != nil {
				return nil //nolint:nilerr // the time is over
			}
			// What has begun is brought to its end.
			if err := s.befall(context.WithoutCancel(ctx), next); err != nil {
				return fmt.Errorf("%s: %w", next.name, err)
			}
		}
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
}

func (s *soak) befall(ctx context.Context, of fault) error {
	opened := of.window
	opened.fault = of.name
	w := s.reckoning.open(&opened)
	defer s.reckoning.shut(w)
	ctx, cancel := context.WithTimeout(ctx, 3*recovery)
	defer cancel()
	s.sayf("%s", of.name)
	if err := of.befall(ctx, w); err != nil {
		return err
	}
	return s.allReady(ctx)
}

// allReady waits until all replicas take connections.
func (s *soak) allReady(ctx context.Context) error {
	return eventually(ctx, func() error {
		for _, replica := range s.replicas.all() {
			if !isReady(ctx, replica.HealthURL+"/readyz") {
				return errors.New("a replica is not ready: " + replica.Tail())
			}
		}
		return nil
	})
}

func (s *soak) rollingRestart(ctx context.Context, _ *window) error {
	for _, replica := range s.replicas.all() {
		if err := s.replicas.restarts(ctx, replica, replica.Stop); err != nil {
			return err
		}
	}
	return nil
}

// kill loses at most what was asked while the replica was there, and for as long as it takes to hear that it is gone.
func (s *soak) kill(ctx context.Context, w *window) error {
	all := s.replicas.all()
	replica := all[s.random.IntN(len(all))]
	return s.replicas.restarts(ctx, replica, func() error {
		var gone time.Time
		s.reckoning.lock.Lock()
		w.forgives = func(o *outcome) bool { return o.lost != nil && (gone.IsZero() || o.sent.Before(gone)) }
		s.reckoning.lock.Unlock()
		replica.Kill()
		s.reckoning.lock.Lock()
		gone = time.Now().Add(hearing)
		s.reckoning.lock.Unlock()
		return nil
	})
}

func (s *soak) restartAPIServer(ctx context.Context, _ *window) error {
	return s.world.plane.RestartAPIServer(ctx, away)
}

func (s *soak) pauseEtcd(ctx context.Context, _ *window) error {
	if err := s.world.plane.PauseEtcd(ctx, paused); err != nil {
		return err
	}
	return eventually(ctx, func() error {
		return s.world.api.Get(ctx, client.ObjectKey{Name: cluster.Namespace}, &corev1.Namespace{})
	})
}

// rotate deletes the Secret of the certificate, which is made anew with another authority.
func (s *soak) rotate(ctx context.Context, _ *window) error {
	key := client.ObjectKey{Namespace: cluster.Namespace, Name: "seawall-certificate"}
	var before, now corev1.Secret
	if err := s.world.api.Get(ctx, key, &before); err != nil {
		return err
	}
	if err := s.world.api.Delete(ctx, before.DeepCopy()); err != nil {
		return err
	}
	return eventually(ctx, func() error {
		err := s.world.api.Get(ctx, key, &now)
		if err == nil && (now.UID == before.UID || len(now.Data) == 0) {
			return errors.New("the Secret of the certificate has nothing new")
		}
		return err
	})
}

// fillDisk runs another replica for a while whose log can't be written.
func (s *soak) fillDisk(ctx context.Context, _ *window) error {
	full := []string{"sh", "-c", `exec "$@" >/dev/full 2>/dev/full`, "sh"}
	replica, err := s.replicas.all()[0].StartReplicaBy(context.WithoutCancel(ctx), full, flags()...)
	if err != nil {
		return err
	}
	if err := s.replicas.joins(ctx, replica); err != nil {
		return err
	}
	s.callers.reconnect()
	if err := sleep(ctx, 2*calm); err != nil {
		return err
	}
	if s.replicas.balancer.connections(addressOf(replica)) == 0 {
		return errors.New("nobody has called the replica whose log can't be written")
	}
	return s.replicas.leaves(ctx, replica)
}

// loseLease gives the Lease to somebody who never renews it.
func (s *soak) loseLease(ctx context.Context, _ *window) error {
	var lease coordinationv1.Lease
	if err := s.world.api.Get(ctx, client.ObjectKey{Namespace: cluster.Namespace, Name: "seawall"}, &lease); err != nil {
		return err
	}
	lease.Spec.HolderIdentity, lease.Spec.RenewTime = new("somebody-else"), new(metav1.NowMicro())
	if err := s.world.api.Update(ctx, &lease); err != nil {
		return err
	}
	return eventually(ctx, func() error {
		err := s.world.api.Get(ctx, client.ObjectKeyFromObject(&lease), &lease)
		if err == nil && *lease.Spec.HolderIdentity == "somebody-else" {
			return errors.New("no replica has taken the Lease")
		}
		return err
	})
}

// loseDefinition takes the Clusters of Fleet away and brings them back.
func (s *soak) loseDefinition(ctx context.Context, _ *window) error {
	definition := object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", fleetClusters, nil, fields{})
	if err := s.world.api.Delete(ctx, definition); err != nil {
		return err
	}
	err := eventually(ctx, func() error {
		err := s.world.api.Get(ctx, client.ObjectKeyFromObject(definition), definition)
		if err == nil {
			return errors.New(fleetClusters + " is still there")
		}
		return client.IgnoreNotFound(err)
	})
	if err != nil {
		return err
	}
	if err := sleep(ctx, calm); err != nil {
		return err
	}
	if err := s.world.plane.InstallCRDs(ctx, "fleet", fleetClusters); err != nil {
		return err
	}
	if err := s.world.plane.Fill(ctx, 0, steadyClusters, fleetCluster); err != nil {
		return err
	}
	return eventually(ctx, func() error { return s.bundlesCount(ctx) })
}

// bundlesCount asks all replicas about a Bundle until each of them says what is right.
func (s *soak) bundlesCount(ctx context.Context) error {
	probe := newMaker(1, s.world)
	for range 4 * len(s.replicas.all()) {
		what := probe.bundle()
		said, err := s.callers.post(ctx, what.body)
		if err == nil && said.failure != "" {
			err = errors.New(said.failure + ": " + said.message)
		}
		if err != nil {
			return err
		}
		if wrong := what.wrong(said, s.changes.seen(time.Now(), time.Now(), lag)); wrong != "" {
			return errors.New(wrong)
		}
	}
	return nil
}

// eventually repeats until there is no error, for as long as a recovery may take.
func eventually(ctx context.Context, step func() error) error {
	for began := time.Now(); ; {
		err := step()
		if err == nil {
			return nil
		}
		if time.Since(began) > recovery {
			return err
		}
		if ended := sleep(ctx, probePeriod); ended != nil {
			return errors.Join(ended, err)
		}
	}
}

func sleep(ctx context.Context, pause time.Duration) error {
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
