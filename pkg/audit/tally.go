package audit

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// tally logs what happens to records, now and then, so that a failing API server does not
// fill the log; the numbers in its lines add up to what happened.
type tally struct {
	logger *slog.Logger

	mutex   sync.Mutex
	drops   map[string]int
	retries int
	err     error
}

func newTally(logger *slog.Logger) *tally {
	return &tally{logger: logger, drops: map[string]int{}}
}

func (t *tally) dropped(reason string, decisions int, err error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.drops[reason] += decisions
	if err != nil {
		t.err = err
	}
}

func (t *tally) retried(err error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.retries++
	t.err = err
}

// run reports until stop is closed.
func (t *tally) run(stop <-chan struct{}, period time.Duration) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			t.report()
		}
	}
}

// report logs what happened since the last time.
func (t *tally) report() {
	t.mutex.Lock()
	drops, retries, err := t.drops, t.retries, t.err
	t.drops, t.retries, t.err = map[string]int{}, 0, nil
	t.mutex.Unlock()
	for _, reason := range slices.Sorted(maps.Keys(drops)) {
		t.logger.Error("records dropped", "reason", reason, "decisions", drops[reason], "error", err)
	}
	if len(drops) == 0 && retries > 0 {
		t.logger.Warn("records are written late", "failures", retries, "error", err)
	}
}
