package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/seawall-dev/seawall/pkg/config"
)

const (
	// Who leads renews its Lease every few seconds; another one leads once that has not come
	// for the duration.
	leaseDuration = 15 * time.Second
	leaseRenewal  = 10 * time.Second
	leaseRetry    = 2 * time.Second
	// termRetry is the pause before the leader tries again to do what it does.
	termRetry = 5 * time.Second
)

// leadership runs what one replica does at a time: writing status, counting again, cleaning up.
// Whoever loses it goes on serving, and may lead again. Each term has a manager of its own,
// because controllers cannot be started twice.
type leadership struct {
	lease string
	main  manager.Manager
	// begin returns the manager of a term, and duties set up what it runs.
	begin  func() (manager.Manager, error)
	duties []func(manager.Manager) error
	log    logr.Logger
	// term is held by the one that is under way.
	term sync.Mutex
	// namespace is that of the Lease.
	namespace string
}

func newLeadership(mgr manager.Manager, configuration config.Config) *leadership {
	return &leadership{
		lease: configuration.Lease, namespace: configuration.Namespace, main: mgr,
		begin: func() (manager.Manager, error) { return newManager(mgr.GetConfig(), termOptions()) },
		log:   mgr.GetLogger().WithName("leader"),
	}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (*leadership) NeedLeaderElection() bool { return false }

// Start implements manager.Runnable: it leads whenever it can until ctx ends.
func (l *leadership) Start(ctx context.Context) error {
	defer l.term.Lock() // the last term is over
	if l.lease == "" {
		l.lead(ctx)
		return nil
	}
	lock, err := l.lock()
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: lock, LeaseDuration: leaseDuration, RenewDeadline: leaseRenewal, RetryPeriod: leaseRetry,
			ReleaseOnCancel: true, Name: l.lease,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: l.lead,
				OnStoppedLeading: func() {},
			},
		})
		if err != nil {
			return fmt.Errorf("setting up leader election: %w", err)
		}
		elector.Run(ctx)
	}
	return nil
}

func (l *leadership) lock() (resourcelock.Interface, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("setting up leader election: %w", err)
	}
	lock, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, l.namespace, l.lease,
		resourcelock.ResourceLockConfig{Identity: host + "_" + string(uuid.NewUUID())}, l.main.GetConfig(), leaseRenewal)
	if err != nil {
		return nil, fmt.Errorf("setting up leader election: %w", err)
	}
	return lock, nil
}

// lead does what the leader does until ctx ends, trying again when it cannot.
func (l *leadership) lead(ctx context.Context) {
	l.term.Lock()
	defer l.term.Unlock()
	if ctx.Err() != nil {
		return
	}
	l.log.Info("this replica leads: it writes status, counts again and cleans up")
	for ctx.Err() == nil {
		err := l.serve(ctx)
		if err == nil || ctx.Err() != nil {
			break
		}
		l.log.Error(err, "leading, trying again")
		select {
		case <-ctx.Done():
		case <-time.After(termRetry):
		}
	}
	l.log.Info("this replica does not lead any more, and goes on serving")
}

func (l *leadership) serve(ctx context.Context) error {
	mgr, err := l.begin()
	if err != nil {
		return err
	}
	for _, duty := range l.duties {
		if err := duty(mgr); err != nil {
			return err
		}
	}
	return mgr.Start(ctx)
}
