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
