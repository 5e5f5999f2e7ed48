package kinds_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// What a kind says that it reads is what it asks for, in all of its fixtures together.
func TestKindsReadWhatTheySay(t *testing.T) {
	all, _ := kinds.Named()
	for i, kind := range all {
		t.Run(kind.Name, func(t *testing.T) {
			g := NewWithT(t)
			asked := map[string]bool{}
			for _, folder := range fixtures(g, kind) {
				static, write := load(t, folder)
				maps.Copy(asked, asks(t, i, static, write))
			}
			g.Expect(kind.Reads).To(ConsistOf(slices.Collect(maps.Keys(asked))))
		})
	}
}

// load reads a fixture whatever else its kind wants of it.
func load(t *testing.T, folder string) (inventory.Static, rollout.Write) {
	t.Helper()
	g := NewWithT(t)
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(folder, name))
		g.Expect(err).To(Or(Not(HaveOccurred()), MatchError(os.ErrNotExist)))
		return text
	}
	var want kindtest.Want
	g.Expect(yaml.Unmarshal(read("want.yaml"), &want)).To(Succeed())
	static := inventory.Static{Objects: kindtest.Objects(t, read("inventory.yaml")), Absent: want.Absent}
	return static, kindtest.Write(t, want.Operation, read("object.yaml"), read("old.yaml"))
}

// asks returns the resources that a kind, by its place in the list, asks for to read a write: each as soon
// as those before it are given.
func asks(t *testing.T, kind int, static inventory.Static, write rollout.Write) map[string]bool {
	t.Helper()
	given := map[string]bool{}
	static.Given = func(source inventory.Source) bool { return given[source.String()] }
	for before := -1; before < len(given); {
		before = len(given)
		missed := map[string]bool{}
		static.Missed = func(source inventory.Source) { missed[source.String()] = true }
		registry := inventory.NewStaticRegistry(static)
		argoCD := argocd.New(registry, "argocd", argocd.ProgressiveSyncsAuto)
		listed := kinds.All(kinds.Inventories{ArgoCD: argoCD, ArgoCDNamespace: "argocd", Registry: registry})
		_, _ = listed[kind].Reader.Read(t.Context(), write) // which fails until all is given
		maps.Copy(given, missed)
	}
	return given
}
