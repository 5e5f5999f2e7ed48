package evaluate

import "github.com/seawall-dev/seawall/pkg/rollout"

// Starts answers whether the API server asks about starts.
type Starts interface {
	// Unasked says why it does not ask about some of those that follow a change in a namespace, or may not;
	// nothing if it asks about all of them.
	Unasked(namespace string, change rollout.Change) string
}

// unasked says why the API server does not ask about some of the starts that follow a change, or may not.
func (e *Evaluator) unasked(namespace string, change rollout.Change) string {
	switch {
	case change.Starts.Unheld != "":
		return "" // which is enough
	case e.Starts == nil:
		return "the sync gate is off"
	}
	return e.Starts.Unasked(namespace, change)
}
