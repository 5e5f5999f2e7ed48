package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/standing"
)

const (
	// checkStandingCommand is the argument with which the program only tells whether Seawall is up.
	checkStandingCommand = "check-standing"
	// checkStandingTimeout is how long it may take until it is, and until rights that were given just now are known.
	checkStandingTimeout = time.Minute
	checkStandingPeriod  = time.Second
)

// checkStanding returns an error unless Seawall is up, as whoever runs this sees it.
func checkStanding(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, checkStandingTimeout)
	defer stop()
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the API server: %w", err)
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	connected, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	asker := standing.Asker{Client: connected, Home: os.Getenv("POD_NAMESPACE")}
	for {
		report := asker.Ask(ctx)
		if report.State == standing.OK {
			fmt.Println(report) //nolint:forbidigo // it is what the command is for
			return nil
		}
		select {
		case <-ctx.Done():
			for _, check := range report.Checks {
				fmt.Println(check.Name, check.State, check.Detail) //nolint:forbidigo // as above
			}
			return errors.New(report.String())
		case <-time.After(checkStandingPeriod):
		}
	}
}
