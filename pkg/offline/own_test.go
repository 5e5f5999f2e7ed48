package offline

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/manifest"
)

// own returns an object of Seawall's, with a spec in one line.
func own(kind, name, spec string) string {
	return "apiVersion: seawall.dev/v1alpha1\nkind: " + kind + "\nmetadata: {name: " + name + ", namespace: argocd}\nspec: " + spec + "\n"
}

// stored returns an object of a file as the API server would store it.
func stored[T any](t *testing.T, text string) *T {
	t.Helper()
	g := gomega.NewWithT(t)
	defined, err := known()
	g.Expect(err).NotTo(gomega.HaveOccurred())
	documents := manifest.Parse("f", []byte(text)).Documents
	g.Expect(documents).To(gomega.HaveLen(1))
	read, problems := decode[T](t.Context(), defined[documents[0].Kind], documents[0].JSON)
	g.Expect(problems).To(gomega.BeEmpty())
	return read
}

func TestDefaultsAreThoseOfTheAPIServer(t *testing.T) {
	g := gomega.NewWithT(t)
	spec := stored[v1alpha1.WavePolicy](t, own("WavePolicy", "p", `{maxWaveFailureProbability: "0.2"}`)).Spec
	g.Expect(spec.OnUnresolved).To(gomega.Equal(v1alpha1.UnresolvedDeny))
	g.Expect(spec.ValidationActions).To(gomega.Equal([]v1alpha1.ValidationAction{v1alpha1.ActionDeny}))
	g.Expect(spec.Waves).To(gomega.BeEquivalentTo("InFlight"))
	g.Expect(spec.Removals).To(gomega.BeEquivalentTo("Count"))
	g.Expect(spec.DeclaredEnvironments).To(gomega.BeEquivalentTo("Accept"))

	matching := stored[v1alpha1.WavePolicy](t, own("WavePolicy", "p", `{maxWaveFailureProbability: "0.2", successRate: {}, match: {}}`)).Spec
	g.Expect(matching.Match.Operations).To(gomega.BeEquivalentTo([]v1alpha1.Operation{"Create", "Update"}))
	g.Expect(matching.SuccessRate.Claims).To(gomega.BeEquivalentTo("Accept"))

	gate := stored[v1alpha1.WavePolicy](t, own("WavePolicy", "p",
		`{maxWaveFailureProbability: "0.2", syncGate: {order: {source: Project, values: [a]}}}`)).Spec.SyncGate
	g.Expect(*gate).To(gomega.Equal(v1alpha1.SyncGate{
		GroupBy: []v1alpha1.Trait{{Source: "Owner"}}, Ungrouped: "Single", SettledWhen: "Healthy", HealthTimeoutSeconds: 900,
		Order:     v1alpha1.SyncOrder{Source: "Project", Values: []string{"a"}, Unlisted: "Last"},
		OnFailure: "Halt", SelfHeal: "Pass", RollingSync: "Count", Rollbacks: "Pass",
	}))

	override := stored[v1alpha1.WaveOverride](t, own("WaveOverride", "o",
		`{rollout: {group: argoproj.io, kind: ApplicationSet, name: a}, maxFailureProbability: "1", reason: r, durationSeconds: 60}`)).Spec
	g.Expect(override.Uses).To(gomega.BeEquivalentTo("Unlimited"))

	kind := stored[v1alpha1.RolloutKind](t, own("RolloutKind", "waves.example.com",
		`{group: example.com, versions: [v1], resource: waves, kind: Wave, environments: object.spec.clusters}`)).Spec
	g.Expect(kind.Scope).To(gomega.BeEquivalentTo("Namespaced"))
	g.Expect(kind.DesiredState).To(gomega.BeEquivalentTo("object.spec"))
}

func TestTheDefaultPolicyIsTheOneThatTheChartInstalls(t *testing.T) {
	g := gomega.NewWithT(t)
	rendered, err := os.ReadFile("../../config/policy/wavepolicies.yaml") // by helm with the chart's values
	g.Expect(err).NotTo(gomega.HaveOccurred())
	installed := stored[v1alpha1.WavePolicy](t, string(rendered))
	embedded := stored[v1alpha1.WavePolicy](t, string(defaultPolicy))
	g.Expect(embedded.Spec).To(gomega.Equal(installed.Spec))
	g.Expect(embedded.Name).To(gomega.Equal(installed.Name))

	var source, values struct {
		Spec map[string]any `json:"spec"`
	}
	g.Expect(yaml.Unmarshal(defaultPolicy, &source)).To(gomega.Succeed())
	g.Expect(yaml.Unmarshal(rendered, &values)).To(gomega.Succeed())
	g.Expect(source.Spec).To(gomega.Equal(values.Spec), "word by word")
}

