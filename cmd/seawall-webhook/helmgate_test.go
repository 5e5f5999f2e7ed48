package main_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func helmRelease(name, chart string) *unstructured.Unstructured {
	return fluxObject("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, map[string]any{
		"interval": "10m", "chart": map[string]any{"spec": map[string]any{
			"chart": chart, "version": "*", "sourceRef": map[string]any{"kind": "HelmRepository", "name": "charts"},
		}},
	})
}

// helmChart is what source-controller fetches for a HelmRelease.
func helmChart(release string) *unstructured.Unstructured {
	return fluxObject("source.toolkit.fluxcd.io/v1", "HelmChart", fluxSystem+"-"+release, map[string]any{
		"interval": "1m", "chart": "podinfo", "version": "*", "sourceRef": map[string]any{"kind": "HelmRepository", "name": "charts"},
	})
}

// helmReleases creates so many of a chart, at version 1.0.0, and returns their names.
func (g *fluxGate) helmReleases(ctx context.Context, chart string, n int) []string {
	GinkgoHelper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%02d", chart, i)
		Expect(g.admin.Create(ctx, helmChart(names[i]))).To(Succeed())
		g.artifact(ctx, helmChart(names[i]), "1.0.0")
		Expect(g.admin.Create(ctx, helmRelease(names[i], chart))).To(Succeed())
		Expect(g.write(ctx, g.helm, helmRelease(names[i], chart), map[string]any{"helmChart": fluxSystem + "/" + fluxSystem + "-" + names[i]})).To(Succeed())
		Eventually(func() error { return g.run(ctx, names[i], "install") }).WithTimeout(20 * second).Should(Succeed())
		Expect(g.release(ctx, names[i], "1.0.0", "sha256:1")).To(Succeed())
		Expect(g.released(ctx, names[i], "True", "InstallSucceeded")).To(Succeed())
	}
	return names
}

// run is the first that helm-controller writes of an action: the conditions.
func (g *fluxGate) run(ctx context.Context, name, action string) error {
	return g.write(ctx, g.helm, helmRelease(name, ""), map[string]any{
		"conditions": conditions("Unknown", "Progressing", "Running '"+action+"' action with timeout of 5m0s"),
	})
}

// release is the second, before the action: the rest of the status.
func (g *fluxGate) release(ctx context.Context, name, version, values string) error {
	return g.write(ctx, g.helm, helmRelease(name, ""), map[string]any{
		"lastAttemptedRevision": version, "lastAttemptedConfigDigest": values, "lastAttemptedGeneration": 1,
	})
}

// released is the last.
func (g *fluxGate) released(ctx context.Context, name, ready, reason string) error {
	return g.write(ctx, g.helm, helmRelease(name, ""), map[string]any{"conditions": conditions(ready, reason, "")})
}
