package config

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
)

// Recount says how existing rollouts are judged again.
type Recount struct {
	// Interval is the time between two rounds when nothing changes, 10s to 24h; 0 turns the
	// re-count off.
	Interval time.Duration
	// ExcludedNamespaces are those whose rollouts the webhook is not asked about.
	ExcludedNamespaces []string
}

func defaultRecount() Recount {
	return Recount{Interval: 10 * time.Minute, ExcludedNamespaces: []string{"kube-system"}}
}

func (r *Recount) addFlags(flags *pflag.FlagSet) {
	flags.DurationVar(&r.Interval, "recount-interval", r.Interval,
		"time between two rounds through the existing rollouts when neither policies nor environments change; 0 turns the "+
			"re-count off")
	flags.StringSliceVar(&r.ExcludedNamespaces, "excluded-namespaces", r.ExcludedNamespaces,
		"namespaces whose rollouts are neither re-counted nor previewed, because the webhook configuration leaves them out")
}

func (r *Recount) validate() error {
	var errs []error
	if r.Interval != 0 && (r.Interval < 10*time.Second || r.Interval > 24*time.Hour) {
		errs = append(errs, fmt.Errorf("--recount-interval is %s: want 0 or a duration from 10s to 24h", r.Interval))
	}
	for _, namespace := range r.ExcludedNamespaces {
		errs = append(errs, dnsLabel("excluded-namespaces", namespace))
	}
	return errors.Join(errs...)
}
