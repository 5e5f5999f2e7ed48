package custom_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const samples = "../../../config/samples/rolloutkinds"

// sample returns one of the RolloutKinds that docs/custom-kinds.md explains.
func sample(tb testing.TB, file string) *v1alpha1.RolloutKind {
	tb.Helper()
	g := gomega.NewWithT(tb)
	text, err := os.ReadFile(filepath.Join(samples, file))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var source v1alpha1.RolloutKind
	g.Expect(yaml.UnmarshalStrict(text, &source)).To(gomega.Succeed())
	return &source
}

func newKind(source *v1alpha1.RolloutKind) kindtest.NewKind {
	return func(registry *inventory.Registry) rollout.Kind {
		kind, err := custom.New(source, custom.NewInventories(registry, &source.Spec))
		if err != nil {
			panic(err) // in a fuzz target there is no testing.TB to tell
		}
		return kind
	}
}

func sampleFiles(t *testing.T) []string {
	t.Helper()
	g := gomega.NewWithT(t)
	paths, err := filepath.Glob(filepath.Join(samples, "*.yaml"))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var names []string
	for _, path := range paths {
		if name := filepath.Base(path); name != "kustomization.yaml" {
			names = append(names, name)
		}
	}
	g.Expect(names).NotTo(gomega.BeEmpty())
	return names
}

func TestSamples(t *testing.T) {
	for _, file := range sampleFiles(t) {
		t.Run(file, func(t *testing.T) {
			kindtest.Run(t, newKind(sample(t, file)))
			folders, err := filepath.Glob(filepath.Join("testdata", strings.TrimSuffix(file, ".yaml"), "*"))
			g := gomega.NewWithT(t)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(len(folders)).To(gomega.BeNumerically(">=", 6))
		})
	}
}

func TestTheDocumentationShowsTheSamples(t *testing.T) {
	g := gomega.NewWithT(t)
	page, err := os.ReadFile("../../../docs/custom-kinds.md")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	for _, file := range sampleFiles(t) {
		text, err := os.ReadFile(filepath.Join(samples, file))
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(string(page)).To(gomega.ContainSubstring("```yaml\n"+string(text)+"```\n"), file)
	}
}

func FuzzClusterClass(f *testing.F) { kindtest.Fuzz(f, newKind(sample(f, "clusterclass.yaml"))) }
func FuzzClusterGroupUpgrade(f *testing.F) {
	kindtest.Fuzz(f, newKind(sample(f, "clustergroupupgrade.yaml")))
}
func FuzzApplication(f *testing.F) { kindtest.Fuzz(f, newKind(sample(f, "application.yaml"))) }
