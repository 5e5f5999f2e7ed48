package applicationset_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// startsOf returns what is known of the starts that follow a write.
func startsOf(t *testing.T, argo *argoCD, write rollout.Write) *rollout.Starts {
	t.Helper()
	write.Starts = true
	change, err := argo.read(write)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(change.Affected()).To(BeNumerically(">", 0))
	NewWithT(t).Expect(change.Starts).NotTo(BeNil())
	return change.Starts
}

func TestNobodyIsToldOfStartsUnasked(t *testing.T) {
	g := NewWithT(t)
	change, err := (&argoCD{}).read(creation(t, tenants(3)))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Starts).To(BeNil())
}

func TestStartsThatNoGateHolds(t *testing.T) {
	const manual = "3 of its Applications do not sync by themselves (syncPolicy.automated)"
	const told = "it tells 3 of its Applications to sync (an operation, or annotation refresh or hydrate)"
	base := tenants(3)
	newer := with(t, base, "v2", "template", "spec", "source", "targetRevision")
	at := func(value any, path ...string) spec { return with(t, newer, value, path...) }
	rolling := fields{"type": "RollingSync", "rollingSync": fields{"steps": []any{fields{}}}}
	for name, test := range map[string]struct {
		before, after spec
		want          string
	}{
		"created":               {nil, base, ""},
		"a newer revision":      {base, newer, ""},
		"by hand":               {base, at(fields{}, "template", "spec", "syncPolicy"), ""},
		"created, by hand":      {nil, at(fields{}, "template", "spec", "syncPolicy"), manual},
		"always by hand":        {at(fields{}, "template", "spec", "syncPolicy"), with(t, base, fields{}, "template", "spec", "syncPolicy"), manual},
		"turned off":            {nil, at(fields{"automated": fields{"enabled": false}}, "template", "spec", "syncPolicy"), manual},
		"turned on":             {nil, at(fields{"automated": fields{"enabled": true}}, "template", "spec", "syncPolicy"), ""},
		"paced":                 {base, at(rolling, "strategy"), "RollingSync paces it"},
		"paced until now":       {with(t, base, rolling, "strategy"), newer, "RollingSync paces it"},
		"all at once by name":   {base, at(fields{"type": "AllAtOnce"}, "strategy"), ""},
		"patched on":            {nil, with(t, at(fields{}, "template", "spec", "syncPolicy"), "spec: {syncPolicy: {automated: {}}}", "templatePatch"), ""},
		"patched off":           {nil, at("spec: {syncPolicy: {automated: null}}", "templatePatch"), manual},
		"patched off, for some": {nil, at(`spec: {syncPolicy: {automated: {enabled: {{if eq .name "tenant-00001"}}false{{else}}true{{end}}}}}`, "templatePatch"), "1 of its Applications do not sync by themselves (syncPolicy.automated)"},
		"an operation":          {nil, at("operation: {sync: {}}", "templatePatch"), told},
		"an annotation":         {nil, at(fields{"argocd.argoproj.io/refresh": "hard"}, "template", "metadata", "annotations"), told},
		"whose automation is ignored": {
			base, at([]any{fields{"jsonPointers": []any{"/spec/syncPolicy/automated"}}}, "ignoreApplicationDifferences"), manual,
		},
	} {
		t.Run(name, func(t *testing.T) {
			write := creation(t, test.after)
			if test.before != nil {
				write = update(t, test.before, test.after)
			}
			found := startsOf(t, &argoCD{progressive: true}, write)
			if name == "by hand" { // which stops all, and changes what they are synced to at hand
				test.want = manual
			}
			NewWithT(t).Expect(found.Unheld).To(Equal(test.want))
		})
	}
}

func TestStartsThatOnlyMendADrift(t *testing.T) {
	base := tenants(3)
	at := func(value any, path ...string) spec { return with(t, base, value, path...) }
	newer := at("v2", "template", "spec", "source", "targetRevision")
	patched := func(of spec, text string) spec { return with(t, of, text, "templatePatch") }
	generated := func(n int) any { return tenants(n)["generators"] }
	stays := fields{"applicationsSync": "create-update"}
	for name, test := range map[string]struct {
		before, after spec
		want          bool
	}{
		"another revision":  {base, newer, false},
		"another parameter": {base, at([]any{fields{"helm": fields{}}}, "template", "spec", "sources"), false},
		"another destination": {
			base, at("https://elsewhere.example.com", "template", "spec", "destination", "server"), true,
		},
		"another revision and destination": {
			base, with(t, newer, "https://elsewhere.example.com", "template", "spec", "destination", "server"), true,
		},
		"differences that are not ignored any more": {at([]any{fields{"kind": "Deployment"}}, "template", "spec", "ignoreDifferences"), base, true},
		"self-heal turned on, too": {
			base, with(t, newer, fields{"automated": fields{"prune": true, "selfHeal": true}}, "template", "spec", "syncPolicy"), true,
		},
		"syncs by itself again": {at(fields{}, "template", "spec", "syncPolicy"), base, true},
		"a patched revision":    {patched(base, "{}"), patched(base, "spec: {source: {targetRevision: v3}}"), false},
		"a patched destination": {patched(base, "{}"), patched(base, "spec: {destination: {namespace: x}}"), true},
		"new ones":              {base, at(generated(5), "generators"), false},
		"new ones that may have stayed behind": {
			at(stays, "syncPolicy"), with(t, at(generated(5), "generators"), stays, "syncPolicy"), true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := startsOf(t, &argoCD{}, update(t, test.before, test.after))
			NewWithT(t).Expect(found.Repairs).To(Equal(test.want))
		})
	}
	t.Run("what exists already", func(t *testing.T) {
		NewWithT(t).Expect(startsOf(t, &argoCD{}, creation(t, base)).Repairs).To(BeFalse())
	})
}

