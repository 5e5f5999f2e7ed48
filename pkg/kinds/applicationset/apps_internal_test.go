package applicationset

import (
	"hash/maphash"
	"strings"
	"testing"

	"github.com/onsi/gomega"
)

// TestAnEntryThatIsDroppedLeavesNothing holds for every name, the empty one included, whether or
// not the table has grown meanwhile.
func TestAnEntryThatIsDroppedLeavesNothing(t *testing.T) {
	for kept := range 3 {
		for dropped := range 40 {
			g := gomega.NewWithT(t)
			all := &apps{seed: maphash.MakeSeed()}
			add := func(name string) bool { return all.add(append([]byte(nil), name...), &app{}) } // nil for no name
			names := func(i int) string { return strings.Repeat("x", i) }
			for i := range kept {
				g.Expect(add(names(i))).To(gomega.BeTrue())
			}
			all.keep()
			for i := range dropped {
				g.Expect(add(names(i))).To(gomega.Equal(i >= kept), "%q", names(i))
			}
			all.drop()
			g.Expect(all.len()).To(gomega.Equal(kept))
			for i := range max(kept, dropped) {
				g.Expect(all.named(names(i)) != nil).To(gomega.Equal(i < kept), "%q", names(i))
			}
			for i := range kept {
				g.Expect(all.named(names(i)).copies).To(gomega.Equal(uint32(1)))
			}
		}
	}
}
