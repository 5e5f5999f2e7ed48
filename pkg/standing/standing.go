// Package standing answers from an API server whether Seawall is up: whether it is registered, trusted
// and ready, whether the API server really asks it, and by which policies and kinds it judges.
package standing

import (
	"context"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// State is what a check found.
type State string

// The states of a check.
const (
	OK     State = "ok"
	Failed State = "failed"
	// Unknown says that it may not, or cannot, be seen by who asks.
	Unknown State = "unknown"
)

// Check is one thing that has to be so.
type Check struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	Detail string `json:"detail"`
}

// Report is all that was found.
type Report struct {
	// State is the worst of the checks': failed, before unknown, before ok.
	State    State    `json:"state"`
	Checks   []Check  `json:"checks"`
	Version  string   `json:"version,omitempty"`
	Image    string   `json:"image,omitempty"`
	Policies []Policy `json:"policies"`
	Kinds    []Kind   `json:"rolloutKinds"`
}

// Asker asks about one installation.
type Asker struct {
	Client client.Client
	// Home is the namespace in which Seawall runs, as far as the API server does not know better, and
	// Namespace another one in which who asks may create overrides.
	Home, Namespace string
}

// Ask asks about everything.
func (a Asker) Ask(ctx context.Context) *Report {
	report := &Report{}
	registered, first := a.registration(ctx)
	if registered.namespace != "" {
		a.Home = registered.namespace
	}
	report.Checks = slices.Concat(first, []Check{
		a.replicas(ctx, registered, report), a.asked(ctx), a.policies(ctx, report), a.kinds(ctx, report),
	})
	report.State = OK
	for _, check := range report.Checks {
		if check.State == Failed || (check.State == Unknown && report.State == OK) {
			report.State = check.State
		}
	}
	return report
}

// String says in one line what the report comes to.
func (r *Report) String() string {
	var names []string
	for _, check := range r.Checks {
		if check.State == r.State {
			names = append(names, check.Name)
		}
	}
	switch r.State {
	case OK:
		return "Seawall is up."
	case Failed:
		return "Seawall is not up: " + strings.Join(names, ", ") + "."
	default:
		return "Nothing is wrong as far as can be seen, but this cannot: " + strings.Join(names, ", ") + "."
	}
}

// unseen is the check of what could not be asked: what who asks may not see is not known, and everything
// else that goes wrong is a failure.
func unseen(name, right string, err error) Check {
	if apierrors.IsForbidden(err) {
		return Check{name, Unknown, "takes " + right + ": " + err.Error()}
	}
	return Check{name, Failed, err.Error()}
}
