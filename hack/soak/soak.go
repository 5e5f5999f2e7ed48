package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// warmUp is how long reviews come before anything is measured or befalls, and settle how long nothing comes at the end.
	warmUp, settle = 5 * time.Second, 15 * time.Second
)

// soak is one run.
type soak struct {
	duration time.Duration
	rate     int
	seed     uint64
	told     io.Writer

	world     *world
	replicas  *replicas
	callers   *callers
	changes   *changes
	reckoning *reckoning
	starts    *starts
	random    *rand.Rand
	before    reading
}

// run soaks, and returns an error unless all went as it must.
func (s *soak) run(ctx context.Context, out io.Writer) error {
	s.reckoning = newReckoning()
	s.random = rand.New(rand.NewPCG(s.seed, 1)) //nolint:gosec // it is to be the same again
	var err error
	if s.world, err = newWorld(ctx, s.told); err != nil {
		return err
	}
	defer func() { _ = s.world.plane.Stop() }()
	if err := s.prepare(ctx); err != nil {
		return err
	}
	defer s.replicas.group.Remove()
	s.sayf("%d reviews a second from seed %d for %s", s.rate, s.seed, s.duration)
	stopped, err := s.load(ctx)
	if err != nil {
		return errors.Join(err, s.report(out, nil))
	}
	s.sayf("at rest")
	if err := sleep(ctx, settle); err != nil {
		return err
	}
	after, err := s.read(ctx)
	if err != nil {
		return err
	}
	s.sayf("stopped after %s", stopped.Round(time.Second))
	return s.report(out, after)
}

func (s *soak) prepare(ctx context.Context) (err error) {
	if err = s.prepareStarts(ctx); err != nil {
		return err
	}
	if s.replicas, err = startReplicas(ctx, s.world); err != nil {
		return err
	}
	for _, policy := range policies() {
		if err = s.world.api.Create(ctx, policy); client.IgnoreAlreadyExists(err) != nil {
			return err
		}
	}
	s.changes = newChanges(s.world)
	if s.callers, err = startCallers(ctx, s.world, s.replicas.balancer); err != nil {
		return err
	}
	return s.judging(ctx)
}

// judging waits until all replicas judge by the policies.
func (s *soak) judging(ctx context.Context) error {
	probe := newMaker(0, s.world)
	return eventually(ctx, func() error {
		for range 40 {
			what := probe.next()
			said, err := s.callers.post(ctx, what.body)
			if err == nil && said.failure != "" && !what.bomb {
				err = errors.New(said.failure + ": " + said.message)
			}
			if err != nil {
				return err
			}
			if wrong := what.wrong(said, s.changes.seen(time.Now(), time.Now(), lag)); wrong != "" {
				return fmt.Errorf("%s: %s", what.kind, wrong)
			}
		}
		return nil
	})
}

// load has everything go on at once until the time is over, and returns how long it took.
func (s *soak) load(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	timed, cancel := context.WithTimeout(ctx, s.duration)
	defer cancel()
	var group sync.WaitGroup
	var befell error
	group.Go(func() { s.send(timed) })
	group.Go(func() { s.changes.run(timed) })
	group.Go(func() { s.starts.run(timed) })
	if err := sleep(timed, warmUp); err != nil {
		return 0, err
	}
	var err error
	if s.before, err = s.readFirst(timed); err != nil {
		return 0, err
	}
	group.Go(func() {
		befell = s.befallAll(timed, s.random)
		cancel()
	})
	group.Wait()
	return time.Since(began), errors.Join(befell, ctx.Err())
}

// send sends reviews when they are due, however long others take.
func (s *soak) send(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	maker := newMaker(s.seed, s.world)
	interval := time.Second / time.Duration(s.rate)
	due := time.Now()
	for ctx.Err() == nil {
		what := maker.next()
		due = due.Add(interval)
		time.Sleep(time.Until(due))
		group.Go(func() { s.ask(context.WithoutCancel(ctx), what) })
	}
}

// ask sends a review and reckons with what comes back.
func (s *soak) ask(ctx context.Context, what asked) {
	of := &outcome{asked: what, sent: time.Now()}
	of.answer, of.lost = s.callers.post(ctx, what.body)
	of.answered = time.Now()
	wrong := ""
	if of.judged() {
		late := s.reckoning.lateBetween(of.sent, of.answered)
		wrong = what.wrong(of.answer, s.changes.seen(of.sent, of.answered, late))
	}
	of.body = nil
	s.reckoning.note(of, wrong)
}

func (s *soak) sayf(format string, arguments ...any) {
	_, _ = fmt.Fprintf(s.told, time.Now().Format("15:04:05 ")+format+"\n", arguments...)
}
