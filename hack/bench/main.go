// The command bench measures what Seawall costs beside a webhook that admits everything, and
// with -against beside the Seawall of another git revision: all are processes of their own
// behind TLS on loopback, all get the same AdmissionReview bodies in the same run, in turns. It
// prints tables. With the argument recount it measures the background re-count instead, with starts the
// sync gate, with flux what it holds of Flux's objects, and with check the command of the CLI over thousands of files.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"
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

// choice is what is measured and how it is printed.
type choice struct {
	load     load
	against  string
	only     *regexp.Regexp
	large    bool
	markdown bool
}

// commands are what the first argument may be.
func commands() map[string]func(ctx context.Context, arguments []string) error {
	return map[string]func(context.Context, []string) error{
		emptyCommand: serveEmpty, recountCommand: startRecount, checkCommand: startCheck, startsCommand: startStarts,
		fluxCommand: startFlux,
	}
}

func start(ctx context.Context) error {
	if len(os.Args) > 1 {
		if command := commands()[os.Args[1]]; command != nil {
			return command(ctx, os.Args[2:])
		}
	}
	var chosen choice
	flag.IntVar(&chosen.load.rounds, "rounds", 3, "turns that each webhook gets")
	flag.DurationVar(&chosen.load.turn, "turn", time.Second, "length of a turn")
	flag.IntVar(&chosen.load.rate, "rate", 100, "requests a second at which latencies are measured, fewer where one takes long")
	flag.IntVar(&chosen.load.clients, "clients", 4, "requests in flight at once when throughput is measured")
	flag.StringVar(&chosen.against, "against", "", "git revision whose Seawall is measured too")
	flag.BoolVar(&chosen.large, "large", false, "measure 100,000 clusters too")
	flag.BoolVar(&chosen.markdown, "markdown", false, "print the tables as Markdown")
	cases := flag.String("cases", "", "regular expression of the cases to measure, all when empty")
	flag.Parse()
	if chosen.load.rounds < 1 || chosen.load.turn <= 0 || chosen.load.rate < 1 || chosen.load.clients < 1 {
		return errors.New("-rounds, -turn, -rate and -clients must be positive")
	}
	var err error
	if chosen.only, err = regexp.Compile(*cases); err != nil {
		return fmt.Errorf("-cases: %w", err)
	}
	return run(ctx, chosen)
}

func run(ctx context.Context, chosen choice) error {
	var report report
	if err := runStages(ctx, chosen, &report, (*bench).stages); err != nil {
		return err
	}
	if chosen.large {
		if err := runStages(ctx, chosen, &report, (*bench).largeStages); err != nil {
			return err
		}
	}
	report.writeTo(os.Stdout, chosen)
	return nil
}

// runStages measures stages on a control plane of their own.
func runStages(ctx context.Context, chosen choice, report *report, stages func(*bench) []stage) error {
	b, err := newBench(ctx, chosen, report)
	if err != nil {
		return err
	}
	defer b.stop()
	for _, stage := range stages(b) {
		if err := b.run(ctx, stage); err != nil {
			return err
		}
	}
	return nil
}
