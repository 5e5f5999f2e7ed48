package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	recountCommand = "recount"
	// settleTimeout is longer than anything takes, on the slow side of what is compared.
	settleTimeout = 30 * time.Minute
	// restTime is longer than the re-count rests between two rounds.
	restTime = 45 * time.Second
)

// size is how many rollouts there are over how many clusters, how many of these each of them
// selects, how many Applications there are, which the rollouts own, and how many of the changes
// are measured.
type size struct{ rollouts, clusters, selected, applications, changes int }

func startRecount(ctx context.Context, arguments []string) error {
	var of size
	flags := flag.NewFlagSet(recountCommand, flag.ExitOnError)
	flags.IntVar(&of.rollouts, "rollouts", 10_000, "number of ApplicationSets")
	flags.IntVar(&of.clusters, "clusters", 10_000, "number of cluster Secrets")
	flags.IntVar(&of.selected, "selected", 20, "number of clusters that each ApplicationSet selects")
	flags.IntVar(&of.applications, "applications", 200_000, "number of Applications, which the ApplicationSets own")
	flags.IntVar(&of.changes, "changes", 3, "number of changes to measure, in the order of the table")
	against := flags.String("against", "", "git revision whose Seawall is measured too, before")
	markdown := flags.Bool("markdown", false, "print the table as Markdown")
	_ = flags.Parse(arguments) // ExitOnError
	if of.rollouts < 1 || of.selected < 1 || of.clusters < of.selected || of.applications < 0 || of.changes < 1 {
		return errors.New("-rollouts, -selected and -changes must be positive, and -clusters no less than -selected")
	}
	plane, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = plane.Stop() }()
	// The webhook gets one core; the API server and etcd share all of them with it.
	if err := os.Setenv("GOMAXPROCS", "1"); err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	api, err := client.New(plane.Config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	r := &recounting{size: of, plane: plane, api: api}
	if err := r.run(ctx, *against); err != nil {
		return err
	}
	r.writeTo(os.Stdout, *markdown)
	return nil
}

// recounting is one measurement, of one webhook after the other over the same objects.
type recounting struct {
	size

	plane *cluster.Cluster
	api   client.Client
	// seawall is the webhook that is measured.
	seawall  *cluster.Webhook
	rows     []recountRow
	previews []string
}

type recountRow struct {
	webhook, what string
	// settled is from the change until the status of the policy has the numbers, round the
	// time of the rounds among it, and cpu what the process used meanwhile.
	settled, round, cpu time.Duration
	resident            cluster.Resident
}

func (r *recounting) run(ctx context.Context, against string) error {
	if err := r.fill(ctx); err != nil {
		return err
	}
	if against != "" {
		source, err := r.plane.Checkout(ctx, against)
		if err != nil {
			return err
		}
		if err := r.runOn(ctx, against, cluster.WebhookOptions{Source: source}); err != nil {
			return fmt.Errorf("%s: %w", against, err)
		}
	}
	return r.runOn(ctx, "Seawall", cluster.WebhookOptions{})
}

// fill makes what there is to count.
func (r *recounting) fill(ctx context.Context) error {
	if err := r.plane.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io", "applications.argoproj.io"); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "making %d cluster Secrets, %d ApplicationSets and %d Applications\n", r.clusters, r.rollouts, r.applications)
	for _, objects := range []struct {
		count int
		make  func(number int) client.Object
	}{
		{r.clusters, r.cluster}, {r.rollouts, r.rollout}, {r.applications, r.application},
	} {
		if err := r.plane.Fill(ctx, 0, objects.count, objects.make); err != nil {
			return err
		}
	}
	return nil
}

func (r *recounting) runOn(ctx context.Context, webhook string, options cluster.WebhookOptions) error {
	options.Args, options.Timeout = []string{"--argocd-progressive-syncs=Enabled"}, settleTimeout
	var err error
	if r.seawall, err = r.plane.StartWebhook(ctx, options); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "waiting until all rollouts are known to", webhook)
	if err := r.await(ctx, 0); err != nil {
		return err
	}
	changes := []struct {
		what   string
		change func(context.Context) error
		over   int
	}{
		{"a policy that all violate", r.limit("0.0001"), r.rollouts},
		{"a policy that all satisfy", r.limit("0.9"), 0},
		{"another cluster", r.grow, 0},
	}
	for _, step := range changes[:min(r.changes, len(changes))] {
		if err := r.measure(ctx, webhook, step.what, step.change, step.over); err != nil {
			return err
		}
	}
	if err := r.preview(ctx, webhook); err != nil {
		return err
	}
	return r.seawall.Stop()
}

