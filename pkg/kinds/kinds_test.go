package kinds_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// fixtures returns the folders of a kind's fixtures, wherever its package is.
func fixtures(g Gomega, kind rollout.Kind) []string {
	folders, err := filepath.Glob(filepath.Join("*", kindtest.Folder(kind), "*"))
	g.Expect(err).NotTo(HaveOccurred())
	return folders
}

func TestEveryKindHasFixtures(t *testing.T) {
	all, _ := kinds.Named()
	for _, kind := range all {
		t.Run(kind.Name, func(t *testing.T) {
			g := NewWithT(t)
			folders := fixtures(g, kind)
			g.Expect(len(folders)).To(BeNumerically(">=", 6))
			withOld := slices.DeleteFunc(slices.Clone(folders), func(folder string) bool {
				_, err := os.Stat(filepath.Join(folder, "old.yaml"))
				return err != nil
			})
			g.Expect(withOld).NotTo(BeEmpty(), "a delta needs an old object")
			g.Expect(folders).To(ContainElement(HaveSuffix(string(filepath.Separator)+"live")), "the case for a real API server")
		})
	}
}

func TestEveryFolderOfFixturesHasAKind(t *testing.T) {
	g := NewWithT(t)
	all, _ := kinds.Named()
	known := map[string]bool{"fuzz": true}
	for _, kind := range all {
		known[filepath.Base(kindtest.Folder(kind))] = true
	}
	folders, err := filepath.Glob(filepath.Join("*", "testdata", "*"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(folders).NotTo(BeEmpty())
	for _, folder := range folders {
		if strings.Contains(folder, configured) {
			continue
		}
		g.Expect(known).To(HaveKey(filepath.Base(folder)), "%s has fixtures and is no kind", folder)
	}
}

// configured is the package of the kinds that are configured, not listed.
const configured = "custom"

func TestKindsAreComplete(t *testing.T) {
	all, _ := kinds.Named()
	for _, kind := range all {
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

// Beside the code of every kind stands what it counts, in sentences for docs/kinds.md.
func TestKindsHaveAMeaning(t *testing.T) {
	g := NewWithT(t)
	files, err := filepath.Glob("*/meaning.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	meanings := map[string]map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(yaml.UnmarshalStrict(text, &meanings)).To(Succeed(), file)
	}
	all, _ := kinds.Named()
	g.Expect(meanings).To(HaveLen(len(all)))
	for _, kind := range all {
		for _, part := range []string{"environments", "waves", "delta", "inventory", "unknown"} {
			g.Expect(meanings[kind.Name][part]).To(HaveSuffix("."), "%s: %s", kind.Name, part)
		}
	}
}

func TestNoKindIsListedTwice(t *testing.T) {
	g := NewWithT(t)
	all, _ := kinds.Named()
	seen := map[string]bool{}
	for _, kind := range all {
		g.Expect(seen).NotTo(HaveKey(kind.Name + "." + kind.Group))
		seen[kind.Name+"."+kind.Group] = true
	}
}
