// Package argocd is the inventory of an Argo CD installation: its clusters, without their
// credentials, its Applications, and what its ConfigMaps say.
package argocd

import (
	"cmp"
	"net/http"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// ArgoCD is the inventory of one Argo CD installation. It may be used by several goroutines at
// once.
type ArgoCD struct {
	registry   *inventory.Registry
	namespace  string
	mode       ProgressiveSyncs
	clusters   *inventory.Collection[registration]
	configMaps *inventory.Collection[configMap]
	known      known

	mu sync.Mutex
	// decided are the decision resources that somebody has asked for.
	decided map[schema.GroupVersionResource]*inventory.Collection[decisionStatus]
}

// New returns the inventory of the Argo CD in a namespace. It has the registry read the
// Secrets of clusters and the ConfigMaps there and, once somebody asks, the decision resources
// that these name.
func New(registry *inventory.Registry, namespace string, mode ProgressiveSyncs) *ArgoCD {
	return &ArgoCD{
		registry:  registry,
		namespace: namespace,
		mode:      mode,
		clusters:  registerClusters(registry, namespace),
		configMaps: inventory.Register[configMap](registry, inventory.Source{
			Versions: []string{"v1"}, Resource: ConfigMaps, Kind: "ConfigMap", Namespace: namespace,
		}),
		decided: map[schema.GroupVersionResource]*inventory.Collection[decisionStatus]{},
	}
}

const (
	clusterSecrets = "secrets"
	// ConfigMaps is the resource that says what is set, and which resources hold decisions.
	ConfigMaps = "configmaps"
)

// Resources returns the names of what an installation is read from, but for its Applications and for what
// holds decisions.
func Resources() []string { return []string{clusterSecrets, ConfigMaps} }

// configMap is what is kept of a ConfigMap: some have the controller's parameters, others
// describe decision resources.
type configMap struct {
	Data struct {
		parameters `json:",inline"`
		decisions  `json:",inline"`
	} `json:"data"`
}

// Check is a readiness check: it returns an error until the clusters and the ConfigMaps have
// been read.
func (a *ArgoCD) Check(request *http.Request) error {
	return cmp.Or(a.clusters.Check(request), a.configMaps.Check(request))
}
