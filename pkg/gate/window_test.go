package gate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

const (
	percent99 = risk.Probability(990_000_000)
	twentieth = risk.Probability(200_000_000) // allows 22 environments at 0.99
)

func tenMinutes() gate.Window {
	return gate.Window{Limit: risk.Limit{Max: twentieth}, Length: 10 * time.Minute, Holds: true}
}

func written(name string, n, minute int) gate.Write {
	return gate.Write{
		Rollout: gate.Rollout{Group: "argoproj.io", Kind: "ApplicationSet", Namespace: "argocd", Name: name, UID: "uid-" + name},
		Version: fmt.Sprint(name, "-", minute), Generation: int64(minute) + 1, Stored: int64(minute),
		Wave: risk.Uniform(n, percent99), At: noon().Add(time.Duration(minute) * time.Minute),
	}
}

// having returns the write of a rollout that has so many environments after it, of which it tears some down.
func having(write gate.Write, environments, tornDown int) gate.Write {
	write.Environments, write.TornDown = environments, tornDown
	return write
}

func creation(write gate.Write, content string) gate.Write {
	write.UID, write.Version, write.Content, write.Generation, write.Stored = "made-up-"+write.At.String(), "", content, 1, 0
	return write
}

func based(write gate.Write, version string) gate.Write {
	write.Version = version
	return write
}

func TestWritesOfAWindow(t *testing.T) {
	type step struct {
		write gate.Write
		held  bool
		wave  int // in flight together with the write
		room  int
		next  int // minute
	}
	for name, steps := range map[string][]step{
		"five slices of 22 are one wave": {
			{write: written("a", 22, 0), wave: 22},
			{write: written("b", 22, 1), held: true, wave: 44, next: 10},
			{write: written("b", 22, 9), held: true, wave: 44, next: 10},
			{write: written("b", 22, 10), wave: 22},
		},
		"what is left fits": {
			{write: written("a", 10, 0), wave: 10},
			{write: written("b", 5, 2), wave: 15},
			{write: written("c", 12, 3), held: true, wave: 27, room: 7, next: 10},
			{write: written("c", 20, 3), held: true, wave: 35, room: 7, next: 12},
			{write: written("c", 7, 3), wave: 22},
			{write: written("d", 1, 4), held: true, wave: 23, next: 10},
		},
		"one alone passes, however large": {
			{write: written("a", 100, 0), wave: 100},
			{write: written("b", 1, 1), held: true, wave: 101, next: 10},
		},
		"those of one rollout are no more environments than it has": {
			{write: having(written("a", 20, 0), 20, 0), wave: 20},
			{write: having(written("a", 20, 1), 20, 0), wave: 20},
			{write: having(written("a", 5, 2), 22, 2), wave: 24, held: true, next: 11},
			{write: written("b", 2, 2), wave: 22},
		},
		"and of a rollout of which that is not known they add up": {
			{write: written("a", 15, 0), wave: 15},
			{write: having(written("a", 15, 1), 15, 0), held: true, wave: 30, room: 7, next: 10},
		},
		"what is torn down counts beside what is left": {
			{write: having(written("a", 10, 0), 5, 10), wave: 10},
			{write: having(written("a", 5, 1), 5, 0), wave: 15},
			{write: written("b", 8, 1), held: true, wave: 23, room: 7, next: 10},
		},
		"of two writes of the same stored object one is stored, whichever": {
			{write: based(written("a", 12, 0), "1"), wave: 12},
			{write: based(written("a", 20, 1), "1"), wave: 20},
			{write: based(written("a", 3, 1), "1"), wave: 20},
			{write: written("b", 3, 1), held: true, wave: 23, room: 2, next: 11},
		},
		"a creation that is tried again is the same": {
			{write: creation(written("a", 22, 0), "x"), wave: 22},
			{write: creation(written("a", 22, 1), "x"), wave: 22},
			{write: creation(written("b", 22, 2), "x"), held: true, wave: 44, next: 11},
			{write: creation(written("a", 22, 2), "y"), held: true, wave: 44, next: 11},
		},
		"a creation that is like no other never is": {
			{write: creation(written("a", 22, 0), ""), wave: 22},
			{write: creation(written("a", 22, 1), ""), held: true, wave: 44, next: 10},
		},
		"one that was never stored is out once that is certain": {
			{write: written("a", 22, 2), wave: 22}, // would be generation 3
			{write: gate.Write{
				Rollout: written("a", 0, 0).Rollout, Version: "n", Generation: 3, Stored: 2,
				Wave: risk.Uniform(22, percent99), At: noon().Add(3 * time.Minute),
			}, held: true, wave: 44, next: 12},
			{write: gate.Write{
				Rollout: written("a", 0, 0).Rollout, Version: "n", Generation: 3, Stored: 2,
				Wave: risk.Uniform(22, percent99), At: noon().Add(4 * time.Minute),
			}, wave: 22},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var ledger gate.Ledger
			for i, step := range steps {
				var fit gate.Fit
				before := ledger
				ledger, fit = tenMinutes().Admit(ledger, step.write)
				g.Expect(fit.Held).To(gomega.Equal(step.held), "write %d", i)
				g.Expect(fit.Taken).To(gomega.Equal(!step.held), "write %d", i)
				g.Expect(fit.Wave.N()).To(gomega.Equal(step.wave), "write %d", i)
				g.Expect(fit.Room).To(gomega.Equal(step.room), "write %d", i)
				if step.held {
					g.Expect(fit.Next).To(gomega.Equal(noon().Add(time.Duration(step.next)*time.Minute)), "write %d", i)
					g.Expect(ledger.Writes).NotTo(gomega.ContainElement(step.write), "write %d", i)
					g.Expect(len(ledger.Writes)).To(gomega.BeNumerically("<=", len(before.Writes)), "write %d", i)
				}
			}
		})
	}
}

