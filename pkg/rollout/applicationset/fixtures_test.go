package applicationset_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/applicationset"
)

// argoCD is the inventory of a test.
type argoCD struct {
	clusters    []inventory.Cluster
	progressive bool
	err         error
	asked       int
}

func (a *argoCD) Select(selector labels.Selector) ([]inventory.Cluster, error) {
	a.asked++
	var selected []inventory.Cluster
	for _, cluster := range a.clusters {
		if selector.Matches(labels.Set(cluster.Labels)) {
			selected = append(selected, cluster)
		}
	}
	return selected, a.err
}

func (a *argoCD) ProgressiveSyncs() (bool, error) { return a.progressive, a.err }

func (a *argoCD) read(write rollout.Write) (rollout.Change, error) {
	return applicationset.Kind(a, a).Reader.Read(context.Background(), write)
}

// step is a rollout.Step as fixtures spell it.
type step struct {
	Added    []string `json:"added,omitempty"`
	Changed  []string `json:"changed,omitempty"`
	Removed  []string `json:"removed,omitempty"`
	Released []string `json:"released,omitempty"`
	Declared int      `json:"declared,omitempty"`
	InFlight int      `json:"inFlight"`
	Pace     string   `json:"pace,omitempty"`
}

// want is what a fixture expects.
type want struct {
	Operation        rollout.Operation `json:"operation,omitempty"`
	ProgressiveSyncs bool              `json:"progressiveSyncs,omitempty"`
	Environments     int               `json:"environments,omitempty"`
	Affected         int               `json:"affected"`
	Steps            []step            `json:"steps,omitempty"`
	Held             int               `json:"held,omitempty"`
	Evidence         string            `json:"evidence,omitempty"`
	Warnings         []string          `json:"warnings,omitempty"`
	Error            string            `json:"error,omitempty"`
	AtLeast          int               `json:"atLeast,omitempty"`
}

func steps(change rollout.Change) []step {
	var all []step
	for _, group := range change.Steps {
		read := step{Declared: group.Declared, InFlight: group.InFlight, Pace: group.PaceRemedy}
		for _, target := range group.Targets {
			switch target.Effect {
			case rollout.Added:
				read.Added = append(read.Added, target.Name)
			case rollout.Changed:
				read.Changed = append(read.Changed, target.Name)
			case rollout.Removed:
				read.Removed = append(read.Removed, target.Name)
			case rollout.Released:
				read.Released = append(read.Released, target.Name)
			}
		}
		all = append(all, read)
	}
	return all
}

func TestFixtures(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() == "fuzz" {
			continue
		}
		t.Run(entry.Name(), func(t *testing.T) {
			g := NewWithT(t)
			dir := filepath.Join("testdata", entry.Name())
			var want want
			g.Expect(yaml.UnmarshalStrict(file(t, dir, "want.yaml"), &want)).To(Succeed(), "every fixture has a want.yaml")
			orphans(t, dir)
			argo := &argoCD{clusters: clusters(t, file(t, dir, "inventory.yaml")), progressive: want.ProgressiveSyncs}
			change, err := argo.read(fixture(t, dir, want.Operation))
			if want.Error != "" {
				g.Expect(err).To(MatchError(want.Error))
				if unresolved, is := errors.AsType[*rollout.UnresolvedError](err); is {
					g.Expect(unresolved.AtLeast).To(Equal(want.AtLeast))
				}
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			got := steps(change)
			for i := range got {
				if i < len(want.Steps) && want.Steps[i].Pace == "" {
					got[i].Pace = "" // asserted only where the fixture spells it
				}
			}
			g.Expect(got).To(Equal(want.Steps))
			g.Expect(change.Affected()).To(Equal(want.Affected))
			g.Expect(change.Environments).To(Equal(want.Environments))
			g.Expect(change.Held).To(Equal(want.Held))
			g.Expect(change.Evidence).To(Equal(want.Evidence))
			g.Expect(change.Warnings).To(Equal(want.Warnings))
		})
	}
}

// orphans fails for files that the harness does not read.
func orphans(t *testing.T, dir string) {
	t.Helper()
	g := NewWithT(t)
	entries, err := os.ReadDir(dir)
	g.Expect(err).NotTo(HaveOccurred())
	for _, entry := range entries {
		g.Expect([]string{"object.yaml", "old.yaml", "inventory.yaml", "want.yaml"}).To(ContainElement(entry.Name()), dir)
	}
}

// file returns a file of a fixture, or nothing if there is none.
func file(tb testing.TB, dir, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	return data
}

func fixture(tb testing.TB, dir string, operation rollout.Operation) rollout.Write {
	tb.Helper()
	write := rollout.Write{Operation: operation, Namespace: "argocd", Name: "fixture"}
	if object := file(tb, dir, "object.yaml"); object != nil {
		write.Object = toJSON(tb, object)
	}
	if old := file(tb, dir, "old.yaml"); old != nil {
		write.OldObject = toJSON(tb, old)
	}
	return withMetadata(tb, write)
}

// withMetadata fills in what the webhook would.
func withMetadata(tb testing.TB, write rollout.Write) rollout.Write {
	tb.Helper()
	object := write.Object
	if write.Operation == rollout.Delete {
		object = write.OldObject
	}
	var err error
	if write.Metadata, err = rollout.ParseMetadata(object); err != nil {
		tb.Fatal(err)
	}
	return write
}

func toJSON(tb testing.TB, text []byte) []byte {
	tb.Helper()
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// clusters reads cluster Secrets.
func clusters(tb testing.TB, text []byte) []inventory.Cluster {
	tb.Helper()
	var all []inventory.Cluster
	for document := range strings.SplitSeq(string(text), "\n---") {
		var secret struct {
			Metadata struct {
				Name, Namespace     string
				Labels, Annotations map[string]string
			}
			StringData map[string]string
		}
		if err := yaml.Unmarshal([]byte(document), &secret); err != nil {
			tb.Fatal(err)
		}
		if secret.Metadata.Name != "" {
			all = append(all, inventory.Cluster{
				Secret: secret.Metadata.Name, Namespace: secret.Metadata.Namespace,
				Name: secret.StringData["name"], Server: secret.StringData["server"], Project: secret.StringData["project"],
				Labels: secret.Metadata.Labels, Annotations: secret.Metadata.Annotations,
			})
		}
	}
	return all
}
