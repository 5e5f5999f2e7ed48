package check_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const gating = strict + "  syncGate: {selfHeal: Judge}\n"

// registered is the webhook of starts, which all are asked about but those of one name.
const registered = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: seawall, labels: {app.kubernetes.io/name: seawall}}
webhooks:
- name: starts.seawall.dev
  rules: [{operations: [CREATE, UPDATE], apiGroups: [argoproj.io], apiVersions: [v1alpha1], resources: [applications]}]
  failurePolicy: Fail
  matchConditions: [{name: exempt-0, expression: "!(request.namespace + '/' + request.name).matches('^argocd/cilium$')"}]
`

func hook(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	NewWithT(t).Expect(yaml.Unmarshal([]byte(registered), &object.Object)).To(Succeed())
	return object
}

// automated returns an ApplicationSet whose Applications sync by themselves.
func automated(t *testing.T, object *rollout.Object) *rollout.Object {
	t.Helper()
	g := NewWithT(t)
	if object == nil {
		return nil
	}
	var content map[string]any
	g.Expect(json.Unmarshal(object.JSON, &content)).To(Succeed())
	if template, _, _ := unstructured.NestedMap(content, "spec", "template", "spec"); template != nil {
		g.Expect(unstructured.SetNestedMap(content, map[string]any{}, "spec", "template", "spec", "syncPolicy", "automated")).To(Succeed())
	}
	text, err := json.Marshal(content)
	g.Expect(err).NotTo(HaveOccurred())
	return kindtest.Cut(t, text)
}

// TestUnderAGateTheWordsAreTheSameToo compares what is said where starts are gated.
func TestUnderAGateTheWordsAreTheSameToo(t *testing.T) {
	stock := read(t, gating)
	reasons := map[string]int{}
	paths, err := filepath.Glob("../kinds/applicationset/testdata/*/*/want.yaml")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for _, path := range paths {
		folder := filepath.Dir(path)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			fixture := load(t, folder)
			fixture.Write.Object, fixture.Write.OldObject = automated(t, fixture.Write.Object), automated(t, fixture.Write.OldObject)
			fixture.Static.Objects = append(fixture.Static.Objects, hook(t))
			stock.compare(t, fixture)
			result := stock.checked(t, fixture, fixture.Static.Objects)
			reasons[result.Record.Reason]++
			if result.Record.Reason == string(policy.WaveOverLimit) && fixture.Write.Object != nil {
				NewWithT(t).Expect(result.Record.Message).To(ContainSubstring("The sync gate does not account for it: "))
			}
		})
	}
	t.Logf("of %d fixtures: %v", len(paths), reasons)
	NewWithT(t).Expect(reasons[string(policy.Gated)]).To(BeNumerically(">", 10))
	NewWithT(t).Expect(reasons[string(policy.WaveOverLimit)]).To(BeNumerically(">", 10))
}

const tenants = `
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: tenants, namespace: argocd}
spec:
  generators: [{list: {elements: [{env: a}, {env: b}, {env: NAME}]}}]
  template:
    metadata: {name: '{{env}}'}
    spec: {project: default, source: {repoURL: "https://git.example.com/x.git"}, syncPolicy: {automated: {}}}
`

// TestWhetherStartsAreGatedMustBeGiven holds that a check says Unknown where nobody says whether the API server asks
// about starts, and what the webhook would say where a manifest of the webhook is in the inventory.
func TestWhetherStartsAreGatedMustBeGiven(t *testing.T) {
	for name, test := range map[string]struct {
		inventory, policies, third string
		want                       check.Outcome
		missing                    []string
		says                       string
	}{
		"not given": {
			policies: gating, want: check.Unknown, missing: []string{"validatingwebhookconfigurations.admissionregistration.k8s.io"},
			says: "whether the API server asks about starts is not known",
		},
		"given":                {inventory: registered, policies: gating, want: check.Allowed, says: "The sync gate accounts for it"},
		"given, and exempting": {inventory: registered, policies: gating, third: "cilium", want: check.Denied, says: "exempt 1 of these Applications."},
		"fails open": {
			inventory: strings.Replace(registered, "Fail", "Ignore", 1), policies: gating, want: check.Denied, says: "is Ignore.",
		},
		"not given, and denied by another": {
			policies: gating + "---" + strings.Replace(strict, "name: strict", "name: another", 1), want: check.Denied, says: "2 policies are not satisfied",
		},
		"no gate": {policies: strict, want: check.Denied, says: "At most 1 per wave"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			stock, problems := offline.NewInventory(manifest.Parse("inventory", []byte(test.inventory)).Documents)
			g.Expect(problems).To(BeEmpty())
			world := offline.New(offline.Options{Inventory: stock, ProgressiveSyncs: "Disabled"})
			refused, err := world.Add(t.Context(), manifest.Parse("policies", []byte(test.policies)).Documents...)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(refused).To(BeEmpty())
			text := strings.Replace(tenants, "NAME", map[bool]string{true: "c", false: test.third}[test.third == ""], 1)
			results := (&check.Checker{World: world}).Check(t.Context(), manifest.Parse("set", []byte(text)).Documents, nil)
			g.Expect(results).To(HaveLen(1))
			g.Expect(results[0].Outcome()).To(Equal(test.want), "%+v", results[0].Record)
			g.Expect(results[0].Missing).To(Equal(test.missing))
			g.Expect(results[0].Record.Message).To(ContainSubstring(test.says))
		})
	}
}