// TestStartsOfWhatIsNotCountedByName is about the Applications of a git generator, which an annotation counts.
func TestStartsOfWhatIsNotCountedByName(t *testing.T) {
	git := goSpec(fields{"git": fields{"repoURL": "https://git.example.com/x.git", "revision": "HEAD"}})
	for name, test := range map[string]struct {
		of   spec
		want string
	}{
		"automated": {git, ""},
		"by hand": {
			with(t, git, fields{}, "template", "spec", "syncPolicy"), "its Applications do not sync by themselves (syncPolicy.automated)",
		},
		"patched": {
			with(t, git, "spec: {}", "templatePatch"), "templatePatch may turn off that Applications sync by themselves which are not counted by name",
		},
		"refreshed": {
			with(t, git, fields{"argocd.argoproj.io/refresh": "hard"}, "template", "metadata", "annotations"),
			"it tells Applications to sync (annotation refresh or hydrate)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			write := creation(t, test.of)
			write.Object.Metadata.Annotations = map[string]string{"seawall.dev/environments": "7"}
			found := startsOf(t, &argoCD{}, write)
			g.Expect(found.Unheld).To(Equal(test.want))
			g.Expect(found.Nameless).To(Equal(7))
			g.Expect(found.Repairs).To(BeTrue(), "which of them exist is not known")
			g.Expect(found.ClusterLabels["env"]).To(BeFalse())
		})
	}
}

func TestWhatStartsAreGroupedBy(t *testing.T) {
	g := NewWithT(t)
	secret := func(name string, labels map[string]any) *unstructured.Unstructured {
		labels["argocd.argoproj.io/secret-type"] = "cluster"
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"namespace": "argocd", "name": name, "labels": labels},
			"stringData": map[string]any{"name": name, "server": "https://" + name},
		}}
	}
	text := ""
	for _, one := range []*unstructured.Unstructured{
		secret("a", map[string]any{"ring": "1", "env": "prod"}), secret("b", map[string]any{"ring": "2"}),
	} {
		json, err := one.MarshalJSON()
		g.Expect(err).NotTo(HaveOccurred())
		text += string(json) + "\n---\n"
	}
	registered := fields{"matchLabels": fields{"argocd.argoproj.io/secret-type": "cluster"}} // not that of Argo CD itself
	of := goSpec(fields{"clusters": fields{"selector": registered}})
	of = with(t, of, "{{.name}}", "template", "metadata", "labels", "env")
	of = with(t, of, "{{.server}}", "template", "spec", "destination", "server")
	of = with(t, of, []any{"a.yaml"}, "template", "spec", "source", "helm", "valueFiles")

	found := startsOf(t, newArgoCD(t, []byte(text)), creation(t, of))
	g.Expect(found.Project).To(BeTrue())
	g.Expect(found.Source).To(BeTrue())
	g.Expect(found.Labels["env"]).To(BeTrue())
	g.Expect(found.Labels["ring"]).To(BeFalse(), "that is one of the clusters")
	g.Expect(found.ClusterLabels["ring"]).To(BeTrue())
	g.Expect(found.ClusterLabels["env"]).To(BeFalse(), "b has none")

	patched := startsOf(t, newArgoCD(t, []byte(text)), creation(t, with(t, of, "metadata: {labels: {env: x}}", "templatePatch")))
	g.Expect(patched.Labels["env"]).To(BeFalse(), "a patch may take it away")
	bare := startsOf(t, &argoCD{}, creation(t, with(t, tenants(2), fields{"destination": fields{"name": "a"}, "syncPolicy": fields{"automated": fields{}}}, "template", "spec")))
	g.Expect(bare.Project).To(BeFalse())
	g.Expect(bare.Source).To(BeFalse())
	g.Expect(bare.ClusterLabels["ring"]).To(BeFalse(), "which clusters these are is not known")
}
