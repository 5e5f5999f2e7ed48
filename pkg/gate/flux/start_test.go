package flux_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/flux"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

const (
	kustomization = `
metadata: {namespace: apps, name: app, uid: u1, resourceVersion: "100", labels: {env: prod}, annotations: {seawall.dev/sync-success-rate: "0.9"}}
spec: {sourceRef: {kind: GitRepository, namespace: flux-system, name: fleet}}
`
	helmRelease = `
metadata: {namespace: apps, name: app, uid: u1, resourceVersion: "100", generation: 3}
spec: {chart: {spec: {chart: podinfo, sourceRef: {kind: HelmRepository, name: charts}}}}
`
	ready = "  conditions: [{type: Ready, status: \"True\", reason: A}]\n"
)

func object(tb testing.TB, text string) []byte {
	tb.Helper()
	converted, err := yaml.YAMLToJSON([]byte(text))
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	return converted
}

// registry holds the chart of the HelmRelease, at version 2.0.0.
func registry(tb testing.TB) *inventory.Registry {
	tb.Helper()
	source := &unstructured.Unstructured{}
	gomega.NewWithT(tb).Expect(yaml.Unmarshal([]byte(`
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {namespace: apps, name: apps-app}
status: {artifact: {revision: 2.0.0, lastUpdateTime: "2026-11-29T11:50:00Z"}}
`), &source.Object)).To(gomega.Succeed())
	return inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{source}})
}

// doing is the status of what is being done at what was tried.
func doing(message, tried string) string {
	return "status:\n" + tried + "  conditions: [{type: Ready, status: Unknown, reason: Progressing}, " +
		"{type: Reconciling, status: \"True\", reason: Progressing, message: \"" + message + "\"}]\n"
}

func fetching(revision string) string {
	return "Fetching manifests for revision " + revision + " with a timeout of 5m0s"
}

func TestReadOfKustomizations(t *testing.T) {
	at := func(tried, applied string) string {
		return "  lastAttemptedRevision: " + tried + "\n  lastAppliedRevision: " + applied + "\n"
	}
	unhealthy := "  conditions: [{type: Ready, status: \"False\", reason: HealthCheckFailed}]\n"
	history := "  history: [{lastReconciledStatus: HealthCheckFailed}]\n"
	want := func(revision string, change func(*gate.Start)) *gate.Start {
		start := &gate.Start{
			Environment:     gate.Environment{Kind: "Kustomization", UID: "u1", Namespace: "apps", Name: "app"},
			ResourceVersion: "100", Previous: "old", Release: gate.Release{Line: "GitRepository flux-system/fleet", Revision: revision},
			Well: true, By: "flux", At: time.Unix(0, 0),
		}
		change(start)
		return start
	}
	is := func(*gate.Start) {}
	for name, test := range map[string]struct {
		old, now string
		want     *gate.Start
	}{
		"it is about to be fetched":            {old: "status:\n" + at("old", "old") + ready, now: doing(fetching("new"), at("old", "old")), want: want("new", is)},
		"it is tried":                          {old: doing(fetching("new"), at("old", "old")), now: doing("Building manifests", at("new", "old")), want: want("new", is)},
		"it is applied":                        {old: doing("Building manifests", at("new", "old")), now: doing("Detecting drift", at("new", "old"))},
		"it is Ready":                          {old: doing("Detecting drift", at("new", "old")), now: "status:\n" + at("new", "new") + ready},
		"it is looked at again":                {old: "status:\n" + at("old", "old") + ready, now: doing(fetching("old"), at("old", "old"))},
		"what has failed is tried again":       {old: "status:\n" + at("new", "old") + unhealthy, now: doing(fetching("new"), at("new", "old"))},
		"a revision that begins alike":         {old: "status:\n" + at("new", "new") + ready, now: doing(fetching("newer"), at("new", "new")), want: want("newer", func(s *gate.Start) { s.Previous = "new" })},
		"what was never tried":                 {old: "", now: doing(fetching("new"), ""), want: want("new", func(s *gate.Start) { s.Previous = "" })},
		"it goes back to what is applied":      {old: doing("Detecting drift", at("new", "old")), now: doing(fetching("old"), at("new", "old")), want: want("old", func(s *gate.Start) { s.Previous, s.Class = "new", gate.Rollback })},
		"it goes back before it was tried":     {old: doing(fetching("new"), at("old", "old")), now: doing(fetching("old"), at("old", "old"))},
		"it was not healthy":                   {old: "status:\n" + at("old", "old") + unhealthy, now: doing(fetching("new"), at("old", "old")), want: want("new", func(s *gate.Start) { s.Well = false })},
		"it was not, as its history says":      {old: doing(fetching("new"), at("old", "old")+history), now: doing("Building manifests", at("new", "old")), want: want("new", func(s *gate.Start) { s.Well = false })},
		"a status without anything":            {old: "status:\n" + at("old", "old"), now: "status: {}\n"},
		"it depends on what was not ready yet": {old: "status:\n" + at("old", "old") + "  conditions: [{type: Ready, status: \"False\", reason: DependencyNotReady}]\n", now: doing(fetching("new"), at("old", "old")), want: want("new", is)},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			known := registry(t)
			started, err := flux.NewKustomizations(known, flux.NewSources(known)).Read(gate.Request{
				Object: object(t, kustomization+test.now), Old: object(t, kustomization+test.old), User: "flux", At: time.Unix(0, 0),
			})
			g.Expect(err).NotTo(gomega.HaveOccurred())
			if test.want == nil {
				g.Expect(started).To(gomega.BeNil())
				return
			}
			g.Expect(started.Start).To(gomega.Equal(*test.want))
			g.Expect(started.Automated).To(gomega.BeTrue())
			g.Expect(started.Of.SuccessRate).To(gomega.Equal("0.9"))
			g.Expect(started.Of.Facts.Owner).To(gomega.Equal("GitRepository flux-system/fleet"))
			value, _ := started.Of.Facts.Labels.Lookup("env")
			g.Expect(value).To(gomega.Equal("prod"))
		})
	}
}

