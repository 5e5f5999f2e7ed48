package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	startsCommand = "starts"
	// controller is the user as which Argo CD begins and ends syncs.
	controller = "system:serviceaccount:argocd:argocd-application-controller"
	startsRate = "0.99"
	// startsLimit lets so many be in flight at that rate.
	startsLimit   = "0.2"
	startsLargest = 22
)

// starting is how many Applications there are in how many groups, how many of them start in a second, for how
// long that goes on, and how long each is in flight.
type starting struct {
	groups, applications, rate int
	lasts, rolling             time.Duration
	ordered, ungated           bool

	plane   *cluster.Cluster
	seawall *cluster.Webhook
	// argoCD writes as Argo CD does, and admin reads.
	argoCD, admin client.Client
}

// startStarts measures what it costs to judge starts through a real API server, with their ledgers there.
func startStarts(ctx context.Context, arguments []string) error {
	var of starting
	flags := flag.NewFlagSet(startsCommand, flag.ExitOnError)
	flags.IntVar(&of.groups, "groups", 100, "number of ApplicationSets, each of which is a group")
	flags.IntVar(&of.applications, "applications", 10_000, "number of Applications, which the ApplicationSets own")
	flags.IntVar(&of.rate, "rate", 200, "starts a second")
	flags.DurationVar(&of.lasts, "lasts", 20*time.Second, "how long starts go on")
	flags.DurationVar(&of.rolling, "rolling", 2*time.Second, "how long each is in flight")
	flags.BoolVar(&of.ordered, "ordered", false, "have the policy order the Applications of a group")
	flags.BoolVar(&of.ungated, "ungated", false, "have the API server ask nobody, to see what it takes itself")
	markdown := flags.Bool("markdown", false, "print the tables as Markdown")
	_ = flags.Parse(arguments) // ExitOnError
	if of.groups < 1 || of.applications < of.groups || of.rate < 1 || of.lasts <= 0 || of.rolling <= 0 {
		return errors.New("-groups, -rate, -lasts and -rolling must be positive, and -applications no less than -groups")
	}
	plane, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = plane.Stop() }()
	of.plane = plane
	if err := of.prepare(ctx); err != nil {
		return err
	}
	return of.run(ctx, *markdown)
}

// prepare installs Seawall with a policy that gates, and no Applications yet.
func (s *starting) prepare(ctx context.Context) error {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	config := rest.CopyConfig(s.plane.Config)
	config.QPS = -1
	var err error
	if s.admin, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	config = rest.CopyConfig(config)
	config.Impersonate = rest.ImpersonationConfig{UserName: controller, Groups: []string{"system:masters"}}
	if s.argoCD, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	if err := s.plane.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io", "applications.argoproj.io"); err != nil {
		return err
	}
	s.seawall, err = s.plane.StartWebhook(ctx, cluster.WebhookOptions{Timeout: settleTimeout, Values: map[string]any{
		"syncGate": map[string]any{"enabled": true}, "policies": map[string]any{"default": nil},
	}})
	if err != nil {
		return err
	}
	policy := &v1alpha1.WavePolicy{}
	policy.Name = "starts"
	policy.Spec.MaxWaveFailureProbability = startsLimit
	policy.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: startsRate}
	policy.Spec.SyncGate = &v1alpha1.SyncGate{}
	if s.ordered {
		policy.Spec.SyncGate.Order = v1alpha1.SyncOrder{
			Source: v1alpha1.TraitApplicationLabel, Key: "fleet", Values: []string{"bench"},
		}
	}
	return s.admin.Create(ctx, policy)
}

func (s *starting) run(ctx context.Context, markdown bool) error {
	empty, err := atRest(ctx, s.seawall)
	if err != nil {
		return err
	}
	full, err := s.fill(ctx)
	if err != nil {
		return err
	}
	driven, spent, err := s.measure(ctx)
	if err != nil {
		return err
	}
	peak, err := s.peak(ctx)
	if err != nil {
		return err
	}
	used, err := atRest(ctx, s.seawall)
	if err != nil {
		return err
	}
	driven.writeTo(os.Stdout, s, spent, peak, markdown)
	fmt.Fprintf(os.Stdout, "\nheap in use: %.1f MiB without Applications, %.1f MiB with %s, %.1f MiB after the starts; "+
		"resident (anonymous): %.1f, %.1f and %.1f MiB\n",
		mebibytes(empty.heap), mebibytes(full.heap), thousands(s.applications), mebibytes(used.heap),
		mebibytes(empty.resident.Anonymous), mebibytes(full.resident.Anonymous), mebibytes(used.resident.Anonymous))
	if !s.ungated && (peak > startsLargest || driven.most > startsLargest) {
		return fmt.Errorf("%d were in flight by the ledgers and %d by the starts: the policy allows %d", peak, driven.most, startsLargest)
	}
	return nil
}

// fill makes the Applications, and returns what the webhook holds then.
func (s *starting) fill(ctx context.Context) (startsReading, error) {
	fmt.Fprintf(os.Stderr, "making %d Applications\n", s.applications)
	if err := s.plane.Fill(ctx, 0, s.applications, s.application); err != nil {
		return startsReading{}, err
	}
	if err := known(ctx, s.seawall, "applications.argoproj.io", s.applications); err != nil {
		return startsReading{}, err
	}
	return atRest(ctx, s.seawall)
}

// measure starts Applications, and returns what became of that and what it took.
func (s *starting) measure(ctx context.Context) (*driven, startsReading, error) {
	if s.ungated {
		if err := s.admin.DeleteAllOf(ctx, &admissionregistrationv1.ValidatingWebhookConfiguration{}); err != nil {
			return nil, startsReading{}, err
		}
	}
	fmt.Fprintf(os.Stderr, "starting %d a second for %s\n", s.rate, s.lasts)
	before, err := s.readAll(ctx)
	if err != nil {
		return nil, startsReading{}, err
	}
	driven, err := s.drive(ctx)
	if err != nil {
		return nil, startsReading{}, err
	}
	after, err := s.readAll(ctx)
	return driven, after.since(before), err
}
