package kubefleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// policy is spec.policy of a placement.
type policy struct {
	PlacementType    string              `json:"placementType"`
	ClusterNames     []string            `json:"clusterNames"`
	NumberOfClusters *int                `json:"numberOfClusters"`
	Tolerations      []corev1.Toleration `json:"tolerations"`
	Affinity         struct {
		ClusterAffinity struct {
			Required struct {
				ClusterSelectorTerms []term `json:"clusterSelectorTerms"`
			} `json:"requiredDuringSchedulingIgnoredDuringExecution"`
			Preferred []struct{} `json:"preferredDuringSchedulingIgnoredDuringExecution"`
		} `json:"clusterAffinity"`
	} `json:"affinity"`
	TopologySpreadConstraints []struct{} `json:"topologySpreadConstraints"`
}

const (
	pickFixed = "PickFixed"
	pickN     = "PickN"
)

// orDefault returns the policy of a placement that may have none: it picks all.
func (p *policy) orDefault() *policy {
	if p == nil {
		return &policy{}
	}
	return p
}

// wants returns the number of clusters that KubeFleet aims at when the policy picks so many:
// more, if it asks for more than there are (pkg/controllers/rollout, calculateRealTarget).
func (p *policy) wants(picked int) int {
	switch {
	case p.PlacementType == pickFixed:
		return max(picked, len(p.ClusterNames))
	case p.PlacementType == pickN && p.NumberOfClusters != nil:
		return max(picked, *p.NumberOfClusters)
	default:
		return picked
	}
}

// choose returns the names of the clusters that the policy picks, in ascending order. Those
// that are placed on and stay need not match it: KubeFleet schedules under one policy once,
// and only a cluster that has left is taken from it.
func (i *Inventory) choose(account *budget.Account, p *policy, placed sets.Set[string], stay bool) ([]string, error) {
	members, err := i.members.List("", labels.Everything())
	if err != nil {
		return nil, err
	}
	p = p.orDefault()
	selects, err := p.selects()
	if err != nil {
		return nil, err
	}
	if err := account.Work(len(members) * (1 + len(p.terms()) + len(p.Tolerations))); err != nil {
		return nil, err
	}
	var feasible []string
	now := time.Now()
	for _, cluster := range members {
		fits := stay && placed.Has(cluster.Name) && !cluster.Deleting
		if !fits && eligible(cluster, now) {
			if fits, err = selects(cluster); err != nil {
				return nil, err
			}
		}
		if fits {
			feasible = append(feasible, cluster.Name)
		}
	}
	if p.PlacementType == pickN {
		return p.first(feasible, placed, stay)
	}
	return feasible, nil
}

// first returns as many clusters as PickN wants. Those that are placed on come first, unless
// another policy prefers clusters or spreads over them: then any may be picked instead.
func (p *policy) first(feasible []string, placed sets.Set[string], stay bool) ([]string, error) {
	if p.NumberOfClusters == nil || *p.NumberOfClusters < 0 {
		return nil, rollout.Unresolved("spec.policy.numberOfClusters", "is not set: want an integer of at least 0 with PickN")
	}
	sticky := stay || len(p.Affinity.ClusterAffinity.Preferred) == 0 && len(p.TopologySpreadConstraints) == 0
	last := func(name string) int {
		if placed.Has(name) == sticky {
			return 0
		}
		return 1
	}
	slices.SortFunc(feasible, func(a, b string) int { return cmp.Or(last(a)-last(b), strings.Compare(a, b)) })
	chosen := feasible[:min(*p.NumberOfClusters, len(feasible))]
	slices.Sort(chosen)
	return chosen, nil
}

// selects compiles what makes the policy pick a cluster.
func (p *policy) selects() (func(member) (bool, error), error) {
	switch p.PlacementType {
	case pickFixed:
		names := sets.New(p.ClusterNames...)
		return func(cluster member) (bool, error) { return names.Has(cluster.Name), nil }, nil
	case "", "PickAll", pickN:
	default:
		return nil, rollout.Unresolved("spec.policy.placementType", "is %s: want PickAll, PickN or PickFixed", rollout.Quote(p.PlacementType))
	}
	matches, err := p.matches()
	if err != nil {
		return nil, err
	}
	return func(cluster member) (bool, error) {
		matching, err := matches(cluster)
		return matching && rollout.Tolerated(cluster.Value.Spec.Taints, p.Tolerations), err
	}, nil
}

// terms are those of the affinity: any may match, and all clusters do without one.
func (p *policy) terms() []term { return p.Affinity.ClusterAffinity.Required.ClusterSelectorTerms }

// matches compiles the terms.
func (p *policy) matches() (func(member) (bool, error), error) {
	terms := p.terms()
	selectors := make([]labels.Selector, len(terms))
	const path = "spec.policy.affinity.clusterAffinity.requiredDuringSchedulingIgnoredDuringExecution.clusterSelectorTerms"
	for i, term := range terms {
		var err error
		labelSelector := cmp.Or(term.LabelSelector, &metav1.LabelSelector{})
		if selectors[i], err = rollout.Selector(fmt.Sprintf("%s[%d].labelSelector", path, i), labelSelector); err != nil {
			return nil, err
		}
	}
	return func(cluster member) (bool, error) {
		for i, term := range terms {
			if !selectors[i].Matches(cluster.Labels) {
				continue
			}
			has, err := term.hasProperties(fmt.Sprintf("%s[%d].propertySelector", path, i), cluster)
			if err != nil || has {
				return has, err
			}
		}
		return len(terms) == 0, nil
	}, nil
}
