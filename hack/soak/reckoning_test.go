package main

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestAFaultExcusesNoMoreThanItMakesDue(t *testing.T) {
	g := NewWithT(t)
	r := newReckoning()
	failed := func() *outcome {
		return &outcome{asked: asked{kind: "list"}, sent: time.Now(), answered: time.Now(), lost: errors.New("connection reset")}
	}
	r.note(failed(), "")
	g.Expect(r.failures).To(Equal(1), "there is no fault")

	left := 2
	w := r.open(&window{fault: "kill", forgives: func(*outcome) bool { left--; return left >= 0 }})
	during := failed()
	for range 3 {
		r.note(failed(), "")
	}
	g.Expect(w.forgiven).To(Equal(2))
	g.Expect(r.failures).To(Equal(2))
	r.note(&outcome{sent: time.Now(), answered: time.Now()}, "it passes")
	g.Expect(r.wrong).To(Equal(1), "a fault is no excuse for a wrong decision")
	time.Sleep(time.Millisecond)
	r.shut(w)
	time.Sleep(time.Millisecond)

	left = 2
	r.note(failed(), "")
	g.Expect(r.failures).To(Equal(3), "the fault is over")
	r.note(during, "")
	g.Expect(r.failures).To(Equal(3), "it was asked while the fault lasted")
	r.note(&outcome{asked: asked{bomb: true}, answer: answer{failure: "Overload"}}, "")
	g.Expect(r.failures).To(Equal(3))
	g.Expect(r.overloaded).To(Equal(1))
	g.Expect(r.requests).To(HaveKeyWithValue("list", 6))
}

func TestWhatAReplicaMayHaveSeen(t *testing.T) {
	g := NewWithT(t)
	began := time.Now()
	at := func(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }
	var h history[string]
	h.states = []state[string]{
		{value: "a", since: at(0), stored: at(0)}, {value: "b", since: at(10), stored: at(11)},
		{value: "c", since: at(20)}, {value: "d", since: at(30), stored: at(31)},
	}
	for _, test := range []struct {
		from, to float64
		want     []string
	}{
		{5, 6, []string{"a"}},
		{5, 10.5, []string{"b", "a"}},     // it may be stored before anybody says so
		{12, 13, []string{"b", "a"}},      // it may not be seen yet
		{17, 18, []string{"b"}},           //
		{25, 26, []string{"c", "b"}},      // whether it was stored nobody knows
		{40, 41, []string{"d"}},           //
		{33, 34, []string{"d", "c", "b"}}, // of which one was there until a while ago
	} {
		g.Expect(h.between(at(test.from), at(test.to), 5*time.Second)).To(Equal(test.want), "%v to %v", test.from, test.to)
	}
}
