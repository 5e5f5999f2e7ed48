package offline

import (
	"encoding/json"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func stock(t *testing.T, text string) Inventory {
	t.Helper()
	found, problems := NewInventory(manifest.Parse("stock", []byte(text)).Documents)
	gomega.NewWithT(t).Expect(problems).To(gomega.BeEmpty())
	return found
}

func TestStringDataIsWrittenWhereTheAPIServerDoes(t *testing.T) {
	for name, test := range map[string]struct{ object, want string }{
		"a Secret": {
			`{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {server: "https://a"}}`, `{"server": "aHR0cHM6Ly9h"}`,
		},
		"both, of which stringData wins": {
			`{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {name: eA==, server: eA==}, stringData: {server: "y"}}`,
			`{"name": "eA==", "server": "eQ=="}`,
		},
		"data only":      {`{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {name: eA==}}`, `{"name": "eA=="}`},
		"another group":  {`{apiVersion: example.com/v1, kind: Secret, metadata: {name: a}, stringData: {a: b}}`, `null`},
		"another object": {`{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, stringData: {a: b}}`, `null`},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			object := stock(t, test.object).Objects[0]
			data, err := json.Marshal(object.Object["data"])
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(data).To(gomega.MatchJSON(test.want))
			_, left := object.Object["stringData"]
			g.Expect(left).To(gomega.Equal(test.want == "null"))
		})
	}
}

const clusters = `
apiVersion: v1
kind: Secret
metadata: {name: one, namespace: argocd, labels: {argocd.argoproj.io/secret-type: cluster}}
stringData: {name: one, server: "https://one"}
`

const head = "apiVersion: cli.seawall.dev/v1alpha1\nkind: InventorySnapshot\nmetadata: {name: inventory}\ntaken: 2026-11-29T09:00:00Z\nserver: here\nresources:\n"

func TestWhatIsGiven(t *testing.T) {
	secrets := inventory.Source{
		Versions: []string{"v1"}, Resource: "secrets", Kind: "Secret", Namespace: "argocd", Label: "argocd.argoproj.io/secret-type=cluster",
	}
	for name, test := range map[string]struct {
		text string
		want bool
	}{
		"nothing":                 {"", false},
		"an object of it":         {clusters, true},
		"a snapshot of all of it": {head + "- {resource: secrets, objects: 0}\n", true},
		"of the same": {
			head + "- {resource: secrets, namespace: argocd, label: argocd.argoproj.io/secret-type=cluster, objects: 0}\n", true,
		},
		"of another namespace": {head + "- {resource: secrets, namespace: elsewhere, objects: 0}\n", false},
		"of another label":     {head + "- {resource: secrets, label: a=b, objects: 0}\n", false},
		"of another resource":  {head + "- {resource: configmaps, objects: 0}\n", false},
		"what could not be listed": {
			head + "- {resource: secrets, objects: 0, error: forbidden}\n", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := stock(t, test.text)
			gomega.NewWithT(t).Expect(found.gives(secrets)).To(gomega.Equal(test.want))
		})
	}
	gomega.NewWithT(t).Expect(stock(t, head+"- {resource: clusters.fleet.cattle.io, absent: true, objects: 0}\n").Absent).
		To(gomega.Equal([]string{"clusters.fleet.cattle.io"}))
}

func TestWhatIsNoStringIsAProblem(t *testing.T) {
	g := gomega.NewWithT(t)
	secret := "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: argocd}\nstringData:\n  name: a\n  server: yes\n"
	found, problems := NewInventory(manifest.Parse("stock", []byte(secret)).Documents)
	g.Expect(found.Objects).To(gomega.BeEmpty())
	g.Expect(problems).To(gomega.HaveExactElements(gomega.MatchError(
		"stock:6: Secret argocd/a: stringData.server is no string: want one, in quotes where YAML takes it for something else")))
}

func TestASnapshotThatIsNoneIsAProblem(t *testing.T) {
	g := gomega.NewWithT(t)
	found, problems := NewInventory(manifest.Parse("stock", []byte(clusters+"---\n"+head+"- {resource: 5}\n")).Documents)
	g.Expect(found.Objects).To(gomega.HaveLen(1))
	g.Expect(problems).To(gomega.HaveExactElements(gomega.MatchError(gomega.ContainSubstring("stock:12: InventorySnapshot: "))))
}

