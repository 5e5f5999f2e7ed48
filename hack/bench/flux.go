package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const fluxCommand = "flux"

// startFlux measures what Seawall holds of Flux's objects: half of them Kustomizations, which follow a hundred
// GitRepositories, and half HelmReleases, each of which has a HelmChart.
func startFlux(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet(fluxCommand, flag.ExitOnError)
	objects := flags.Int("objects", 10_000, "number of Kustomizations and HelmReleases together")
	_ = flags.Parse(arguments) // ExitOnError
	if *objects < 2 {
		return errors.New("-objects must be at least 2")
	}
	plane, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = plane.Stop() }()
	seawall, err := gateFlux(ctx, plane)
	if err != nil {
		return err
	}
	empty, err := atRest(ctx, seawall)
	if err != nil {
		return err
	}
	if err := fillFlux(ctx, plane, seawall, *objects/2); err != nil {
		return err
	}
	full, err := atRest(ctx, seawall)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "heap in use: %.1f MiB without objects of Flux, %.1f MiB with %s; resident (anonymous): %.1f and %.1f MiB\n",
		mebibytes(empty.heap), mebibytes(full.heap), thousands(*objects),
		mebibytes(empty.resident.Anonymous), mebibytes(full.resident.Anonymous))
	return nil
}

// gateFlux starts Seawall with a policy that gates all objects of Flux.
func gateFlux(ctx context.Context, plane *cluster.Cluster) (*cluster.Webhook, error) {
	if err := plane.InstallCRDs(ctx, fluxCommand); err != nil {
		return nil, err
	}
	seawall, err := plane.StartWebhook(ctx, cluster.WebhookOptions{Timeout: settleTimeout, Values: map[string]any{
		"syncGate": map[string]any{"enabled": true, "flux": map[string]any{"enabled": true}}, "policies": map[string]any{"default": nil},
	}})
	if err != nil {
		return nil, err
	}
	policy := custom(v1alpha1.GroupVersion().String(), "WavePolicy", "", fluxCommand, nil, fields{"spec": fields{
		"maxWaveFailureProbability": startsLimit, "successRate": fields{"default": startsRate}, "syncGate": fields{},
	}})
	return seawall, plane.Apply(ctx, *custom("v1", "Namespace", "", fluxNamespace, nil, fields{}), *policy)
}

// fillFlux makes so many objects of each kind and what they follow, and waits until the webhook has them.
func fillFlux(ctx context.Context, plane *cluster.Cluster, seawall *cluster.Webhook, each int) error {
	fmt.Fprintf(os.Stderr, "making %d Kustomizations and as many HelmReleases\n", each)
	for resource, fill := range map[string]struct {
		count  int
		object func(int) client.Object
	}{
		"gitrepositories.source.toolkit.fluxcd.io":   {fluxSources, gitRepository},
		"helmcharts.source.toolkit.fluxcd.io":        {each, helmChart},
		"kustomizations.kustomize.toolkit.fluxcd.io": {each, kustomization},
		"helmreleases.helm.toolkit.fluxcd.io":        {each, helmRelease},
	} {
		if err := plane.Fill(ctx, 0, fill.count, fill.object); err != nil {
			return err
		}
		if err := known(ctx, seawall, resource, fill.count); err != nil {
			return err
		}
	}
	return nil
}
