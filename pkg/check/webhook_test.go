package check_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	webhook "sigs.k8s.io/controller-runtime/pkg/webhook/admission"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/gate/entry"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const strict = `
apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: strict}
spec:
  maxWaveFailureProbability: "0.015"
  successRate: {default: "0.99"}
  match: {operations: [Create, Update, Delete]}
`

// bare are namespaces of which nothing is known but the name.
type bare struct{}

func (bare) Get(_ context.Context, name string) (labels.Labels, bool, error) {
	return labels.Set{"kubernetes.io/metadata.name": name}, false, nil
}

// forgetful keeps the last record.
type forgetful struct{ last audit.Record }

func (f *forgetful) Record(_ context.Context, record audit.Record) { f.last = record }

// fixtures returns the folders of all fixtures of all kinds.
func fixtures(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("../kinds/*/testdata/*/*/want.yaml")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(len(paths)).To(BeNumerically(">", 500))
	return paths
}

func TestTheSameInputGetsTheSameDecisionAndTheSameWordsAsFromTheWebhook(t *testing.T) {
	stock := read(t, strict)
	var mu sync.Mutex
	outcomes := map[check.Outcome]int{}
	paths := fixtures(t)
	t.Run("of", func(t *testing.T) { // which ends when all have
		for _, path := range paths {
			folder := filepath.Dir(path)
			t.Run(strings.TrimPrefix(folder, "../kinds/"), func(t *testing.T) {
				t.Parallel()
				outcome := stock.compare(t, load(t, folder))
				mu.Lock()
				defer mu.Unlock()
				outcomes[outcome]++
			})
		}
	})
	t.Logf("of %d fixtures: %v", len(paths), outcomes)
	NewWithT(t).Expect(outcomes[check.Denied]).To(BeNumerically(">", 100))
	NewWithT(t).Expect(outcomes[check.Allowed]).To(BeNumerically(">", 100))
}

// compare has the webhook and the check judge a fixture, and the check once more by a snapshot.
func (s stock) compare(t *testing.T, fixture kindtest.Fixture) check.Outcome {
	t.Helper()
	g := NewWithT(t)
	said, record := s.asked(t, fixture)
	result := s.checked(t, fixture, fixture.Static.Objects)
	snapshot := s.checked(t, fixture, inventory.Cut(s.everything, fixture.Static.Objects))
	snapshot.Record.Phases, result.Record.Phases = audit.Phases{}, audit.Phases{}
	g.Expect(snapshot).To(Equal(result), "by what a snapshot holds")
	g.Expect(result.Err).NotTo(HaveOccurred())
	g.Expect(said.Allowed).To(Equal(result.Record.Action != audit.Deny))
	g.Expect(record.Action).To(Equal(result.Record.Action))
	g.Expect(record.Message).To(Equal(result.Record.Clean().Message))
	g.Expect(record.Probability).To(Equal(result.Record.Probability))
	g.Expect(said.Warnings).To(HaveLen(len(result.Warnings)))
	for i, warning := range result.Warnings {
		g.Expect(said.Warnings[i]).To(Equal(audit.Clean(subject(result) + warning)))
	}
	if !said.Allowed {
		g.Expect(said.Result.Message).To(Equal(audit.Clean(subject(result) + result.Record.Clean().Message)))
	}
	return result.Outcome()
}

// stock is what all fixtures share, which nothing changes.
type stock struct {
	// text is that of the policies.
	text     string
	policies []*policy.Policy
	// samples are RolloutKinds that fixtures are of.
	samples []sample
	// everything is a registry of all that kinds read.
	everything *inventory.Registry
}

type sample struct {
	document *manifest.Document
	source   v1alpha1.RolloutKind
}

func read(t *testing.T, text string) stock {
	t.Helper()
	g := NewWithT(t)
	parsed := manifest.Reader{}.Read("../../config/samples/rolloutkinds")
	g.Expect(parsed.Problems).To(BeEmpty())
	g.Expect(parsed.Documents).NotTo(BeEmpty())
	found := stock{text: text, everything: inventory.NewRegistry()}
	entry.New(found.everything, "")
	argoCD := argocd.New(found.everything, "argocd", argocd.ProgressiveSyncsAuto)
	kinds.All(kinds.Inventories{ArgoCD: argoCD, ArgoCDNamespace: "argocd", Registry: found.everything})
	for _, document := range parsed.Documents {
		one := sample{document: document}
		g.Expect(json.Unmarshal(document.JSON, &one.source)).To(Succeed())
		custom.NewInventories(found.everything, &one.source.Spec)
		found.samples = append(found.samples, one)
	}
	world := offline.New(offline.Options{})
	problems, err := world.Add(t.Context(), append(manifest.Parse("policies", []byte(text)).Documents, parsed.Documents...)...)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(problems).To(BeEmpty())
	found.policies = world.Policies
	return found
}

// describing returns the RolloutKinds of the kind of a fixture: to compile all of them for each fixture
// takes longer than all else.
func (s stock) describing(t *testing.T, fixture kindtest.Fixture) (found []sample) {
	t.Helper()
	kind := kindOf(t, fixture)
	for _, one := range s.samples {
		if one.source.Spec.Group == kind.Group && one.source.Spec.Kind == kind.Kind {
			found = append(found, one)
		}
	}
	return found
}

// load reads a fixture, of whatever kind.
func load(t *testing.T, folder string) kindtest.Fixture {
	t.Helper()
	g := NewWithT(t)
	text := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if !os.IsNotExist(err) {
			g.Expect(err).NotTo(HaveOccurred())
		}
		return text
	}
	var want struct {
		Operation        rollout.Operation `json:"operation"`
		Absent           []string          `json:"absent"`
		ProgressiveSyncs bool              `json:"progressiveSyncs"`
	}
	g.Expect(yaml.Unmarshal(text("want.yaml"), &want)).To(Succeed())
	stock := text("inventory.yaml")
	if want.ProgressiveSyncs {
		stock = append(stock, []byte(`
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cmd-params-cm, namespace: argocd}
data: {applicationsetcontroller.enable.progressive.syncs: "true"}
`)...)
	}
	return kindtest.Fixture{
		Static: inventory.Static{Objects: kindtest.Objects(t, stock), Absent: want.Absent},
		Write:  kindtest.Write(t, want.Operation, text("object.yaml"), text("old.yaml")),
	}
}

// kindOf returns the kind of what is written.
func kindOf(t *testing.T, fixture kindtest.Fixture) metav1.GroupVersionKind {
	t.Helper()
	object := fixture.Write.Object
	if object == nil {
		object = fixture.Write.OldObject
	}
	var kind string
	NewWithT(t).Expect(json.Unmarshal(object.Members["kind"], &kind)).To(Succeed())
	group, version, _ := strings.Cut(object.APIVersion, "/")
	return metav1.GroupVersionKind{Group: group, Version: version, Kind: kind}
}

func subject(result check.Result) string {
	name := result.Record.Name
	if result.Record.Namespace != "" {
		name = result.Record.Namespace + "/" + name
	}
	return result.Record.Kind + " " + name + ": "
}

// asked has the webhook answer about a fixture.
func (s stock) asked(t *testing.T, fixture kindtest.Fixture) (webhook.Response, audit.Record) {
	t.Helper()
	registry := inventory.NewStaticRegistry(fixture.Static)
	argoCD := argocd.New(registry, "argocd", argocd.ProgressiveSyncsAuto)
	set := &policy.Set{}
	for _, compiled := range s.policies {
		set.Put(compiled)
	}
	known := kinds.NewSet(kinds.All(kinds.Inventories{ArgoCD: argoCD, ArgoCDNamespace: "argocd", Registry: registry}))
	for _, one := range s.describing(t, fixture) {
		described, err := custom.New(&one.source, custom.NewInventories(registry, &one.source.Spec))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		known.Put(one.source.Name, described)
	}
	sink := &forgetful{}
	handler := &admission.Handler{Sink: sink, Evaluator: &evaluate.Evaluator{
		Kinds: known, Policies: set, Namespaces: bare{}, Overrides: policy.NewOverrides("seawall-system"), Budget: budget.NewPool(1 << 30),
		Starts: entry.New(registry, ""),
	}}
	metadata := fixture.Write.Metadata()
	request := webhook.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID: "1", Operation: admissionv1.Operation(strings.ToUpper(string(fixture.Write.Operation))),
		Namespace: fixture.Write.Namespace, Name: metadata.Name, DryRun: new(true),
		Kind: kindOf(t, fixture),
	}}
	if fixture.Write.OldObject != nil {
		request.OldObject = runtime.RawExtension{Raw: fixture.Write.OldObject.JSON}
	}
	if fixture.Write.Object != nil {
		request.Object = runtime.RawExtension{Raw: fixture.Write.Object.JSON}
	}
	return handler.Handle(t.Context(), request), sink.last
}

// checked checks the files of a fixture.
func (s stock) checked(t *testing.T, fixture kindtest.Fixture, objects []*unstructured.Unstructured) check.Result {
	t.Helper()
	g := NewWithT(t)
	world := offline.New(offline.Options{Inventory: offline.Inventory{
		Objects: objects, Absent: fixture.Static.Absent, Given: func(inventory.Source) bool { return true },
	}})
	own := manifest.Parse("policies", []byte(s.text)).Documents
	for _, one := range s.describing(t, fixture) {
		own = append(own, one.document)
	}
	problems, err := world.Add(t.Context(), own...)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(problems).To(BeEmpty())
	documents := func(object *rollout.Object) []*manifest.Document {
		if object == nil {
			return nil
		}
		parsed := manifest.Parse("object.yaml", object.JSON)
		g.Expect(parsed.Problems).To(BeEmpty())
		return parsed.Documents
	}
	checker := &check.Checker{World: world, Namespace: fixture.Write.Namespace}
	now, before := documents(fixture.Write.Object), documents(fixture.Write.OldObject)
	results := checker.Check(t.Context(), now, before)
	g.Expect(results).To(HaveLen(1))
	explained := checker.Explain(t.Context(), now, before)
	g.Expect(explained).To(HaveLen(1))
	expectExplained(g, explained[0], results[0])
	return results[0]
}

// expectExplained expects that an explanation is of the same judgement, and that its waves are those of it.
func expectExplained(g Gomega, explained check.Explained, result check.Result) {
	same := explained.Result
	same.Record.Phases, result.Record.Phases = audit.Phases{}, audit.Phases{}
	g.Expect(same).To(Equal(result))
	if explained.Explanation.Uncounted != nil || result.Record.Limit == "" {
		return
	}
	g.Expect(explained.Explanation.Readings).To(HaveLen(1))
	reading := explained.Explanation.Readings[0]
	environments, likeliest := 0, 0.0
	for _, wave := range reading.Waves {
		environments += wave.Environments
		likeliest = max(likeliest, wave.Probability)
		rated := 0
		for _, rate := range wave.Rates {
			rated += rate.Count
		}
		g.Expect(rated).To(Equal(wave.Environments))
	}
	g.Expect(environments).To(Equal(result.Record.Environments))
	g.Expect(likeliest).To(Equal(result.Record.Probability))
	affected := 0 // those behind a closed gate, too
	for _, step := range explained.Explanation.Change.Steps {
		affected += step.Size()
	}
	g.Expect(len(explained.Explanation.Environments)).To(BeNumerically("<=", affected))
}
