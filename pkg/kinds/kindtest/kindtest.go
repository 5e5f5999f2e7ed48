// Package kindtest runs the fixtures of a kind of rollout: folders
// testdata/<kind>/<case>/ with the written object, the stored one, the inventory, and what
// is wanted.
package kindtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// NewKind returns the kind under test with an inventory of its own.
type NewKind func(registry *inventory.Registry) rollout.Kind

// Step is a rollout.Step as fixtures spell it.
type Step struct {
	Name     string   `json:"name,omitempty"`
	Added    []string `json:"added,omitempty"`
	Changed  []string `json:"changed,omitempty"`
	Removed  []string `json:"removed,omitempty"`
	Released []string `json:"released,omitempty"`
	// Size stands for the names of the environments where those are too many to spell.
	Size     int    `json:"size,omitempty"`
	Declared int    `json:"declared,omitempty"`
	Gone     int    `json:"gone,omitempty"`
	InFlight int    `json:"inFlight"`
	Later    bool   `json:"later,omitempty"`
	Open     bool   `json:"open,omitempty"`
	Pace     string `json:"pace,omitempty"`
	Least    int    `json:"least,omitempty"`
	Split    string `json:"split,omitempty"`
}

// Want is what a fixture expects, in its want.yaml.
type Want struct {
	Operation rollout.Operation `json:"operation"`
	// Absent are resources that the API server does not serve.
	Absent       []string `json:"absent,omitempty"`
	Environments int      `json:"environments,omitempty"`
	Affected     int      `json:"affected"`
	Steps        []Step   `json:"steps,omitempty"`
	Held         int      `json:"held,omitempty"`
	Evidence     string   `json:"evidence,omitempty"`
	Warnings     []string `json:"warnings,omitempty"`
	Error        string   `json:"error,omitempty"`
	AtLeast      int      `json:"atLeast,omitempty"`
	// Recount is wanted of Recount where that is not all but what is held.
	Recount *int `json:"recount,omitempty"`
}

// Run runs every fixture of the kind; a folder of the kind's without fixtures fails, and so
// does a file in them that nothing reads.
func Run(t *testing.T, newKind NewKind) {
	t.Helper()
	folder := Folder(newKind(inventory.NewStaticRegistry(inventory.Static{})))
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) {
			g := gomega.NewWithT(t)
			fixture := Load(t, filepath.Join(folder, entry.Name()))
			Recount(t, newKind(inventory.NewStaticRegistry(fixture.Static)), fixture.Write, fixture.Want.Recount)
			change, err := fixture.Read(newKind)
			if fixture.Want.Error != "" {
				g.Expect(err).To(gomega.MatchError(fixture.Want.Error))
				if unresolved, is := errors.AsType[*rollout.UnresolvedError](err); is {
					g.Expect(unresolved.AtLeast).To(gomega.Equal(fixture.Want.AtLeast))
				}
				return
			}
			g.Expect(err).NotTo(gomega.HaveOccurred())
			fixture.Want.Expect(g, change)
			Remedies(t, newKind(inventory.NewStaticRegistry(fixture.Static)), fixture.Write, change)
		})
	}
}

// Folder returns where a kind's fixtures are, relative to its package.
func Folder(kind rollout.Kind) string {
	return filepath.Join("testdata", strings.ToLower(kind.Name))
}

// Expect fails unless the change is the wanted one.
func (w Want) Expect(g gomega.Gomega, change rollout.Change) {
	g.Expect(spell(change.Steps, w.Steps)).To(gomega.Equal(w.Steps))
	g.Expect(change.Affected()).To(gomega.Equal(w.Affected))
	g.Expect(change.Environments).To(gomega.Equal(w.Environments))
	g.Expect(change.Held).To(gomega.Equal(w.Held))
	g.Expect(change.Evidence).To(gomega.Equal(w.Evidence))
	g.Expect(change.Warnings).To(gomega.Equal(w.Warnings))
}

// spell returns steps as fixtures spell them; their names and remedies only where the wanted one does.
func spell(steps []rollout.Step, wanted []Step) []Step {
	var all []Step
	for i, step := range steps {
		want := Step{}
		if i < len(wanted) {
			want = wanted[i]
		}
		read := Step{Declared: step.Declared, Gone: step.Gone, InFlight: step.InFlight, Later: step.Later, Open: step.Open}
		if want.Name != "" {
			read.Name = step.Name
		}
		if want.Pace != "" {
			read.Pace, read.Least = step.PaceRemedy, step.Least
		}
		if want.Split != "" {
			read.Split = step.SplitRemedy
		}
		if want.Size > 0 {
			read.Size = step.Size()
			all = append(all, read)
			continue
		}
		for _, target := range step.All() {
			names := map[rollout.Effect]*[]string{
				rollout.Added: &read.Added, rollout.Changed: &read.Changed,
				rollout.Removed: &read.Removed, rollout.Released: &read.Released,
			}[target.Effect]
			*names = append(*names, target.Name)
		}
		all = append(all, read)
	}
	return all
}

// Fixture is one case.
type Fixture struct {
	Write  rollout.Write
	Static inventory.Static
	Want   Want
}

// Load reads the case in a folder.
func Load(tb testing.TB, folder string) Fixture {
	tb.Helper()
	g := gomega.NewWithT(tb)
	var fixture Fixture
	g.Expect(yaml.UnmarshalStrict(read(tb, folder, "want.yaml"), &fixture.Want)).To(gomega.Succeed(), "every fixture has a want.yaml")
	g.Expect(fixture.Want.Operation).To(gomega.BeElementOf(rollout.Create, rollout.Update, rollout.Delete), "operation in %s", folder)
	entries, err := os.ReadDir(folder)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	for _, entry := range entries {
		g.Expect(entry.Name()).To(gomega.BeElementOf("object.yaml", "old.yaml", "inventory.yaml", "want.yaml"), "file in %s", folder)
	}
	fixture.Static = inventory.Static{Objects: Objects(tb, read(tb, folder, "inventory.yaml")), Absent: fixture.Want.Absent}
	fixture.Write = Write(tb, fixture.Want.Operation, read(tb, folder, "object.yaml"), read(tb, folder, "old.yaml"))
	return fixture
}

// Read lets the kind read the fixture's write.
func (f Fixture) Read(newKind NewKind) (rollout.Change, error) {
	return newKind(inventory.NewStaticRegistry(f.Static)).Reader.Read(context.Background(), f.Write)
}

func read(tb testing.TB, folder, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil && !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	return text
}