func TestReadOfHelmReleases(t *testing.T) {
	const helmChart = "  helmChart: apps/apps-app\n"
	at := func(version, values, generation string) string {
		return helmChart + "  lastAttemptedRevision: " + version + "\n  lastAttemptedConfigDigest: " + values + "\n  lastAttemptedGeneration: " + generation + "\n"
	}
	const failed = "  conditions: [{type: Ready, status: \"False\", reason: UpgradeFailed}]\n"
	const upgrade, install = "Running 'upgrade' action with timeout of 5m0s", "Running 'install' action with timeout of 5m0s"
	for name, test := range map[string]struct {
		old, now string
		want     string // the revision
	}{
		"it is about to be upgraded":              {old: "status:\n" + at("1.0.0", "a", "3") + ready, now: doing(upgrade, at("1.0.0", "a", "3")), want: "2.0.0"},
		"it is upgraded":                          {old: doing(upgrade, at("1.0.0", "a", "3")), now: doing(upgrade, at("2.0.0", "a", "3")), want: "2.0.0"},
		"it is about to be installed":             {old: "status:\n" + helmChart, now: doing(install, helmChart), want: "2.0.0"},
		"it is, of a chart that nobody knows":     {old: "", now: doing(install, "")},
		"its values have changed":                 {old: doing(upgrade, at("2.0.0", "a", "3")), now: doing(upgrade, at("2.0.0", "b", "3")), want: "2.0.0"},
		"its values are about to, as it was told": {old: "status:\n" + at("2.0.0", "a", "2") + ready, now: doing(upgrade, at("2.0.0", "a", "2")), want: "2.0.0"},
		"values that it refers to have changed":   {old: "status:\n" + at("2.0.0", "a", "3") + ready, now: doing(upgrade, at("2.0.0", "a", "3")), want: "2.0.0"},
		"what has failed is tried again":          {old: "status:\n" + at("2.0.0", "a", "3") + failed, now: doing(upgrade, at("2.0.0", "a", "3"))},
		"a drift is corrected":                    {old: "status:\n" + at("1.0.0", "a", "3") + ready, now: doing("Running 'correct cluster drift' action", at("1.0.0", "a", "3"))},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			known := registry(t)
			started, err := flux.NewHelmReleases(known, flux.NewSources(known)).Read(gate.Request{
				Object: object(t, helmRelease+test.now), Old: object(t, helmRelease+test.old), User: "flux", At: time.Unix(0, 0),
			})
			g.Expect(err).NotTo(gomega.HaveOccurred())
			if test.want == "" {
				g.Expect(started).To(gomega.BeNil())
				return
			}
			g.Expect(started.Release).To(gomega.Equal(gate.Release{Line: "HelmRepository apps/charts#podinfo", Revision: test.want}))
		})
	}
}

func TestReadOfWhatIsNoObjectOfFlux(t *testing.T) {
	g := gomega.NewWithT(t)
	known := registry(t)
	reader := flux.NewKustomizations(known, flux.NewSources(known))
	_, err := reader.Read(gate.Request{Object: []byte(`{"status":7}`)})
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("object: ")))
	_, err = reader.Read(gate.Request{Object: []byte(`{}`), Old: []byte(`[]`)})
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("oldObject: ")))
}
