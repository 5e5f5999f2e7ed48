package main

import (
	"fmt"
	"sync"
	"time"
)

// outcome is what became of a review.
type outcome struct {
	asked

	sent, answered time.Time
	answer         answer
	// lost says that no answer came, and why.
	lost error
}

// judged says whether an answer came that is a verdict.
func (o *outcome) judged() bool { return o.lost == nil && o.answer.failure == "" }

// window is a fault for as long as it has effects.
type window struct {
	fault    string
	from, to time.Time
	// forgives says whether an outcome is what is due while the fault lasts; nil if nothing but a verdict is.
	forgives func(*outcome) bool
	// doubts says whether nobody knows what is right to answer while the fault lasts; nil if somebody does.
	doubts func(*outcome) bool
	// late is how far a replica may be behind the API server meanwhile, beside lag.
	late time.Duration
	// forgiven are the outcomes that the fault made due.
	forgiven int
}

// overlaps says whether the window was open between two times. One that has no end yet is open.
func (w *window) overlaps(from, to time.Time) bool {
	return !to.Before(w.from) && (w.to.IsZero() || !from.After(w.to))
}

// kept is how many complaints of each sort are told in full.
const kept = 20

// reckoning adds up what became of reviews.
type reckoning struct {
	lock    sync.Mutex
	windows []*window
	// requests are those of each kind, and slowest is how long the slowest verdict took outside of faults.
	requests map[string]int
	slowest  time.Duration
	// overloaded are bombs that were refused for what they cost.
	overloaded, failures, wrong int
	allowed, denied             int
	complaints                  []string
}

func newReckoning() *reckoning { return &reckoning{requests: map[string]int{}} }

// open begins the window of a fault.
func (r *reckoning) open(of *window) *window {
	r.lock.Lock()
	defer r.lock.Unlock()
	of.from = time.Now()
	r.windows = append(r.windows, of)
	return of
}

func (r *reckoning) shut(of *window) {
	r.lock.Lock()
	defer r.lock.Unlock()
	of.to = time.Now()
}

// lateBetween returns how far a replica may have been behind.
func (r *reckoning) lateBetween(from, to time.Time) time.Duration {
	r.lock.Lock()
	defer r.lock.Unlock()
	late := lag
	for _, w := range r.windows {
		if w.overlaps(from.Add(-w.late), to) {
			late = max(late, lag+w.late)
		}
	}
	return late
}

// faulty says whether any fault was in effect between two times, or not long before.
func (r *reckoning) faulty(from, to time.Time, before time.Duration) bool {
	r.lock.Lock()
	defer r.lock.Unlock()
	for _, w := range r.windows {
		if w.overlaps(from.Add(-before), to) {
			return true
		}
	}
	return false
}

// note adds an outcome, with what is wrong with its verdict.
func (r *reckoning) note(of *outcome, wrong string) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.requests[of.kind]++
	switch {
	case of.judged() && wrong != "" && !r.excused(of, doubting):
		r.wrong++
		r.complainf("wrong, %s: %s", of.kind, wrong)
	case of.judged():
		r.verdict(of)
	case of.bomb && of.lost == nil:
		r.overloaded++
	case !r.excused(of, forgiving):
		r.failures++
		r.complainf("failed, %s: %v %s: %s", of.kind, of.lost, of.answer.failure, of.answer.message)
	}
}

func (r *reckoning) verdict(of *outcome) {
	if of.answer.allowed {
		r.allowed++
	} else {
		r.denied++
	}
	for _, w := range r.windows {
		if w.overlaps(of.sent, of.answered) {
			return
		}
	}
	r.slowest = max(r.slowest, of.answered.Sub(of.sent))
}

// excused says whether a fault has something to say for an outcome, with the lock held.
func (r *reckoning) excused(of *outcome, by func(*window) func(*outcome) bool) bool {
	for _, w := range r.windows {
		if due := by(w); due != nil && w.overlaps(of.sent, of.answered) && due(of) {
			w.forgiven++
			return true
		}
	}
	return false
}

func forgiving(w *window) func(*outcome) bool { return w.forgives }

func doubting(w *window) func(*outcome) bool { return w.doubts }

// complainf keeps what is wrong, with the lock held.
func (r *reckoning) complainf(format string, arguments ...any) {
	if len(r.complaints) < kept {
		r.complaints = append(r.complaints, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, arguments...))
	}
}

// failf notes what went wrong beside the reviews.
func (r *reckoning) failf(format string, arguments ...any) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.failures++
	r.complainf(format, arguments...)
}