// everyone is an ApplicationSet of all clusters.
const everyone = `{"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "web", "namespace": "argocd"},
	"spec": {"generators": [{"clusters": {"selector": {"matchLabels": {"argocd.argoproj.io/secret-type": "cluster"}}}}],
	"template": {"metadata": {"name": "web-{{name}}"}, "spec": {"project": "default", "destination": {"server": "{{server}}", "namespace": "web"},
	"source": {"repoURL": "https://example.com/web", "path": ".", "targetRevision": "v1"}}}}}`

// judged judges the creation of that by a policy and an inventory.
func judged(t *testing.T, world *World, policies string) Judgement {
	t.Helper()
	g := gomega.NewWithT(t)
	problems, err := world.Add(t.Context(), manifest.Parse("policies", []byte(policies)).Documents...)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(problems).To(gomega.BeEmpty())
	object, err := rollout.Cut([]byte(everyone))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	found, err := world.Judge(t.Context(), evaluate.Write{
		Kind:  manifest.Identity{APIVersion: "argoproj.io/v1alpha1", Kind: "ApplicationSet"}.GroupKind(),
		Write: rollout.Write{Operation: rollout.Create, Namespace: "argocd", Name: "web", Object: object},
	})
	g.Expect(err).NotTo(gomega.HaveOccurred())
	return found
}

const lenient = `{maxWaveFailureProbability: "0.2", successRate: {default: "0.99"}`

func TestWhatIsMissingIsNamed(t *testing.T) {
	for name, test := range map[string]struct {
		stock   string
		missing []string
		reason  policy.Reason
	}{
		"nothing is given":        {"", []string{"secrets"}, policy.Unresolved},
		"a cluster is given":      {clusters, nil, policy.Within},
		"a snapshot has none":     {head + "- {resource: secrets, objects: 0}\n", nil, policy.NoChange},
		"none could be listed":    {head + "- {resource: secrets, objects: 0, error: forbidden}\n", []string{"secrets"}, policy.Unresolved},
		"something else is given": {"{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: argocd}}", []string{"secrets"}, policy.Unresolved},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			found := judged(t, New(Options{Inventory: stock(t, test.stock)}), own("WavePolicy", "p", lenient+"}"))
			g.Expect(found.Missing).To(gomega.Equal(test.missing))
			g.Expect(found.Decision.Verdict.Reason).To(gomega.Equal(test.reason), found.Decision.Verdict.Message)
		})
	}
}

func TestNamespaces(t *testing.T) {
	const (
		selecting = lenient + ", match: {namespaceSelector: {matchLabels: {tier: prod}}}}"
		byName    = lenient + ", match: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: argocd}}}}"
	)
	namespace := func(labels string) string {
		return clusters + "---\n{apiVersion: v1, kind: Namespace, metadata: {name: argocd, labels: {" + labels + "}}}\n"
	}
	for name, test := range map[string]struct {
		stock, policy string
		missing       []string
		reason        policy.Reason
	}{
		"nobody asks about them":     {clusters, lenient + "}", nil, policy.Within},
		"one that is not given":      {clusters, selecting, []string{"namespaces"}, policy.NotJudged},
		"one that is selected":       {namespace("tier: prod"), selecting, nil, policy.Within},
		"one that is not":            {namespace("tier: dev"), selecting, nil, policy.NotJudged},
		"its name, which is a label": {namespace("tier: dev"), byName, nil, policy.Within},
		"another than is given": {
			clusters + "---\n{apiVersion: v1, kind: Namespace, metadata: {name: other}}\n", selecting, []string{"namespaces"}, policy.NotJudged,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			found := judged(t, New(Options{Inventory: stock(t, test.stock)}), own("WavePolicy", "p", test.policy))
			g.Expect(found.Missing).To(gomega.Equal(test.missing))
			g.Expect(found.Decision.Verdict.Reason).To(gomega.Equal(test.reason), found.Decision.Verdict.Message)
		})
	}
}
