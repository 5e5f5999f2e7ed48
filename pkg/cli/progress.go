package cli

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// patience is how long a command takes before it shows how far it is.
const patience = 2 * time.Second

// progress shows how far a command is that takes long, where somebody looks on.
type progress struct {
	out   io.Writer
	since time.Time
	now   func() time.Time
	bar   *progressbar.ProgressBar
}

// newProgress returns the progress of a command that has just begun; nil where out is no terminal.
func newProgress(out io.Writer) *progress {
	if !isTerminal(out) {
		return nil
	}
	return &progress{out: out, since: time.Now(), now: time.Now}
}

// show shows that so many of all are done.
func (p *progress) show(done, all int) {
	if p.bar == nil {
		if p.now().Sub(p.since) < patience {
			return
		}
		p.bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription("judging"),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(progressPeriod))
	}
	_ = p.bar.Set(done) // a picture that cannot be drawn stops nothing
}

// progressPeriod is how often the picture changes.
const progressPeriod = 100 * time.Millisecond

// end takes the picture away, so that what follows stands alone.
func (p *progress) end() {
	if p != nil && p.bar != nil {
		_ = p.bar.Clear()
	}
}
