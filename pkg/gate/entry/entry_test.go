package entry

import (
	"os"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// configuration is what the chart registers.
const configuration = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: seawall, labels: {app.kubernetes.io/name: seawall}}
webhooks:
- name: waves.seawall.dev
  failurePolicy: Ignore
- name: starts.seawall.dev
  rules:
  - {operations: [CREATE, UPDATE], apiGroups: [argoproj.io], apiVersions: [v1alpha1], resources: [applications], scope: Namespaced}
  failurePolicy: Fail
  namespaceSelector: {}
  objectSelector: {}
  matchConditions:
  - name: begins-a-sync
    expression: STARTS
`

const exempting = configuration + `
  - name: exempt-0
    expression: "!(request.namespace + '/' + request.name).matches('^gitops/cilium-[^/]*$')"
`

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	text = strings.ReplaceAll(text, "STARTS", `"`+begins+`"`)
	gomega.NewWithT(t).Expect(yaml.Unmarshal([]byte(text), &object.Object)).To(gomega.Succeed())
	return object
}

func affecting(names ...string) rollout.Change {
	step := rollout.Step{}
	for _, name := range names {
		step.Targets = append(step.Targets, rollout.Target{Name: name, Effect: rollout.Changed})
	}
	return rollout.Change{Steps: []rollout.Step{step}, Starts: &rollout.Starts{}}
}

func TestUnasked(t *testing.T) {
	replaced := func(old, now string) string { return strings.Replace(configuration, old, now, 1) }
	const exempts = "the matchConditions of webhook starts.seawall.dev exempt "
	nameless := affecting("a")
	nameless.Starts.Nameless = 3
	removing := affecting("a")
	removing.Steps[0].Targets = append(removing.Steps[0].Targets, rollout.Target{Name: "cilium-1", Effect: rollout.Removed})
	for name, test := range map[string]struct {
		text   string
		change rollout.Change
		want   string
	}{
		"as the chart registers it": {configuration, affecting("cilium-1"), ""},
		"whatever they are called":  {configuration, nameless, ""},
		"is not there":              {replaced("starts.seawall.dev", "other.seawall.dev"), affecting("a"), "no webhook starts.seawall.dev is registered"},
		"nothing of Seawall's":      {replaced("app.kubernetes.io/name: seawall", "app: other"), affecting("a"), "no webhook starts.seawall.dev is registered"},
		"fails open":                {replaced("failurePolicy: Fail", "failurePolicy: Ignore"), affecting("a"), "failurePolicy of webhook starts.seawall.dev is Ignore"},
		"fails closed by default":   {replaced("failurePolicy: Fail", ""), affecting("a"), ""},
		"of some namespaces":        {replaced("namespaceSelector: {}", "namespaceSelector: {matchLabels: {a: b}}"), affecting("a"), "webhook starts.seawall.dev has a namespaceSelector"},
		"of some objects":           {replaced("objectSelector: {}", "objectSelector: {matchLabels: {a: b}}"), affecting("a"), "webhook starts.seawall.dev has an objectSelector"},
		"of updates only":           {replaced("[CREATE, UPDATE]", "[UPDATE]"), affecting("a"), "the rules of webhook starts.seawall.dev leave writes of Applications out"},
		"of everything":             {replaced("[CREATE, UPDATE]", `["*"]`), affecting("a"), ""},
		"of other resources":        {replaced("[applications]", "[appprojects]"), affecting("a"), "the rules of webhook starts.seawall.dev leave writes of Applications out"},
		"none of these exempt":      {exempting, affecting("a", "b"), ""},
		"one of these exempt":       {exempting, affecting("a", "cilium-1"), exempts + "1 of these Applications"},
		"exempt, but going":         {exempting, removing, ""},
		"exempt, maybe":             {exempting, nameless, exempts + "some Applications, and the names of these are not known"},
		"a condition of something else": {
			strings.Replace(exempting, "request.namespace + '/' + request.name", "object.metadata.name", 1), affecting("a", "b"),
			exempts + "2 of these Applications",
		},
		"a condition of the user": {
			configuration + "  - {name: x, expression: \"request.userInfo != 'x'\"}\n", affecting("a"), exempts + "1 of these Applications",
		},
		"a condition that is none": {configuration + "  - {name: x, expression: '(('}\n", affecting("a"), exempts + "1 of these Applications"},
	} {
		t.Run(name, func(t *testing.T) {
			registry := inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{parse(t, test.text)}})
			gomega.NewWithT(t).Expect(New(registry, "").Unasked("gitops", test.change)).To(gomega.Equal(test.want))
		})
	}
}

func TestOfAConfigurationWithAName(t *testing.T) {
	g := gomega.NewWithT(t)
	bare := parse(t, strings.Replace(configuration, ", labels: {app.kubernetes.io/name: seawall}", "", 1))
	registry := inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{bare}})
	g.Expect(New(registry, "seawall").Unasked("gitops", affecting("a"))).To(gomega.BeEmpty())
	g.Expect(New(registry, "other").Unasked("gitops", affecting("a"))).To(gomega.Equal("no webhook starts.seawall.dev is registered"))
}

func TestWhatIsNotGivenIsNotKnown(t *testing.T) {
	g := gomega.NewWithT(t)
	missed := ""
	registry := inventory.NewStaticRegistry(inventory.Static{
		Given:  func(inventory.Source) bool { return false },
		Missed: func(source inventory.Source) { missed = source.String() },
	})
	g.Expect(New(registry, "").Unasked("gitops", affecting("a"))).To(gomega.Equal(
		"whether the API server asks about starts is not known: " + Resource + " are not in the inventory that was given"))
	g.Expect(missed).To(gomega.Equal(Resource))
}

// TestASnapshotHoldsTheWebhookOfStartsAlone holds that it also tells as much as the object itself.
func TestASnapshotHoldsTheWebhookOfStartsAlone(t *testing.T) {
	g := gomega.NewWithT(t)
	all := inventory.NewRegistry()
	New(all, "")
	cut := inventory.Cut(all, []*unstructured.Unstructured{parse(t, exempting)})
	g.Expect(cut).To(gomega.HaveLen(1))
	hooks, _, err := unstructured.NestedSlice(cut[0].Object, "webhooks")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(hooks).To(gomega.HaveLen(1))
	entry := New(inventory.NewStaticRegistry(inventory.Static{Objects: cut}), "")
	g.Expect(entry.Unasked("gitops", affecting("cilium-1"))).To(gomega.ContainSubstring("exempt 1 of"))
	g.Expect(entry.Unasked("gitops", affecting("a"))).To(gomega.BeEmpty())
}

// TestTheConditionIsThatOfTheChart holds that the one condition which every start fulfils is that of the chart.
func TestTheConditionIsThatOfTheChart(t *testing.T) {
	g := gomega.NewWithT(t)
	text, err := os.ReadFile("../../../charts/seawall/files/starts.yaml")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var conditions []struct {
		Expression string `json:"expression"`
	}
	g.Expect(yaml.Unmarshal(text, &conditions)).To(gomega.Succeed())
	g.Expect(conditions).To(gomega.HaveLen(1))
	g.Expect(strings.Join(strings.Fields(conditions[0].Expression), " ")).To(gomega.Equal(begins))
}
