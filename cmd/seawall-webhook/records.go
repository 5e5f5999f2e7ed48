package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/audit/events"
	"github.com/seawall-dev/seawall/pkg/audit/reports"
	"github.com/seawall-dev/seawall/pkg/config"
	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/recount"
)

const (
	// recordDrain is how long the process goes on writing records when it serves no more.
	recordDrain = 5 * time.Second
	// Requests a second, and at once, that each sink makes at most: a burst of denials must
	// not become one of writes.
	recordRate, recordBurst = 50, 100

	eventsSink, reportsSink = "events", "reports"
)

// records write decisions to the log and, in the background, to objects of the API server.
type records struct {
	log    audit.Log
	queues []*audit.Queue
	served *reports.Served
	// retention deletes old reports; nil without reports.
	retention *reports.Retention
	// found are the findings in reports; nil without reports.
	found recount.Memory
	group sync.WaitGroup
	stop  context.CancelFunc
}

// newRecords returns the records that the configuration asks for.
func newRecords(cluster *rest.Config, configuration config.Records, logger *slog.Logger) (*records, error) {
	counter, err := metrics.NewRecords(ctrlmetrics.Registry, sinksOf(configuration)...)
	if err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	r := &records{stop: func() {}, log: audit.Log{Logger: logger}}
	if configuration.Events {
		writing, err := recordClient(cluster)
		if err != nil {
			return nil, err
		}
		writer := events.Writer{Client: writing, Quota: audit.NewQuota(writing)}
		r.queues = append(r.queues, audit.NewQueue(eventsSink, configuration.Queue, writer, counter, logger))
	}
	if configuration.Reports {
		writing, err := recordClient(cluster)
		if err != nil {
			return nil, err
		}
		asking, err := discovery.NewDiscoveryClientForConfig(cluster)
		if err != nil {
			return nil, fmt.Errorf("setting up records: %w", err)
		}
		r.served = &reports.Served{Discovery: asking, Logger: logger}
		writer := reports.Writer{Client: writing, Served: r.served, Quota: audit.NewQuota(writing)}
		r.queues = append(r.queues, audit.NewQueue(reportsSink, configuration.Queue, writer, counter, logger))
		r.retention = &reports.Retention{
			Client: writing, Served: r.served, Logger: logger, Age: configuration.ReportRetention,
			PerNamespace: configuration.ReportsPerNamespace, Total: configuration.ReportsTotal,
		}
		r.found = reports.Found{Client: writing, Most: configuration.ReportsTotal}
	}
	return r, nil
}

// clean deletes old records.
func (r *records) clean(mgr manager.Manager) error {
	if r.retention == nil {
		return nil
	}
	return mgr.Add(r.retention)
}

func sinksOf(configuration config.Records) []string {
	var sinks []string
	if configuration.Events {
		sinks = append(sinks, eventsSink)
	}
	if configuration.Reports {
		sinks = append(sinks, reportsSink)
	}
	return sinks
}

// recordClient returns a client that has no cache, and a rate of its own.
func recordClient(cluster *rest.Config) (client.Client, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.Install(scheme)); err != nil {
		return nil, err
	}
	limited := rest.CopyConfig(cluster)
	limited.QPS, limited.Burst = recordRate, recordBurst
	writing, err := client.New(limited, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("setting up records: %w", err)
	}
	return writing, nil
}

// sinks returns them for whoever decides.
func (r *records) sinks() audit.Sinks {
	sinks := make(audit.Sinks, 0, 1+len(r.queues))
	sinks = append(sinks, r.log)
	for _, queue := range r.queues {
		sinks = append(sinks, queue)
	}
	return sinks
}

// start begins to write. It is not the manager's to stop: that stops what it runs before the
// webhook's server has answered its last request.
func (r *records) start(ctx context.Context) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	for _, queue := range r.queues {
		r.group.Go(func() { queue.Run(running, recordDrain) })
	}
	if r.served != nil {
		r.group.Go(func() { r.served.Run(running) })
	}
}

// drain returns when what waits is written, or dropped when the time for that is over.
func (r *records) drain() {
	r.stop()
	r.group.Wait()
}
