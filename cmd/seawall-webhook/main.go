// The command seawall-webhook serves the validating admission webhook.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seawall-dev/seawall/pkg/config"
	"github.com/seawall-dev/seawall/pkg/tracing"
	"github.com/seawall-dev/seawall/pkg/version"
)

func main() {
	checks := map[string]func(context.Context) error{checkHeldCommand: checkHeld, checkStandingCommand: checkStanding}
	if len(os.Args) == 2 && checks[os.Args[1]] != nil {
		if err := checks[os.Args[1]](context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	configuration := config.Default()
	flags := pflag.NewFlagSet("seawall-webhook", pflag.ExitOnError)
	configuration.AddFlags(flags)
	flags.AddGoFlagSet(flag.CommandLine) // controller-runtime's --kubeconfig
	// ExitOnError: Parse does not return an error.
	_ = flags.Parse(os.Args[1:])
	if err := configuration.Validate(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}

	logger := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: configuration.Level()}))
	ctrl.SetLogger(logr.FromSlogHandler(logger.Handler()))
	logger.Info("starting", "version", version.Get())
	ctx := ctrl.SetupSignalHandler()
	traces, err := tracing.Start(ctx, tracing.Options{
		Endpoint: configuration.TracingEndpoint, SamplingRatio: configuration.TracingSamplingRatio,
	}, logger)
	if err == nil {
		err = run(ctx, configuration, logger, traces)
		traces.Stop()
	}
	if err != nil {
		logger.Error("stopped", "error", err)
		os.Exit(1)
	}
}