// grow adds a cluster.
func (r *recounting) grow(ctx context.Context) error {
	r.clusters++
	return r.api.Create(ctx, r.cluster(r.clusters-1))
}

// cell is the label that the clusters of one selection share.
func (r *recounting) cell(number int) string {
	return fmt.Sprint("cell-", number%max(r.clusters/r.selected, 1))
}

func (r *recounting) cluster(number int) client.Object {
	secret := clusterSecret(number)
	labels := secret.GetLabels()
	labels["cell"] = r.cell(number)
	secret.SetLabels(labels)
	return secret
}

func (r *recounting) rollout(number int) client.Object {
	object := clusters("cell", r.cell(number))("v1.0.0")
	object.SetName(rolloutName(number))
	object.SetUID(rolloutUID(number))
	return object
}

func (r *recounting) application(number int) client.Object {
	owner := number % r.rollouts
	return application(fmt.Sprintf("app-%06d", number), rolloutName(owner), rolloutUID(owner))
}

func rolloutName(number int) string { return fmt.Sprintf("rollout-%05d", number) }

func rolloutUID(number int) types.UID {
	return types.UID(fmt.Sprintf("00000000-0000-4000-8001-%012d", number))
}

// limit returns how to change the policy.
func (r *recounting) limit(probability v1alpha1.Probability) func(context.Context) error {
	return func(ctx context.Context) error {
		var policy v1alpha1.WavePolicy
		if err := r.api.Get(ctx, client.ObjectKey{Name: "default"}, &policy); err != nil {
			return err
		}
		policy.Spec.MaxWaveFailureProbability = probability
		return r.api.Update(ctx, &policy)
	}
}

func (r *recounting) measure(ctx context.Context, webhook, what string, change func(context.Context) error, over int) error {
	fmt.Fprintf(os.Stderr, "measuring %s: %s\n", what, webhook)
	time.Sleep(restTime)
	before, err := r.read(ctx)
	if err != nil {
		return err
	}
	started := time.Now()
	if err := change(ctx); err != nil {
		return err
	}
	for {
		now, err := r.read(ctx)
		switch {
		case err != nil:
			return err
		case now.rounds > before.rounds && r.has(ctx, over):
			r.rows = append(r.rows, recountRow{
				webhook: webhook, what: what, settled: time.Since(started), resident: now.resident,
				round: seconds(now.spent - before.spent), cpu: seconds(now.cpu - before.cpu),
			})
			return nil
		case time.Since(started) > settleTimeout:
			return fmt.Errorf("%s: not settled after %s", what, settleTimeout)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// await waits until every rollout is known, and so many over their limit.
func (r *recounting) await(ctx context.Context, over int) error {
	for started := time.Now(); time.Since(started) < settleTimeout; time.Sleep(time.Second) {
		now, err := r.read(ctx)
		if err != nil {
			return err
		}
		if now.rounds > 0 && r.has(ctx, over) {
			return nil
		}
	}
	return fmt.Errorf("the re-count does not know %d rollouts after %s", r.rollouts, settleTimeout)
}

func (r *recounting) has(ctx context.Context, over int) bool {
	var policy v1alpha1.WavePolicy
	if r.api.Get(ctx, client.ObjectKey{Name: "default"}, &policy) != nil || policy.Status.Rollouts == nil {
		return false
	}
	found := policy.Status.Rollouts
	return found.Matched != nil && int(*found.Matched) == r.rollouts && found.OverLimit != nil && int(*found.OverLimit) == over
}

// preview notes what a policy that denies all rollouts warns of on dry-run.
func (r *recounting) preview(ctx context.Context, webhook string) error {
	policy := &v1alpha1.WavePolicy{}
	policy.Name = "strict"
	policy.Spec.MaxWaveFailureProbability = "0.0001"
	policy.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99"}
	var told warnings
	config := *r.plane.Config
	config.WarningHandler = &told
	api, err := client.New(&config, client.Options{Scheme: r.api.Scheme()})
	if err != nil {
		return err
	}
	started := time.Now()
	err = api.Create(ctx, policy, client.DryRunAll)
	r.previews = append(r.previews, fmt.Sprintf("preview of a policy that all violate, %s, in %.1f s: %s",
		webhook, time.Since(started).Seconds(), told))
	return err
}

// warnings keeps the last warning of an API server.
type warnings string

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(_ int, _, text string) { *w = warnings(text) }
