package inventory

import "time"

// State is how much is known of one resource.
type State struct {
	// Resource is its plural name and group, such as "clusters.fleet.cattle.io".
	Resource string
	// Served says that the API server has the resource, Synced that its objects are known.
	Served, Synced bool
	// Objects is the number of objects that are kept.
	Objects int
	// Heard is when the API server last told something of the resource, be it that nothing
	// changed; zero before it has.
	Heard time.Time
}

// States returns the state of each collection. Those of one resource are several.
func (r *Registry) States() []State {
	feeds := r.list()
	states := make([]State, len(feeds))
	for i, feed := range feeds {
		states[i] = feed.describe()
	}
	return states
}

func (f *feed) describe() State {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return State{
		Resource: f.source.String(),
		Served:   f.phase == reading || f.phase == current,
		Synced:   f.phase == current,
		Objects:  f.size(),
		Heard:    f.news.last(),
	}
}
