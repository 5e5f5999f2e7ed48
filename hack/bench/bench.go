package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// bench is one run: a control plane and the webhooks that are measured, of which the first
// admits everything.
type bench struct {
	choice

	plane    *cluster.Cluster
	empty    *emptyWebhook
	subjects []subject
	// secrets is how many cluster Secrets there are.
	secrets int
	report  *report
}

// subject is a webhook that is measured.
type subject struct {
	endpoint

	name string
	pid  int
	// seawall is nil for the webhook that admits everything.
	seawall *cluster.Webhook
}

func newBench(ctx context.Context, chosen choice, into *report) (*bench, error) {
	plane, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		return nil, err
	}
	b := &bench{choice: chosen, plane: plane, report: into}
	if err := b.start(ctx); err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

func (b *bench) start(ctx context.Context) error {
	var err error
	if b.empty, err = startEmpty(ctx); err != nil {
		return err
	}
	b.subjects = []subject{{endpoint: b.empty.endpoint, name: "empty", pid: b.empty.command.Process.Pid}}
	seawalls, err := startSeawalls(ctx, b.plane, b.against)
	b.subjects = append(b.subjects, seawalls...)
	b.report.name(b.subjects)
	return err
}

// stop ends the webhooks, which end with the control plane, too.
func (b *bench) stop() {
	if b.empty != nil {
		b.empty.stop()
	}
	_ = b.plane.Stop()
}

// startSeawalls starts Seawall as it is, after the Seawall of another revision if one is named.
func startSeawalls(ctx context.Context, plane *cluster.Cluster, against string) ([]subject, error) {
	var started []subject
	if against != "" {
		source, err := plane.Checkout(ctx, against)
		if err != nil {
			return nil, err
		}
		before, err := startSeawall(ctx, plane, against, cluster.WebhookOptions{Source: source, Release: "seawall-before"})
		if err != nil {
			return nil, err
		}
		started = append(started, before)
	}
	now, err := startSeawall(ctx, plane, "Seawall", cluster.WebhookOptions{})
	return append(started, now), err
}

func startSeawall(ctx context.Context, plane *cluster.Cluster, name string, options cluster.WebhookOptions) (subject, error) {
	options.Args, options.Timeout = []string{"--argocd-progressive-syncs=Enabled"}, settleTimeout
	webhook, err := plane.StartWebhook(ctx, options)
	if err != nil {
		return subject{}, err
	}
	endpoint, err := connect(ctx, plane, webhook)
	return subject{endpoint: endpoint, name: name, pid: webhook.PID(), seawall: webhook}, err
}

// seawalls are the subjects that judge.
func (b *bench) seawalls() []subject { return b.subjects[1:] }

// run prepares a stage and measures its cases, unless none of them is chosen.
func (b *bench) run(ctx context.Context, stage stage) error {
	var chosen []reviewed
	for _, c := range stage.cases {
		if b.only.MatchString(c.name) {
			chosen = append(chosen, c)
		}
	}
	burst := stage.burst != nil && b.only.MatchString(stage.burst.name)
	if len(chosen) == 0 && !burst {
		return nil
	}
	err := stage.prepare(ctx)
	if errors.Is(err, cluster.ErrUnavailable) {
		fmt.Fprintf(os.Stderr, "left out, %s: %s\n", stage.name, err)
		return nil
	}
	if err != nil {
		return err
	}
	for _, c := range chosen {
		fmt.Fprintln(os.Stderr, "measuring", c.name)
		if err := b.measure(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	if err := b.memory(stage.name + ", after load"); err != nil {
		return err
	}
	if burst {
		return b.burst(ctx, *stage.burst)
	}
	return nil
}

// measure gives each webhook its turns, one after the other, so that all meet the same weather.
func (b *bench) measure(ctx context.Context, c reviewed) error {
	at := b.load
	for i, subject := range b.subjects {
		wants := c.environments
		if i == 0 {
			wants = unknown
		}
		if err := at.warmUp(ctx, subject.endpoint, c.body, wants); err != nil {
			return fmt.Errorf("%s: %w", subject.name, err)
		}
	}
	measured := row{name: c.name, kilobytes: float64(len(c.body)) / 1024, samples: make([]sample, len(b.subjects))}
	for range at.rounds {
		for i, subject := range b.subjects {
			if err := at.addTurn(ctx, subject.endpoint, c.body, &measured.samples[i]); err != nil {
				return fmt.Errorf("%s: %w", subject.name, err)
			}
		}
	}
	measured.rate = at.perSecond()
	b.report.rows = append(b.report.rows, measured)
	return nil
}

// memory notes what the processes hold.
func (b *bench) memory(when string) error {
	noted := memoryRow{when: when}
	for _, subject := range b.subjects {
		held, err := cluster.ResidentOf(subject.pid)
		if err != nil {
			return err
		}
		noted.held = append(noted.held, held)
	}
	b.report.footprint = append(b.report.footprint, noted)
	return nil
}
