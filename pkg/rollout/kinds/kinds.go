// Package kinds lists the kinds of rollouts that Seawall reads.
package kinds

import (
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/applicationset"
)

// ArgoCD is what the kinds of Argo CD ask about an installation of it.
type ArgoCD interface {
	applicationset.Clusters
	applicationset.Switches
}

// Inventories say which environments exist.
type Inventories struct {
	ArgoCD ArgoCD
}

// All returns every kind, one line each; webhook rules and RBAC are generated from it.
func All(inventories Inventories) []rollout.Kind {
	return []rollout.Kind{
		applicationset.Kind(inventories.ArgoCD, inventories.ArgoCD),
	}
}

// Lookup returns the kind with a group and a name, which is either the kind as objects
// spell it or the resource as URLs do.
func Lookup(kinds []rollout.Kind, group, name string) (rollout.Kind, bool) {
	for _, kind := range kinds {
		if kind.Group == group && (kind.Name == name || kind.Resource == name) {
			return kind, true
		}
	}
	return rollout.Kind{}, false
}
