package fleet

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// displayNameLabel holds the name under which Rancher shows a cluster.
const displayNameLabel = "management.cattle.io/cluster-display-name"

// criteria are the fields by which targets, restrictions and partitions select clusters.
type criteria struct {
	ClusterName          string                `json:"clusterName"`
	ClusterSelector      *metav1.LabelSelector `json:"clusterSelector"`
	ClusterGroup         string                `json:"clusterGroup"`
	ClusterGroupSelector *metav1.LabelSelector `json:"clusterGroupSelector"`
}

// matcher matches a cluster, as a member of one group, when all criteria that are set hold;
// without any it matches none (Fleet's matcher/clustermatcher.go).
type matcher struct {
	criteria

	clusters, groups labels.Selector
}

func (c criteria) compile(path string) (matcher, error) {
	clusters, err := rollout.Selector(path+".clusterSelector", c.ClusterSelector)
	if err != nil {
		return matcher{}, err
	}
	groups, err := rollout.Selector(path+".clusterGroupSelector", c.ClusterGroupSelector)
	return matcher{c, clusters, groups}, err
}

// compileAll compiles the criteria of a list, such as spec.targets.
func compileAll[T any](path string, list []T, of func(T) criteria) ([]matcher, error) {
	matchers := make([]matcher, len(list))
	for i := range list {
		var err error
		if matchers[i], err = of(list[i]).compile(fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return nil, err
		}
	}
	return matchers, nil
}

// matches tells whether a cluster matches as a member of any of its groups.
func (m matcher) matches(c cluster) bool {
	return slices.ContainsFunc(c.groups, func(in membership) bool { return m.admits(c, in) })
}

// membership is of one group, or of none.
type membership struct {
	group  string
	labels inventory.Pairs
}

// admits tells whether a cluster matches as a member.
func (m matcher) admits(c cluster, in membership) bool {
	if m.ClusterName == "" && m.ClusterGroup == "" && m.ClusterSelector == nil && m.ClusterGroupSelector == nil {
		return false
	}
	return m.admitsName(c) &&
		(m.ClusterGroup == "" || m.ClusterGroup == in.group) &&
		(m.ClusterGroupSelector == nil || m.groups.Matches(in.labels)) &&
		(m.ClusterSelector == nil || m.clusters.Matches(&c.Labels))
}

func (m matcher) admitsName(c cluster) bool {
	return m.ClusterName == "" || m.ClusterName == c.Name || m.ClusterName == c.Labels.Get(displayNameLabel)
}
