package starts

import (
	"context"
	"slices"
	"time"

	"github.com/go-logr/logr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// registrationPeriod is how often it is looked at.
const registrationPeriod = 30 * time.Second

// Registration watches what the API server is told to do about starts: to ask about them, and whether to let them
// pass when nobody answers. Both are without a trace anywhere else until a start passes.
type Registration struct {
	Reader client.Reader
	// Name is that of the ValidatingWebhookConfiguration.
	Name string
	// Hooks are the webhooks of which the API server is to ask each about starts.
	Hooks []string
	Meter Meter
	Log   logr.Logger
}

// Start implements manager.Runnable.
func (r *Registration) Start(ctx context.Context) error {
	wait.UntilWithContext(ctx, r.look, registrationPeriod)
	return nil
}

// look looks once. What cannot be read is left as it was seen last.
func (r *Registration) look(ctx context.Context) {
	var configuration admissionregistrationv1.ValidatingWebhookConfiguration
	err := r.Reader.Get(ctx, client.ObjectKey{Name: r.Name}, &configuration)
	if client.IgnoreNotFound(err) != nil {
		if ctx.Err() == nil {
			r.Log.Error(err, "reading what the API server does about starts, trying again")
		}
		return
	}
	r.Meter.Registered(r.registered(configuration.Webhooks))
}

// registered tells whether the API server asks about starts, and whether it lets them pass when nobody answers.
func (r *Registration) registered(hooks []admissionregistrationv1.ValidatingWebhook) (asks, failsOpen bool) {
	asked := 0
	for i := range hooks {
		if !slices.Contains(r.Hooks, hooks[i].Name) {
			continue
		}
		if len(hooks[i].Rules) > 0 {
			asked++
		}
		policy := hooks[i].FailurePolicy
		failsOpen = failsOpen || policy != nil && *policy == admissionregistrationv1.Ignore
	}
	return asked == len(r.Hooks), failsOpen
}
