// The command bench measures what Seawall costs beside a webhook that admits everything:
// both are processes of their own behind TLS on loopback, both get the same AdmissionReview
// bodies in the same run, in turns. It prints a table. With the argument recount it measures
// the background re-count instead.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seawall-dev/seawall/hack/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	log.SetLogger(logr.Discard())
	if err := start(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func start(ctx context.Context) error {
	if len(os.Args) > 1 && os.Args[1] == emptyCommand {
		return serveEmpty(ctx, os.Args[2:])
	}
	if len(os.Args) > 1 && os.Args[1] == recountCommand {
		return startRecount(ctx, os.Args[2:])
	}
	var load load
	flag.IntVar(&load.rounds, "rounds", 5, "turns that each webhook gets")
	flag.DurationVar(&load.turn, "turn", 2*time.Second, "length of a turn")
	flag.IntVar(&load.rate, "rate", 100, "requests a second at which latencies are measured")
	flag.IntVar(&load.clients, "clients", 4, "requests in flight at once when throughput is measured")
	flag.Parse()
	if load.rounds < 1 || load.turn <= 0 || load.rate < 1 || load.clients < 1 {
		return errors.New("-rounds, -turn, -rate and -clients must be positive")
	}
	return run(ctx, load)
}

// fleets are the numbers of cluster Secrets to measure over, in the order of growth.
func fleets() []int { return []int{1_000, 10_000} }

func run(ctx context.Context, usual load) error {
	plane, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = plane.Stop() }()
	seawall, err := plane.StartWebhook(ctx, cluster.WebhookOptions{Args: []string{"--argocd-progressive-syncs=Enabled"}})
	if err != nil {
		return err
	}
	defer func() { _ = seawall.Stop() }()
	empty, err := startEmpty(ctx)
	if err != nil {
		return err
	}
	defer empty.stop()

	judged, err := connect(ctx, plane, seawall)
	if err != nil {
		return err
	}
	var report report
	if err := report.memory(ctx, "at rest", empty.endpoint, judged); err != nil {
		return err
	}
	measure := func(name string, at load, body []byte) error {
		fmt.Fprintln(os.Stderr, "measuring", name)
		return report.measure(ctx, at, name, body, empty.endpoint, judged)
	}
	if err := measure("list of 100", usual, listReview(100)); err != nil {
		return err
	}
	made := 0
	for _, size := range fleets() {
		if err := growFleet(ctx, plane, judged, made, size); err != nil {
			return err
		}
		made = size
		clusters := thousands(size) + " clusters"
		if err := errors.Join(
			report.memory(ctx, "with "+clusters+", before load", empty.endpoint, judged),
			measure("10 of "+clusters, usual, clustersReview("picked")),
			measure("all of "+clusters, usual.slower(), clustersReview("")),
			report.memory(ctx, "with "+clusters+", after load", empty.endpoint, judged),
		); err != nil {
			return err
		}
	}
	report.writeTo(os.Stdout, usual)
	return nil
}

// growFleet creates the cluster Secrets from..to-1 and waits until Seawall counts them.
func growFleet(ctx context.Context, plane *cluster.Cluster, judged endpoint, from, to int) error {
	fmt.Fprintf(os.Stderr, "creating %d cluster Secrets\n", to-from)
	if err := createAll(ctx, plane, from, to, clusterSecret); err != nil {
		return err
	}
	return judged.waitFor(ctx, clustersReview(""), to)
}

// thousands writes a number with a comma before the last three digits.
func thousands(n int) string {
	text := strconv.Itoa(n)
	if len(text) <= 3 {
		return text
	}
	return strings.Join([]string{text[:len(text)-3], text[len(text)-3:]}, ",")
}
