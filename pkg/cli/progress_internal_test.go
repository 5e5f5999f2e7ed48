package cli

import (
	"bytes"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestProgressIsShownAfterTwoSecondsAndTakenAway(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	now := time.Now()
	shown := &progress{out: &out, since: now, now: func() time.Time { return now }}
	now = now.Add(patience - time.Millisecond)
	shown.show(1, 10)
	shown.end()
	g.Expect(out.String()).To(BeEmpty())

	now = now.Add(2 * time.Millisecond)
	shown.show(5, 10)
	g.Expect(out.String()).To(And(ContainSubstring("judging"), ContainSubstring("50%"), ContainSubstring("5/10")))
	out.Reset()
	shown.end()
	g.Expect(out.String()).To(MatchRegexp(`^(\r|\x1b\[[0-9]*[A-Z]| )+$`), "nothing of it stays")
}

func TestProgressIsForTerminalsOnly(t *testing.T) {
	g := NewWithT(t)
	g.Expect(newProgress(&bytes.Buffer{})).To(BeNil())
	newProgress(&bytes.Buffer{}).end()
}
