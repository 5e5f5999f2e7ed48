package gate

import (
	"fmt"
	"strings"
)

// Facts are what environments are grouped and ordered by, and writes of rollouts are grouped by.
type Facts struct {
	// Owner is what the environment belongs to, as "ApplicationSet namespace/name"; empty if nothing owns it.
	Owner string
	// Labels are its own, and ClusterLabels those of the cluster that it is synced to.
	Labels        Labels
	ClusterLabels Labels
	// Project is what it is authorised by, and Source where what it is comes from.
	Project string
	Source  string
	// Namespace is that of a rollout which is written, and NamespaceLabels those of that; empty if it has none.
	Namespace       string
	NamespaceLabels Labels
}

// Labels are those of an object.
type Labels interface {
	// Lookup returns the value of a label, and whether there is one.
	Lookup(label string) (value string, exists bool)
}

// Trait is one of the facts of an environment.
type Trait struct {
	// Name says how the trait is called in messages, such as "label env".
	Name string
	// Of returns what it is of an environment, and whether there is one.
	Of func(Facts) (value string, exists bool)
}

// Owner is what environments belong to.
func Owner() Trait {
	return Trait{"owner", func(f Facts) (string, bool) { return f.Owner, f.Owner != "" }}
}

// Project is what authorises environments.
func Project() Trait {
	return Trait{"project", func(f Facts) (string, bool) { return f.Project, f.Project != "" }}
}

// Source is where what an environment is comes from.
func Source() Trait {
	return Trait{"source", func(f Facts) (string, bool) { return f.Source, f.Source != "" }}
}

// Label is a label of the environments themselves.
func Label(key string) Trait {
	return Trait{"label " + key, func(f Facts) (string, bool) { return lookup(f.Labels, key) }}
}

// ClusterLabel is a label of the clusters that environments are synced to.
func ClusterLabel(key string) Trait {
	return Trait{"cluster label " + key, func(f Facts) (string, bool) { return lookup(f.ClusterLabels, key) }}
}

// Namespace is that of a rollout.
func Namespace() Trait {
	return Trait{"namespace", func(f Facts) (string, bool) { return f.Namespace, f.Namespace != "" }}
}

// NamespaceLabel is a label of the namespace of a rollout.
func NamespaceLabel(key string) Trait {
	return Trait{"namespace label " + key, func(f Facts) (string, bool) { return lookup(f.NamespaceLabels, key) }}
}

func lookup(labels Labels, key string) (string, bool) {
	if labels == nil {
		return "", false
	}
	return labels.Lookup(key)
}

// Group is the environments that count as one wave together: those that are alike in what they are
// grouped by. The zero value is the one of all that lack any of that.
type Group struct {
	// Values are those of what is grouped by, in its order.
	Values []string
}

// Key returns a text that no other group has.
func (g Group) Key() string {
	quoted := make([]string, len(g.Values))
	for i, value := range g.Values {
		quoted[i] = fmt.Sprintf("%q", value)
	}
	return strings.Join(quoted, ",")
}

// Place returns the group of an environment, the zero value and the traits that it lacks if it has none.
func Place(by []Trait, facts Facts) (group Group, lacks []string) {
	for _, trait := range by {
		value, exists := trait.Of(facts)
		if !exists {
			lacks = append(lacks, trait.Name)
		}
		group.Values = append(group.Values, value)
	}
	if len(lacks) > 0 {
		return Group{}, lacks
	}
	return group, nil
}
