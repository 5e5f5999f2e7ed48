// The command soak has two replicas of Seawall behind a TCP balancer answer reviews for a long time, while it restarts and
// kills them and what they live on, changes policies and the inventory, and starts syncs that a policy gates. It fails if a
// review is not answered that no fault excuses, if one is decided in another way than the rules say, reckoned here in
// fractions and not by Seawall's code, if more are in flight than a policy allows, or if replicas hold more in the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// shortest is as long as one fault takes, at least.
const shortest = 20 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	if err := start(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func start(ctx context.Context) error {
	s := &soak{told: os.Stderr}
	flag.DurationVar(&s.duration, "duration", 30*time.Minute, "how long reviews come, at least 20s")
	flag.IntVar(&s.rate, "rate", 200, "reviews a second, beside five starts")
	flag.Uint64Var(&s.seed, "seed", 1, "what reviews and faults are drawn by")
	flag.Parse()
	if s.duration < shortest || s.rate < 1 || flag.NArg() > 0 {
		return errors.New("-duration must be 20s or more, -rate positive, and there are no arguments")
	}
	return s.run(ctx, os.Stdout)
}
