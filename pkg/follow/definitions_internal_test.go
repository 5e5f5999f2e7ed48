package follow

import (
	"testing"

	"github.com/go-logr/logr"
	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/config/crd"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

// stored is the definition of WavePolicies, as it is changed.
func stored(t *testing.T, change func(schema map[string]any)) *unstructured.Unstructured {
	t.Helper()
	g := gomega.NewWithT(t)
	text, err := crd.Bases.ReadFile("bases/seawall.dev_wavepolicies.yaml")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	definition := &unstructured.Unstructured{}
	g.Expect(yaml.Unmarshal(text, &definition.Object)).To(gomega.Succeed())
	change(schemaOf(definition.Object, "v1alpha1"))
	return definition
}

// within returns the properties at a path of a schema.
func within(schema map[string]any, path ...string) map[string]any {
	for _, name := range path {
		schema = schema["properties"].(map[string]any)[name].(map[string]any)
	}
	return schema["properties"].(map[string]any)
}

func TestDefinitions(t *testing.T) {
	const older = "the CustomResourceDefinition wavepolicies.seawall.dev is older than this version of Seawall, so that the API server drops "
	for name, test := range map[string]struct {
		change  func(schema map[string]any)
		missing int
		says    string
	}{
		"the one of this version": {func(map[string]any) {}, 0, ""},
		"a newer one":             {func(s map[string]any) { within(s, "spec")["later"] = map[string]any{"type": "string"} }, 0, ""},
		"other words":             {func(s map[string]any) { s["description"] = "as it was" }, 0, ""},
		"a field that it lacks":   {func(s map[string]any) { delete(within(s, "spec"), "syncGate") }, 1, older + "spec.syncGate: kubectl apply"},
		"one in a list": {
			func(s map[string]any) {
				items := within(s, "spec", "syncGate")["groupBy"].(map[string]any)["items"].(map[string]any)
				delete(items["properties"].(map[string]any), "key")
			}, 1, older + "spec.syncGate.groupBy[].key: ",
		},
		"more than are named": {
			func(s map[string]any) {
				for _, field := range []string{"order", "onFailure", "selfHeal", "rollbacks"} {
					delete(within(s, "spec", "syncGate"), field)
				}
			}, 4, older + "spec.syncGate.onFailure, spec.syncGate.order, spec.syncGate.rollbacks and 1 more: ",
		},
		"one that keeps what it does not know": {
			func(s map[string]any) {
				clear(within(s, "spec"))
				s["properties"].(map[string]any)["spec"].(map[string]any)["x-kubernetes-preserve-unknown-fields"] = true
			}, 0, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			registry := inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{stored(t, test.change)}})
			definitions := NewDefinitions(registry, logr.Discard(), "wavepolicies")
			g.Expect(definitions.Missing()).To(gomega.Equal(map[string]int{"wavepolicies.seawall.dev": test.missing}))
			if test.says == "" {
				g.Expect(definitions.Check(nil)).To(gomega.Succeed())
				return
			}
			g.Expect(definitions.Check(nil)).To(gomega.MatchError(gomega.HavePrefix(test.says)))
		})
	}
}

func TestADefinitionThatIsNotThere(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{stored(t, func(map[string]any) {})}})
	definitions := NewDefinitions(registry, logr.Discard(), "wavepolicies", "waves")
	g.Expect(definitions.Check(nil)).To(gomega.MatchError(gomega.HavePrefix("the API server has no CustomResourceDefinition waves.seawall.dev: ")))
	g.Expect(definitions.Missing()).To(gomega.HaveKeyWithValue("waves.seawall.dev", 1))
	g.Expect(NewDefinitions(inventory.NewRegistry(), logr.Discard(), "waves").Check(nil)).To(gomega.MatchError(inventory.ErrNotSynced))
}
