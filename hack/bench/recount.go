package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	recountCommand = "recount"
	settleTimeout  = 5 * time.Minute
	// restTime is longer than the re-count rests between two rounds.
	restTime = 45 * time.Second
)

// size is how many rollouts there are over how many clusters, and how many of these each of
// them selects.
type size struct{ rollouts, clusters, selected int }

func startRecount(ctx context.Context, arguments []string) error {
	var of size
	flags := flag.NewFlagSet(recountCommand, flag.ExitOnError)
	flags.IntVar(&of.rollouts, "rollouts", 10_000, "number of ApplicationSets")
	flags.IntVar(&of.clusters, "clusters", 10_000, "number of cluster Secrets")
	flags.IntVar(&of.selected, "selected", 20, "number of clusters that each ApplicationSet selects")
	_ = flags.Parse(arguments) // ExitOnError
	if of.rollouts < 1 || of.selected < 1 || of.clusters < of.selected {
		return errors.New("-rollouts and -selected must be positive, and -clusters no less than -selected")
	}
	plane, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = plane.Stop() }()
	if err := plane.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io"); err != nil {
		return err
	}
	// The webhook gets one core; the API server and etcd share all of them with it.
	if err := os.Setenv("GOMAXPROCS", "1"); err != nil {
		return err
	}
	seawall, err := plane.StartWebhook(ctx, cluster.WebhookOptions{Args: []string{"--argocd-progressive-syncs=Enabled"}})
	if err != nil {
		return err
	}
	defer func() { _ = seawall.Stop() }()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	api, err := client.New(plane.Config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	return (&recounting{size: of, plane: plane, seawall: seawall, api: api}).run(ctx)
}

// recounting is one measurement.
type recounting struct {
	size

	plane   *cluster.Cluster
	seawall *cluster.Webhook
	api     client.Client
	rows    []recountRow
}

type recountRow struct {
	what string
	// settled is from the change until the status of the policy has the numbers, round the
	// time of the round among it, and cpu what the process used meanwhile.
	settled, round, cpu time.Duration
	resident            float64
}

func (r *recounting) run(ctx context.Context) error {
	fmt.Fprintf(os.Stderr, "creating %d cluster Secrets\n", r.clusters)
	if err := createAll(ctx, r.plane, 0, r.clusters, r.cluster); err != nil {
		return err
	}
	before, err := r.read(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "creating %d ApplicationSets\n", r.rollouts)
	if err := createAll(ctx, r.plane, 0, r.rollouts, r.rollout); err != nil {
		return err
	}
	if err := r.await(ctx, 0); err != nil {
		return err
	}
	over := r.rollouts
	for _, step := range []struct {
		what   string
		change func(context.Context) error
		over   int
	}{
		{"a policy that all violate", r.limit("0.0001"), over},
		{"a policy that all satisfy", r.limit("0.9"), 0},
		{"another cluster", func(ctx context.Context) error { return r.api.Create(ctx, r.cluster(r.clusters)) }, 0},
	} {
		if err := r.measure(ctx, step.what, step.change, step.over); err != nil {
			return err
		}
	}
	warning, took, err := r.preview(ctx)
	if err != nil {
		return err
	}
	r.print(before.resident, warning, took)
	return nil
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
	return &unstructured.Unstructured{Object: applicationSet(fmt.Sprintf("rollout-%05d", number), map[string]any{
		"clusters": map[string]any{"selector": map[string]any{"matchLabels": map[string]any{"cell": r.cell(number)}}},
	})}
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

func (r *recounting) measure(ctx context.Context, what string, change func(context.Context) error, over int) error {
	fmt.Fprintln(os.Stderr, "measuring", what)
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
				what: what, settled: time.Since(started), resident: now.resident,
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
		if r.has(ctx, over) {
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

// preview returns what a policy that denies all rollouts warns of on dry-run.
func (r *recounting) preview(ctx context.Context) (warning string, took time.Duration, err error) {
	policy := &v1alpha1.WavePolicy{}
	policy.Name = "strict"
	policy.Spec.MaxWaveFailureProbability = "0.0001"
	policy.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99"}
	var told warnings
	config := *r.plane.Config
	config.WarningHandler = &told
	api, err := client.New(&config, client.Options{Scheme: r.api.Scheme()})
	if err != nil {
		return "", 0, err
	}
	started := time.Now()
	err = api.Create(ctx, policy, client.DryRunAll)
	return string(told), time.Since(started), err
}

// warnings keeps the last warning of an API server.
type warnings string

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(_ int, _, text string) { *w = warnings(text) }

// reading is what the webhook says of itself.
type reading struct{ rounds, spent, cpu, resident float64 }

func (r *recounting) read(ctx context.Context) (reading, error) {
	families, err := scrape(ctx, r.seawall.MetricsURL)
	if err != nil {
		return reading{}, err
	}
	found := reading{
		cpu:      families["process_cpu_seconds_total"].GetMetric()[0].GetCounter().GetValue(),
		resident: families["process_resident_memory_bytes"].GetMetric()[0].GetGauge().GetValue(),
	}
	for _, metric := range families["seawall_recount_duration_seconds"].GetMetric() {
		found.rounds += float64(metric.GetHistogram().GetSampleCount())
		found.spent += metric.GetHistogram().GetSampleSum()
	}
	return found, nil
}

func seconds(number float64) time.Duration { return time.Duration(number * float64(time.Second)) }

func (r *recounting) print(resident float64, warning string, took time.Duration) {
	fmt.Fprintf(os.Stdout, "%d ApplicationSets of %d environments each, %d cluster Secrets; the webhook on one core (GOMAXPROCS=1), "+
		"%.1f MiB resident before the ApplicationSets\n\n", r.rollouts, r.selected, r.clusters, resident/(1<<20))
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "change\tsettled s\tround s\tCPU s\tresident MiB\t")
	for _, row := range r.rows {
		fmt.Fprintf(table, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t\n",
			row.what, row.settled.Seconds(), row.round.Seconds(), row.cpu.Seconds(), row.resident/(1<<20))
	}
	_ = table.Flush()
	fmt.Fprintf(os.Stdout, "\npreview of a policy that all violate, in %.1f s: %s\n", took.Seconds(), warning)
}
