package argocd

// Destinations find clusters as Applications name them: by their name or by their server.
type Destinations struct {
	byName, byServer map[string]Cluster
}

// Destinations returns the clusters as destinations. That which Argo CD runs in is one though it may have
// no Secret.
func (c Clusters) Destinations() Destinations {
	found := Destinations{byName: make(map[string]Cluster, c.Len()+1), byServer: make(map[string]Cluster, c.Len()+1)}
	local := InCluster()
	found.byName[local.Name()], found.byServer[local.Server()] = local, local
	for i := range c.Len() {
		cluster := c.At(i)
		found.byName[cluster.Name()], found.byServer[cluster.Server()] = cluster, cluster
	}
	return found
}

// Find returns the cluster of a destination, of which one of name and server is empty.
func (d Destinations) Find(name, server string) (Cluster, bool) {
	if server != "" {
		cluster, found := d.byServer[server]
		return cluster, found
	}
	cluster, found := d.byName[name]
	return cluster, found
}
