package oracle

import (
	"math/rand/v2"
	"testing"

	"github.com/seawall-dev/seawall/pkg/kinds/applicationset"
	"github.com/seawall-dev/seawall/pkg/revision"
)

// writesOfOne is how many writes there are for one repository.
const writesOfOne = 10

// TestSeawallReadsGitAsArgoCDDoes compares git generators on random trees, which Argo CD's own repo-server
// reads on one side, and Seawall on the other in a clone.
func TestSeawallReadsGitAsArgoCDDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Argo CD")
	}
	made := map[uint64]map[string]*repository{}
	compare(t, func(yield func(write) bool) {
		for number := range *count / writesOfOne {
			of := number / writesOfOne
			if *only >= 0 && uint64(*only) != number {
				continue
			}
			if made[of] == nil {
				made[of] = repositories(t, &chance{Rand: rand.New(rand.NewPCG(*seed, of))})
			}
			if !yield(gitWrite(number, made[of])) {
				return
			}
		}
	})
}

// clones are what Seawall asks of the repositories.
func (w write) clones(t *testing.T) applicationset.Repositories {
	t.Helper()
	if len(w.Repositories) == 0 {
		return nil
	}
	clones := revision.NewClones(t.Context(), t.TempDir())
	for url, folder := range w.Repositories {
		if err := clones.Add(t.Context(), url, folder); err != nil {
			t.Fatal(err)
		}
	}
	return clones
}
