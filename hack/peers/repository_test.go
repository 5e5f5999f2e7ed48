package peers

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

func TestRepositoryServesWhatWasCommitted(t *testing.T) {
	g := NewWithT(t)
	repository, err := ServeRepository(t.Context(), t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	first, err := repository.Commit(t.Context(), "First", map[string]string{"app/one.yaml": "1", "app/two.yaml": "1"})
	g.Expect(err).NotTo(HaveOccurred())
	second, err := repository.Commit(t.Context(), "Second", map[string]string{"app/two.yaml": "2"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(second).NotTo(Equal(first))

	clone := filepath.Join(t.TempDir(), "clone")
	_, err = repository.run(t.Context(), "clone", "--quiet", repository.URL, clone)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(repository.run(t.Context(), "-C", clone, "rev-parse", "HEAD")).To(Equal(second))
	g.Expect(os.ReadFile(filepath.Join(clone, "app", "one.yaml"))).To(BeEquivalentTo("1"))
	g.Expect(os.ReadFile(filepath.Join(clone, "app", "two.yaml"))).To(BeEquivalentTo("2"))

	_, err = repository.Commit(t.Context(), "Nothing", nil)
	g.Expect(err).To(MatchError(ContainSubstring("git ")), "a commit without a change")
}
