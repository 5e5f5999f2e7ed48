package applicationset_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// FuzzRead holds that no object makes Read panic, and that a creation is either counted or
// an error: never nothing, unless the spec has no generator that yields anything.
func FuzzRead(f *testing.F) {
	root := kindtest.Folder((&argoCD{}).kind())
	folders, err := os.ReadDir(root)
	if err != nil {
		f.Fatal(err)
	}
	for _, folder := range folders {
		dir := filepath.Join(root, folder.Name())
		f.Add(toJSON(f, file(f, dir, "object.yaml")), toJSON(f, file(f, dir, "old.yaml")))
	}
	argo := &argoCD{progressive: true, clusters: []cluster{{Secret: "s", Namespace: "argocd", Name: "one", Server: "https://one"}}}
	reader := argo.kind().Reader
	f.Fuzz(func(t *testing.T, object, old []byte) {
		written, err := rollout.Cut(object)
		if err != nil {
			return // the webhook refuses it before any kind sees it
		}
		stored, err := rollout.Cut(old)
		if err != nil {
			stored = written
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		for _, operation := range []rollout.Operation{rollout.Update, rollout.Delete} {
			_, _ = reader.Read(ctx, rollout.Write{Operation: operation, Object: written, OldObject: stored})
		}
		change, err := reader.Read(ctx, rollout.Write{Operation: rollout.Create, Object: written})
		if err != nil {
			return
		}
		if counted := change.Affected() + change.Held; counted != change.Environments {
			t.Fatalf("%d affected or held of %d environments", counted, change.Environments)
		}
		if change.Environments == 0 && yields(object) {
			t.Fatal("nothing is counted of generators that yield something")
		}
	})
}

// yields is a plain recount: whether a list without a selector has an element.
func yields(object []byte) bool {
	var decoded map[string]any
	if json.Unmarshal(object, &decoded) != nil {
		return false
	}
	spec, _ := decoded["spec"].(map[string]any)
	entries, _ := spec["generators"].([]any)
	for _, entry := range entries {
		members, _ := entry.(map[string]any)
		list, _ := members["list"].(map[string]any)
		elements, _ := list["elements"].([]any)
		if len(elements) > 0 && members["selector"] == nil {
			return true
		}
	}
	return false
}

// TestDelta holds that an update affects exactly the names that differ, whatever the order.
func TestDelta(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.MapOf(rapid.StringMatching(`[a-d]{1,2}`), rapid.SampledFrom([]string{"v1", "v2", "v3"}))
		before, after := draw.Draw(t, "before"), draw.Draw(t, "after")
		goTemplate := rapid.Bool().Draw(t, "goTemplate")
		want := 0
		for name, version := range after {
			if before[name] != version {
				want++
			}
		}
		for name := range before {
			if _, stays := after[name]; !stays {
				want++
			}
		}
		change, err := (&argoCD{}).read(rollout.Write{
			Operation: rollout.Update, Object: versions(t, after, goTemplate), OldObject: versions(t, before, goTemplate),
		})
		if err != nil || change.Affected() != want || want > 0 && change.Environments != len(after) {
			t.Fatalf("%d affected of %d, want %d of %d: %v", change.Affected(), change.Environments, want, len(after), err)
		}
	})
}

// versions is a list in an order that is drawn.
func versions(t *rapid.T, of map[string]string, goTemplate bool) *rollout.Object {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	elements := []any{}
	if len(names) > 0 {
		for _, name := range rapid.Permutation(names).Draw(t, "order") {
			elements = append(elements, map[string]any{"name": name, "version": of[name]})
		}
	}
	name, version := "{{name}}", "{{version}}"
	if goTemplate {
		name, version = "{{.name}}", `{{.version | upper | lower}}`
	}
	data, err := json.Marshal(map[string]any{"metadata": map[string]any{}, "spec": spec{
		"goTemplate": goTemplate,
		"generators": []any{map[string]any{"list": map[string]any{"elements": elements}}},
		"template":   map[string]any{"metadata": map[string]any{"name": name}, "spec": map[string]any{"source": map[string]any{"targetRevision": version}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	object, err := rollout.Cut(data)
	if err != nil {
		t.Fatal(err)
	}
	return object
}
