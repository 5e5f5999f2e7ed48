package main_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// examples returns the objects among the YAML of a page of the documentation.
func examples(page string) []unstructured.Unstructured {
	GinkgoHelper()
	text, err := os.ReadFile("../../docs/" + page)
	Expect(err).NotTo(HaveOccurred())
	var objects []unstructured.Unstructured
	for _, block := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
		parsed, err := cluster.ParseManifests([]byte(block[1]))
		Expect(err).NotTo(HaveOccurred(), block[1])
		objects = append(objects, parsed...)
	}
	return objects
}

var _ = Describe("the examples of the documentation", func() {
	DescribeTable("are objects that the API server takes",
		func(ctx SpecContext, page string, most int) {
			found := examples(page)
			Expect(len(found)).To(BeNumerically(">=", most))
			for _, example := range found {
				if spec, _ := example.Object["spec"].(map[string]any); spec["expiresAt"] != nil {
					spec["expiresAt"] = time.Now().Add(time.Hour).UTC().Format(time.RFC3339) // theirs is over
				}
				Expect(api.Create(ctx, &example, client.DryRunAll, client.FieldValidation("Strict"))).To(Succeed(), "%s %s", page, example.GetName())
			}
		},
		Entry("of policies", "policies.md", 12),
		Entry("of overrides", "overrides.md", 1),
		Entry("of the sync gate", "sync-gate.md", 1),
		Entry("of operations", "operations.md", 1),
		Entry("of rights", "rights.md", 1),
	)

	It("of policies are accepted, and show every field", func() {
		shown := map[string]bool{}
		listed, _ := kinds.Named()
		known := make([]schema.GroupKind, len(listed))
		for i, kind := range listed {
			known[i] = schema.GroupKind{Group: kind.Group, Kind: kind.Name}
		}
		for _, example := range examples("policies.md") {
			text, err := yaml.Marshal(example.Object)
			Expect(err).NotTo(HaveOccurred())
			var source v1alpha1.WavePolicy
			Expect(yaml.UnmarshalStrict(text, &source)).To(Succeed())
			compiled, err := policy.Compile(&source)
			Expect(err).NotTo(HaveOccurred(), source.Name)
			Expect(compiled.UnknownKinds(known)).To(BeEmpty(), source.Name)
			note(shown, "", example.Object["spec"])
		}
		text, err := os.ReadFile("../../config/crd/bases/seawall.dev_wavepolicies.yaml")
		Expect(err).NotTo(HaveOccurred())
		var definition apiextensionsv1.CustomResourceDefinition
		Expect(yaml.Unmarshal(text, &definition)).To(Succeed())
		var missing []string
		for _, field := range fieldsOf("", definition.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]) {
			if !shown[field] {
				missing = append(missing, field)
			}
		}
		Expect(missing).To(BeEmpty())
	})
})

// note notes the paths of all fields of a value, but for what is inside of selectors.
func note(fields map[string]bool, prefix string, value any) {
	object, isObject := value.(map[string]any)
	if !isObject || strings.HasSuffix(prefix, "Selector.") {
		return
	}
	for key, inner := range object {
		fields[prefix+key] = true
		note(fields, prefix+key+".", inner)
	}
}

// fieldsOf returns the same of a schema.
func fieldsOf(prefix string, described apiextensionsv1.JSONSchemaProps) []string {
	var fields []string
	if strings.HasSuffix(prefix, "Selector.") {
		return nil
	}
	for key, inner := range described.Properties {
		fields = append(fields, prefix+key)
		fields = append(fields, fieldsOf(prefix+key+".", inner)...)
	}
	slices.Sort(fields)
	return fields
}
