package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	// checkHeldCommand is the argument with which the program only tells whether starts are held.
	checkHeldCommand = "check-held"
	checkHeldTimeout = time.Minute
)

// checkHeld returns an error while starts are held, which would all begin at once without Seawall. What a
// policy has not held is not: Waves keep no rule of it.
func checkHeld(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, checkHeldTimeout)
	defer stop()
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the API server: %w", err)
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return err
	}
	reader, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	var list v1alpha1.WaveList
	if err := reader.List(ctx, &list); err != nil {
		if meta.IsNoMatchError(err) { // their definition is gone
			return nil
		}
		return fmt.Errorf("reading Waves: %w", err)
	}
	return heldBy(list.Items)
}

// heldBy returns an error that names the Waves that hold starts.
func heldBy(waves []v1alpha1.Wave) error {
	var holding []string
	for i := range waves {
		if held := waves[i].Status.Held; waves[i].Keeps() && held != nil && *held > 0 {
			holding = append(holding, fmt.Sprintf("%s holds %d", waves[i].Name, *held))
		}
	}
	if len(holding) == 0 {
		return nil
	}
	return errors.New("starts are held, which would all begin at once without Seawall: " + strings.Join(holding, ", ") +
		". Take syncGate off the policies and wait until nothing drains, see: kubectl get waves; " +
		"or uninstall with --no-hooks")
}
