package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/onsi/gomega"
)

func TestACheckIsLoggedWhenItSaysSomethingElse(t *testing.T) {
	g := gomega.NewWithT(t)
	var log bytes.Buffer
	var failing error
	check := reported(slog.New(slog.NewTextHandler(&log, nil)), func(*http.Request) error { return failing })
	ask := func(answer error) int {
		failing = answer
		g.Expect(errors.Is(check(nil), answer)).To(gomega.BeTrue(), "the answer is passed on")
		return strings.Count(log.String(), "\n")
	}
	g.Expect(ask(errors.New("not yet"))).To(gomega.Equal(1))
	g.Expect(ask(errors.New("not yet"))).To(gomega.Equal(1))
	g.Expect(ask(errors.New("still not"))).To(gomega.Equal(2))
	g.Expect(ask(nil)).To(gomega.Equal(3))
	g.Expect(ask(nil)).To(gomega.Equal(3))
	g.Expect(log.String()).To(gomega.ContainSubstring(`state="not yet"`))
}

func TestWhatHasBeenReadOnceStaysReady(t *testing.T) {
	g := gomega.NewWithT(t)
	failing := errors.New("WavePolicies are not read yet")
	check := once(func(*http.Request) error { return failing })
	g.Expect(check(nil)).To(gomega.MatchError(failing))
	failing = nil
	g.Expect(check(nil)).To(gomega.Succeed())
	failing = errors.New("lost")
	g.Expect(check(nil)).To(gomega.Succeed())
}

func TestServingOutlivesTheSignalByTheDelay(t *testing.T) {
	g := gomega.NewWithT(t)
	ctx, signal := context.WithCancel(t.Context())
	draining := &atomic.Bool{}
	serving := lameDuck(ctx, 50*time.Millisecond, draining)
	g.Consistently(serving.Done()).WithTimeout(20 * time.Millisecond).ShouldNot(gomega.BeClosed())
	g.Expect(draining.Load()).To(gomega.BeFalse())

	signal()
	g.Eventually(draining.Load).Should(gomega.BeTrue())
	g.Expect(serving.Err()).NotTo(gomega.HaveOccurred(), "it goes on serving")
	g.Eventually(serving.Done()).Should(gomega.BeClosed())
}
