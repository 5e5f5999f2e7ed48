package offline

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// namespaces are those of the inventory.
type namespaces struct {
	known *inventory.Collection[struct{}]
	// matter tells whether a policy selects by the labels of namespaces.
	matter func() bool
}

var _ evaluate.Namespaces = namespaces{}

func newNamespaces(registry *inventory.Registry, matter func() bool) namespaces {
	return namespaces{inventory.Register[struct{}](registry, inventory.Source{
		Versions: []string{"v1"}, Resource: "namespaces", Kind: "Namespace", MetadataOnly: true,
	}), matter}
}

// Get implements evaluate.Namespaces. Of a namespace that is not given the name is known, which
// every namespace has as a label; where that will not do, the error is a finding.
func (n namespaces) Get(_ context.Context, name string) (labels.Labels, bool, error) {
	named := labels.Set{"kubernetes.io/metadata.name": name}
	if !n.matter() {
		return named, false, nil
	}
	found, err := n.known.Get("", name)
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("namespace %s, by whose labels a policy selects: %w", name, err)
	case found == nil:
		return nil, false, fmt.Errorf("namespace %s, by whose labels a policy selects: %w", name,
			rollout.Unresolved("namespace "+name, "is not in the inventory that was given"))
	}
	return merged{found.Labels, named}, found.Deleting, nil
}

// merged are the labels of a file and those that the API server adds.
type merged struct {
	labels.Labels

	added labels.Set
}

// Has implements labels.Labels.
func (m merged) Has(key string) bool { return m.Labels.Has(key) || m.added.Has(key) }

// Get implements labels.Labels.
func (m merged) Get(key string) string {
	value, _ := m.Lookup(key)
	return value
}

// Lookup implements labels.Labels.
func (m merged) Lookup(key string) (string, bool) {
	if value, found := m.Labels.Lookup(key); found {
		return value, true
	}
	return m.added.Lookup(key)
}
