package applicationset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// cluster is what a test's Secret says of a cluster.
type cluster struct {
	Secret, Namespace, Name, Server, Project string
	Labels, Annotations                      inventory.Pairs
}

// fleet is the inventory of the property tests.
type fleet []cluster

func (f fleet) Select(selector labels.Selector) (argocd.Clusters, error) {
	secrets := make([]*corev1.Secret, len(f))
	for i, cluster := range f {
		secrets[i] = &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: cluster.Namespace, Name: cluster.Secret, Labels: cluster.Labels.Map(), Annotations: cluster.Annotations.Map(),
			},
			StringData: map[string]string{"name": cluster.Name, "server": cluster.Server},
		}
		secrets[i].Labels["argocd.argoproj.io/secret-type"] = "cluster"
	}
	return argocd.NewStatic(false, secrets...).Select(selector)
}

func (fleet) ProgressiveSyncs() (bool, error) { return true, nil }

func (fleet) SyncPolicy(asked string) string { return asked }

// read reads a write in two ways: with fields looked up, and with all parameters made.
func (f fleet) read(write rollout.Write, rendered bool) (rollout.Change, error) {
	kind := Kind(Inventory{Clusters: f, Switches: f})
	kind.Reader.(*reader).rendered = rendered
	return kind.Reader.Read(context.Background(), write)
}

func drawPairs(t *rapid.T, label string) inventory.Pairs {
	key := rapid.SampledFrom([]string{"env", "a/b", "dotted.key", "argocd.argoproj.io/refresh", "seawall.dev/sync-success-rate"})
	return inventory.PairsOf(rapid.MapOfN(key, rapid.SampledFrom([]string{"", "dev", "prod", "0.9", "<b>&"}), 0, 3).Draw(t, label))
}

func drawFleet(t *rapid.T) fleet {
	clusters := make(fleet, rapid.IntRange(0, 5).Draw(t, "clusters"))
	for i := range clusters {
		clusters[i] = cluster{
			Secret: fmt.Sprint("s", i), Namespace: "argocd",
			Name:   rapid.SampledFrom([]string{"", "One", "two", "three", "four_4"}).Draw(t, "name"),
			Server: rapid.SampledFrom([]string{"https://a", "https://b", argocd.InCluster().Server()}).Draw(t, "server"),
			Labels: drawPairs(t, "labels"), Annotations: drawPairs(t, "annotations"),
		}
	}
	return clusters
}

// drawText draws a template of plain fields in one of the two languages.
func drawText(t *rapid.T, goTemplate bool) string {
	parts := []string{"x", "-", "", "{{ name }}", "{{name}}", "{{server}}", "{{metadata.labels.env}}", "{{metadata.labels.dotted.key}}", "{{values.v}}", "{{}}", "{{missing}}", "{{metadata}}", "{{values}}"}
	if goTemplate {
		parts = []string{
			"x", "-", "", "{{.name}}", "{{ .nameNormalized }}", "{{.server}}", "{{.project}}", "{{.metadata.labels.env}}", `{{index .metadata.labels "a/b"}}`,
			`{{ index .metadata.annotations "dotted.key" }}`, "{{.values.v}}", "{{.values.own}}", "{{.number}}", "{{.missing}}", "{{.deep.er.x}}", "{{.deep}}", "{{.name | upper}}", "{{- .name}}",
			`{{index .deep "er" "x"}}`, "{{.metadata.annotations.env}}", "{{.deep.missing}}", "{{.null}}", "{{.null.x}}", "{{.name.x}}", "{{.metadata}}",
		}
	}
	text := ""
	for range rapid.IntRange(1, 3).Draw(t, "parts") {
		text += rapid.SampledFrom(parts).Draw(t, "part")
	}
	return text
}

func drawElement(t *rapid.T, goTemplate bool) map[string]any {
	texts := rapid.SampledFrom([]string{"", "one", "two", "<&>", "ünï\n\"", "{{.name}}"})
	element := map[string]any{}
	for key, text := range rapid.MapOfN(rapid.SampledFrom([]string{"name", "server", "project", "x", "metadata.labels.env"}), texts, 0, 4).Draw(t, "element") {
		element[key] = text
	}
	if rapid.Bool().Draw(t, "with values") {
		element["values"] = rapid.MapOfN(rapid.SampledFrom([]string{"v", "w"}), texts, 0, 2).Draw(t, "values")
	}
	if goTemplate && rapid.Bool().Draw(t, "deep") {
		element["number"], element["null"] = 8080, nil
		element["deep"] = rapid.SampledFrom([]any{map[string]any{"er": map[string]any{"x": "y"}}, "text", nil, map[string]any{}}).Draw(t, "deep value")
		element["metadata"] = map[string]any{"labels": map[string]any{"env": "listed", "a/b": 1}}
	}
	return element
}

