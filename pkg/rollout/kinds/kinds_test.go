package kinds_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/kinds"
)

// A kind lives in the package ../<its name in lower case>, with fixtures in its testdata.
func folder(kind rollout.Kind) string { return strings.ToLower(kind.Name) }

func TestEveryKindHasFixtures(t *testing.T) {
	for _, kind := range kinds.All(kinds.Inventories{}) {
		t.Run(kind.Name, func(t *testing.T) {
			g := NewWithT(t)
			fixtures, err := filepath.Glob(filepath.Join("..", folder(kind), "testdata", "*", "want.yaml"))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(len(fixtures)).To(BeNumerically(">=", 12))
		})
	}
}

func TestEveryFolderOfFixturesHasAKind(t *testing.T) {
	g := NewWithT(t)
	entries, err := os.ReadDir("..")
	g.Expect(err).NotTo(HaveOccurred())
	all := kinds.All(kinds.Inventories{})
	for _, entry := range entries {
		_, err := os.Stat(filepath.Join("..", entry.Name(), "testdata"))
		if err != nil || !entry.IsDir() {
			continue
		}
		g.Expect(slices.ContainsFunc(all, func(kind rollout.Kind) bool { return folder(kind) == entry.Name() })).
			To(BeTrue(), "%s has fixtures and is no kind", entry.Name())
	}
}

func TestKindsAreComplete(t *testing.T) {
	for _, kind := range kinds.All(kinds.Inventories{}) {
		t.Run(kind.Name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(kind.Group).NotTo(BeEmpty())
			g.Expect(kind.Group).NotTo(ContainSubstring("*"))
			g.Expect(kind.Versions).NotTo(BeEmpty())
			g.Expect(kind.Resource).To(Equal(strings.ToLower(kind.Resource)))
			g.Expect(kind.Reader).NotTo(BeNil())
		})
	}
}
