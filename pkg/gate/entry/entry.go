// Package entry answers whether the API server asks Seawall about starts: whatever it does not ask about
// begins unjudged.
package entry

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	// Resource is what it stands in whether the API server asks.
	Resource = "validatingwebhookconfigurations.admissionregistration.k8s.io"
	// Hook is the name of the webhook.
	Hook = "starts.seawall.dev"
	// label is what configurations of the chart have.
	label = "app.kubernetes.io/name=seawall"
)

// Entry is the webhook of starts, as it is registered.
type Entry struct {
	configurations *inventory.Collection[registered]
}

// New returns the one that the registry will read: of the configuration of that name; of all of Seawall's if
// that is empty.
func New(registry *inventory.Registry, name string) *Entry {
	source := inventory.Source{
		Group: "admissionregistration.k8s.io", Versions: []string{"v1"}, Resource: "validatingwebhookconfigurations",
		Kind: "ValidatingWebhookConfiguration", Name: name, Label: label,
	}
	if name != "" {
		source.Label = "" // whoever names one need not label it
	}
	return &Entry{inventory.Register(registry, source, inventory.ReadBy(read), inventory.ShownBy[registered](shown))}
}

// Unasked says why the API server does not ask about some of the starts that follow a write in a namespace, or
// may not; nothing if it asks about all of them.
func (e *Entry) Unasked(namespace string, change rollout.Change) string {
	objects, err := e.configurations.List("", labels.Everything())
	if err != nil {
		return "whether the API server asks about starts is not known: " + rollout.Cause(err)
	}
	why := "no webhook " + Hook + " is registered"
	for _, object := range objects {
		hook := object.Value.hook
		if hook == nil || object.Deleting {
			continue
		}
		if why = cmp.Or(hook.gap(), hook.exempts(namespace, change)); why == "" {
			return ""
		}
	}
	return why
}

// exempts says why some of the starts that follow a write are not asked about.
func (h *hook) exempts(namespace string, change rollout.Change) string {
	const unasked = "the matchConditions of webhook " + Hook + " exempt "
	switch {
	case len(h.conditions) == 0:
		return ""
	case change.Starts != nil && change.Starts.Nameless > 0:
		return unasked + "some Applications, and the names of these are not known"
	}
	exempt := 0
	for _, step := range change.Steps {
		for _, target := range step.All() {
			if target.Effect != rollout.Removed && !h.asks(namespace, target.Name) {
				exempt++
			}
		}
	}
	if exempt == 0 {
		return ""
	}
	return fmt.Sprintf("%s%d of these Applications", unasked, exempt)
}