func TestAddRefusesWhatTheAPIServerWould(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"a percentage": {
			own("WavePolicy", "p", "\n  maxWaveFailureProbability: \"20%\""),
			[]string{"f:5: WavePolicy argocd/p: spec.maxWaveFailureProbability: Invalid value"},
		},
		"a field that there is not": {
			own("WavePolicy", "p", "\n  maxWaveFailureProbability: \"0.2\"\n  maxFailureProbability: \"0.2\""),
			[]string{"f:6: WavePolicy argocd/p: spec.maxFailureProbability: Invalid value: there is no such field"},
		},
		"a number for a string": {own("WavePolicy", "p", "{maxWaveFailureProbability: 0.2}"), []string{"must be of type string"}},
		"no limit":              {own("WavePolicy", "p", "{onUnresolved: Deny}"), []string{"spec.maxWaveFailureProbability: Required value"}},
		"a value that there is not": {
			own("WavePolicy", "p", `{maxWaveFailureProbability: "0.2", onUnresolved: Pass}`), []string{`spec.onUnresolved: Unsupported value: "Pass"`},
		},
		"a rule of the definition": {
			own("WavePolicy", "p", "\n  maxWaveFailureProbability: \"0.2\"\n  validationActions: [Deny, Warn]"),
			[]string{"f:6: WavePolicy argocd/p: spec.validationActions: Invalid value: Deny and Warn exclude each other"},
		},
		"an override without an end": {
			own("WaveOverride", "o", `{rollout: {group: argoproj.io, kind: ApplicationSet, name: a}, maxFailureProbability: "1", reason: r}`),
			[]string{"exactly one of expiresAt and durationSeconds must be set"},
		},
		"a kind that Seawall reads": {
			own("RolloutKind", "applicationsets.argoproj.io",
				"{group: argoproj.io, versions: [v1alpha1], resource: applicationsets, kind: ApplicationSet, environments: object.spec.clusters}"),
			[]string{"Seawall itself reads ApplicationSet.argoproj.io: this RolloutKind is not used"},
		},
		"a kind of another name": {
			own("RolloutKind", "other", "{group: example.com, versions: [v1], resource: waves, kind: Wave, environments: object.spec.clusters}"),
			[]string{"metadata.name must be <resource>.<group>"},
		},
		"workloads of this cluster": {
			own("RolloutKind", "deployments.apps", "{group: apps, versions: [v1], resource: deployments, kind: Deployment, environments: object.spec.clusters}"),
			[]string{"--workload-templates"},
		},
		"an expression": {
			own("RolloutKind", "waves.example.com", "\n  group: example.com\n  versions: [v1]\n  resource: waves\n  kind: Wave\n  environments: nothing.spec"),
			[]string{"f:9: RolloutKind argocd/waves.example.com: spec.environments: Invalid value", "undeclared reference to 'nothing'"},
		},
		"a gate beside conditions": {
			own("WavePolicy", "p", "\n  maxWaveFailureProbability: \"0.2\"\n  syncGate: {}\n  matchConditions: [{name: a, expression: \"true\"}]"),
			[]string{"f:7: WavePolicy argocd/p: spec.matchConditions: Invalid value: there must be none beside syncGate"},
		},
		"what Seawall alone writes": {own("Wave", "w", "{policyName: p}"), []string{`Unsupported value: "seawall.dev/v1alpha1 Wave"`, "v1alpha1 RolloutKind"}},
		"a kind that there is not":  {own("WavePolicies", "p", "{}"), []string{`Unsupported value: "seawall.dev/v1alpha1 WavePolicies"`, "v1alpha1 RolloutKind"}},
		"a version that there is not": {
			strings.Replace(own("WavePolicy", "p", "{}"), "v1alpha1", "v1", 1), []string{`Unsupported value: "seawall.dev/v1 WavePolicy"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			world := New(Options{})
			documents := manifest.Parse("f", []byte(test.text)).Documents
			g.Expect(documents).To(gomega.HaveLen(1))
			g.Expect(IsOwn(documents[0])).To(gomega.BeTrue())
			problems, err := world.Add(t.Context(), documents...)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(problems).NotTo(gomega.BeEmpty())
			for _, want := range test.want {
				g.Expect(problems).To(gomega.ContainElement(gomega.MatchError(gomega.ContainSubstring(want))))
			}
			g.Expect(world.Policies).To(gomega.BeEmpty())
		})
	}
}

func TestAddStopsAtNoProblem(t *testing.T) {
	g := gomega.NewWithT(t)
	world := New(Options{WorkloadTemplates: true})
	text := strings.Join([]string{
		own("WavePolicy", "bad", `{maxWaveFailureProbability: "2"}`), own("WavePolicy", "good", `{maxWaveFailureProbability: "0.2"}`),
		own("RolloutKind", "deployments.apps", "{group: apps, versions: [v1], resource: deployments, kind: Deployment, environments: object.spec.clusters}"),
	}, "---\n")
	documents := manifest.Parse("f", []byte(text)).Documents
	problems, err := world.Add(context.Background(), documents...)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(problems).To(gomega.HaveEach(gomega.HaveField("Line", 4)))
	g.Expect(world.Policies).To(gomega.HaveLen(1))
	g.Expect(world.Policies[0].Name).To(gomega.Equal("good"))
	g.Expect(world.Kinds.Knows(manifest.Identity{APIVersion: "apps/v1", Kind: "Deployment"}.GroupKind())).To(gomega.BeTrue())
}