func drawEntry(t *rapid.T, goTemplate bool, depth int) map[string]any {
	sorts := []string{"list", "clusters", "matrix"}
	if depth == 0 {
		sorts = sorts[:2]
	}
	entry := map[string]any{}
	switch sort := rapid.SampledFrom(sorts).Draw(t, "sort"); sort {
	case "list":
		elements := []any{}
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			elements = append(elements, drawElement(t, goTemplate))
		}
		entry[sort] = map[string]any{"elements": elements}
	case "clusters":
		config := map[string]any{"flatList": rapid.IntRange(0, 9).Draw(t, "flat") == 0}
		if rapid.Bool().Draw(t, "selects") {
			config["selector"] = map[string]any{"matchLabels": map[string]any{"env": "prod"}}
		}
		if rapid.Bool().Draw(t, "values") {
			config["values"] = map[string]any{"v": drawText(t, goTemplate), "own": "fixed"}
		}
		entry[sort] = config
	case "matrix":
		entry[sort] = map[string]any{"generators": []any{drawEntry(t, goTemplate, depth-1), drawEntry(t, goTemplate, depth-1)}}
	}
	if rapid.IntRange(0, 4).Draw(t, "filtered") == 0 {
		entry["selector"] = map[string]any{"matchExpressions": []any{map[string]any{"key": "name", "operator": "NotIn", "values": []any{"one"}}}}
	}
	return entry
}

func drawSpec(t *rapid.T) map[string]any {
	goTemplate := rapid.Bool().Draw(t, "goTemplate")
	var entries []any
	for range rapid.IntRange(1, 2).Draw(t, "entries") {
		entries = append(entries, drawEntry(t, goTemplate, 1))
	}
	spec := map[string]any{
		"goTemplate": goTemplate, "generators": entries,
		"goTemplateOptions": rapid.SampledFrom([][]string{{}, {"missingkey=default"}, {"missingkey=zero"}, {"missingkey=error"}, {"missingkey=error", "missingkey=invalid"}}).Draw(t, "options"),
	}
	drawTemplate(t, spec)
	return spec
}

func drawTemplate(t *rapid.T, spec map[string]any) {
	goTemplate, _ := spec["goTemplate"].(bool)
	text := func() string { return drawText(t, goTemplate) }
	metadata := map[string]any{"name": text(), "labels": map[string]any{"env": text()}}
	if rapid.Bool().Draw(t, "kept") {
		metadata["finalizers"] = []any{rapid.SampledFrom([]string{"other", resourcesFinalizer}).Draw(t, "finalizer")}
	}
	spec["template"] = map[string]any{"metadata": metadata, "spec": map[string]any{"project": text(), "source": map[string]any{"path": text(), "files": []any{text(), "y"}}}}
	if rapid.Bool().Draw(t, "rolling") {
		spec["strategy"] = map[string]any{"type": "RollingSync", "rollingSync": map[string]any{"steps": []any{
			map[string]any{"matchExpressions": []any{map[string]any{"key": "env", "operator": "In", "values": []any{"prod", "x"}}}, "maxUpdate": "50%"},
			map[string]any{"matchExpressions": []any{map[string]any{"key": "env", "operator": "NotIn", "values": []any{"dev"}}}},
		}}}
	}
}

func cutSpec(t *rapid.T, spec map[string]any) *rollout.Object {
	data, err := json.Marshal(map[string]any{"metadata": map[string]any{"name": "a", "namespace": "argocd"}, "spec": spec})
	if err != nil {
		t.Fatal(err)
	}
	object, err := rollout.Cut(data)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// sameBothWays fails unless a write reads the same in both ways.
func sameBothWays(t *rapid.T, argo fleet, write rollout.Write) {
	t.Helper()
	fast, fastErr := argo.read(write, false)
	slow, slowErr := argo.read(write, true)
	if fmt.Sprint(fastErr) != fmt.Sprint(slowErr) {
		t.Fatalf("%v, rendered: %v", fastErr, slowErr)
	}
	a, _ := errors.AsType[*rollout.UnresolvedError](fastErr)
	b, _ := errors.AsType[*rollout.UnresolvedError](slowErr)
	if !reflect.DeepEqual(a, b) {
		t.Fatalf("%+v, rendered: %+v", a, b)
	}
	for i := range fast.Steps {
		if i < len(slow.Steps) && !reflect.DeepEqual(fast.Steps[i].All(), slow.Steps[i].All()) {
			t.Fatalf("step %d: %v, rendered: %v", i, fast.Steps[i].All(), slow.Steps[i].All())
		}
		fast.Steps[i].Names = nil
	}
	for i := range slow.Steps {
		slow.Steps[i].Names = nil
	}
	if !reflect.DeepEqual(fast, slow) {
		t.Fatalf("%+v, rendered: %+v", fast, slow)
	}
}

// TestFieldsAreLookedUpAsTheyRender holds for creations: to look fields up and to render with all
// parameters come to the same.
func TestFieldsAreLookedUpAsTheyRender(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sameBothWays(t, drawFleet(t), rollout.Write{Operation: rollout.Create, Object: cutSpec(t, drawSpec(t))})
	})
}

// TestUpdatesAreLookedUpAsTheyRender holds the same for updates, of which some change no more than
// the template.
func TestUpdatesAreLookedUpAsTheyRender(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		argo, before := drawFleet(t), drawSpec(t)
		stored := cutSpec(t, before)
		after := before
		if rapid.Bool().Draw(t, "another") {
			after = drawSpec(t)
		} else {
			drawTemplate(t, after)
		}
		write := rollout.Write{Operation: rollout.Update, Object: cutSpec(t, after), OldObject: stored}
		sameBothWays(t, argo, write)
		write.Rewritten, write.Object = true, stored
		sameBothWays(t, argo, write)
	})
}
