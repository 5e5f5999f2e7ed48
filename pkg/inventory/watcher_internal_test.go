package inventory

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
)

// TestWhatIsMissingForAMomentIsNotGone holds that an API server that has just started, and does not tell of all
// definitions yet, takes none away.
func TestWhatIsMissingForAMomentIsNotGone(t *testing.T) {
	g := gomega.NewWithT(t)
	served, never, now := &feed{}, &feed{}, time.Now()
	w := &Watcher{running: map[*feed]*running{served: {}}, doubted: map[*feed]time.Time{}}
	g.Expect(w.doubts(never, false, now)).To(gomega.BeFalse(), "it never was there")
	g.Expect(w.doubts(served, true, now)).To(gomega.BeFalse())
	g.Expect(w.doubts(served, false, now)).To(gomega.BeTrue())
	g.Expect(w.doubts(served, false, now.Add(4*time.Second))).To(gomega.BeTrue())
	g.Expect(w.doubts(served, true, now.Add(5*time.Second))).To(gomega.BeFalse(), "it is there again")
	g.Expect(w.doubted).To(gomega.BeEmpty())

	g.Expect(w.doubts(served, false, now.Add(10*time.Second))).To(gomega.BeTrue())
	g.Expect(w.doubts(served, false, now.Add(15*time.Second))).To(gomega.BeFalse(), "it is gone")
	g.Expect(w.doubted).To(gomega.BeEmpty())
}