func TestAWindowThatHoldsNothingCountsAllTheSame(t *testing.T) {
	g := gomega.NewWithT(t)
	warns := tenMinutes()
	warns.Holds = false
	ledger, fit := warns.Admit(gate.Ledger{}, written("a", 22, 0))
	g.Expect(fit.Held).To(gomega.BeFalse())
	ledger, fit = warns.Admit(ledger, written("b", 22, 1))
	g.Expect(fit.Held).To(gomega.BeTrue())
	g.Expect(fit.Taken).To(gomega.BeTrue())
	g.Expect(ledger.Written().N()).To(gomega.Equal(44))
	g.Expect(ledger.Peak).To(gomega.Equal(44))
	_, fit = tenMinutes().Admit(ledger, written("c", 1, 2))
	g.Expect(fit.Wave.N()).To(gomega.Equal(45), "a policy that denies from now on knows of them")
}

func TestALedgerOfWritesHasAnEnd(t *testing.T) {
	g := gomega.NewWithT(t)
	all := gate.Window{Limit: risk.Limit{Max: risk.One}, Length: 24 * time.Hour, Holds: true}
	var ledger gate.Ledger
	var fit gate.Fit
	for i := range gate.MostWrites {
		ledger, fit = all.Admit(ledger, written(fmt.Sprint("r", i), 1, i))
		g.Expect(fit.Held).To(gomega.BeFalse())
	}
	after, fit := all.Admit(ledger, written("more", 1, gate.MostWrites))
	g.Expect(fit.Held).To(gomega.BeTrue())
	g.Expect(fit.TooMany).To(gomega.BeTrue())
	g.Expect(fit.Room).To(gomega.BeZero())
	g.Expect(fit.Next).To(gomega.Equal(noon().Add(24 * time.Hour)))
	g.Expect(after.Equal(ledger)).To(gomega.BeTrue())
	all.Holds = false
	after, fit = all.Admit(ledger, written("more", 1, gate.MostWrites))
	g.Expect(fit.Taken).To(gomega.BeTrue())
	g.Expect(after.Writes).To(gomega.HaveLen(gate.MostWrites))
	g.Expect(after.Writes[gate.MostWrites-1].Name).To(gomega.Equal("more"), "the oldest is forgotten")
}

func TestWhatIsRefusedElsewhereIsGivenBack(t *testing.T) {
	g := gomega.NewWithT(t)
	first, _ := tenMinutes().Admit(gate.Ledger{}, written("a", 10, 0))
	second, _ := tenMinutes().Admit(first, written("b", 10, 1))
	g.Expect(second.Idle()).To(gomega.BeFalse())
	g.Expect(second.Equal(first)).To(gomega.BeFalse())
	g.Expect(second.Unwrite(written("b", 10, 1)).Equal(gate.Ledger{Writes: first.Writes, Peak: 20})).To(gomega.BeTrue())
	g.Expect(second.Unwrite(written("b", 10, 2)).Equal(second)).To(gomega.BeTrue(), "which is another write")
	g.Expect(second.WrittenSince(noon().Add(time.Minute)).Idle()).To(gomega.BeTrue())
}
