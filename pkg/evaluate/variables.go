package evaluate

import (
	"context"
	"strings"
	"sync"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// variablesOf returns the variables of conditions. What is not known of a write is left out: the objects
// that cost too much to decode, and the user of what nobody writes.
func variablesOf(ctx context.Context, write Write) func() map[string]any {
	return sync.OnceValue(func() map[string]any {
		request := map[string]any{
			"operation": strings.ToUpper(string(write.Operation)), "namespace": write.Namespace, "name": write.Name, "dryRun": write.Trial,
			"kind": map[string]any{"group": write.Kind.Group, "kind": write.Kind.Kind},
		}
		if write.User != "" {
			request["userInfo"] = map[string]any{"username": write.User, "groups": write.Groups}
		}
		variables := map[string]any{"request": request}
		for name, object := range map[string]*rollout.Object{"object": write.Object, "oldObject": write.OldObject} {
			if object == nil {
				variables[name] = nil
				continue
			}
			var decoded map[string]any
			if budget.From(ctx).Borrow(budget.Tree(object.JSON)) == nil && rollout.DecodeJSON(object.JSON, &decoded) == nil {
				variables[name] = decoded
			}
		}
		return variables
	})
}
