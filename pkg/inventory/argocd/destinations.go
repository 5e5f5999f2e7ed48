package argocd

import (
	"sync"

	"k8s.io/apimachinery/pkg/labels"
)

// Destinations find clusters as Applications name them: by their name or by their server.
type Destinations struct {
	byName, byServer map[string]Cluster
}

// Destinations returns the clusters as destinations: the same ones as long as no cluster changes. The errors are
// those of Select.
func (a *ArgoCD) Destinations() (*Destinations, error) {
	if err := a.clusters.Check(nil); err != nil {
		return nil, err
	}
	return a.known.get(a.clusters.Version(), func() (*Destinations, error) {
		clusters, err := a.Select(labels.Everything())
		if err != nil {
			return nil, err
		}
		return clusters.destinations(), nil
	})
}

// known are the destinations of a version of the clusters.
type known struct {
	mutex        sync.Mutex
	version      uint64
	destinations *Destinations
}

func (k *known) get(version uint64, find func() (*Destinations, error)) (*Destinations, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.destinations != nil && k.version == version {
		return k.destinations, nil
	}
	found, err := find()
	if err == nil {
		k.version, k.destinations = version, found
	}
	return found, err
}

// destinations returns the clusters as destinations. That which Argo CD runs in is one though it may have
// no Secret.
func (c Clusters) destinations() *Destinations {
	found := &Destinations{byName: make(map[string]Cluster, c.Len()+1), byServer: make(map[string]Cluster, c.Len()+1)}
	local := InCluster()
	found.byName[local.Name()], found.byServer[local.Server()] = local, local
	for i := range c.Len() {
		cluster := c.At(i)
		found.byName[cluster.Name()], found.byServer[cluster.Server()] = cluster, cluster
	}
	return found
}

// Find returns the cluster of a destination, of which one of name and server is empty.
func (d *Destinations) Find(name, server string) (Cluster, bool) {
	if server != "" {
		cluster, found := d.byServer[server]
		return cluster, found
	}
	cluster, found := d.byName[name]
	return cluster, found
}
