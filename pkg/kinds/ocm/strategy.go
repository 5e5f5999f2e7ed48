package ocm

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// size is a number of clusters or a percentage; its zero value is not set.
type size struct{ intstr.IntOrString }

// of returns what the size makes of a total, as OCM's calculateRolloutSize does: percentages
// are rounded up, and less than one or more than all is what it is otherwise.
func (s size) of(path string, total, otherwise int) (int, error) {
	value, err := rollout.Percentages{Up: true, Fractions: true, Quotient: true}.Of(path, s.IntOrString, total)
	if value <= 0 || value > total {
		value = otherwise
	}
	return value, err
}

// The types of a rollout strategy.
const (
	all                 = "All"
	progressive         = "Progressive"
	progressivePerGroup = "ProgressivePerGroup"
)

// strategy is a rolloutStrategy.
type strategy struct {
	Type        string `json:"type"`
	Progressive struct {
		MandatoryDecisionGroups []groupKey      `json:"mandatoryDecisionGroups"`
		MaxConcurrency          size            `json:"maxConcurrency"`
		MinSuccessTime          metav1.Duration `json:"minSuccessTime"`
		ProgressDeadline        string          `json:"progressDeadline"`
		MaxFailures             size            `json:"maxFailures"`
	} `json:"progressive"`
	ProgressivePerGroup struct {
		MandatoryDecisionGroups []groupKey      `json:"mandatoryDecisionGroups"`
		MinSuccessTime          metav1.Duration `json:"minSuccessTime"`
		ProgressDeadline        string          `json:"progressDeadline"`
		MaxFailures             size            `json:"maxFailures"`
	} `json:"progressivePerGroup"`
}

type groupKey struct {
	GroupName  string `json:"groupName"`
	GroupIndex int    `json:"groupIndex"`
}

func (k groupKey) names(group group) bool {
	if k.GroupName != "" {
		return k.GroupName == group.name
	}
	return k.GroupIndex == group.index
}

// plan returns the waves of the strategy over decision groups (sdk-go's
// pkg/apis/cluster/v1alpha1/rollout.go). The path is that of the strategy in its object.
func (s strategy) plan(path, placement string, decided decided) (plan, error) {
	byGroup := "set spec.decisionStrategy.groupStrategy.clustersPerDecisionGroup of Placement " + placement + " to " + rollout.PerWave
	switch s.Type {
	case all, "":
		remedy := "set " + path + " to {type: Progressive, progressive: {maxConcurrency: " + rollout.PerWave + "}}"
		return plan{waves: []wave{together(decided.groups, remedy, remedy)}}, nil
	case progressive:
		config := s.Progressive
		waves, rest := mandatory(path+".progressive", decided.groups, config.MandatoryDecisionGroups, byGroup)
		field := path + ".progressive.maxConcurrency"
		last := together(rest, "set "+field+" to "+rollout.PerWave, "set "+path+" to {type: ProgressivePerGroup} and "+byGroup)
		last.name = path + ".progressive"
		var err error
		if last.window, err = config.MaxConcurrency.of(field, len(last.clusters), len(last.clusters)); err != nil {
			return plan{}, err
		}
		patience, err := newPatience(path+".progressive", config.MinSuccessTime, config.ProgressDeadline, config.MaxFailures, decided)
		return plan{append(waves, last), patience}, err
	case progressivePerGroup:
		config, path := s.ProgressivePerGroup, path+".progressivePerGroup"
		waves, rest := mandatory(path, decided.groups, config.MandatoryDecisionGroups, byGroup)
		gated, err := gates(path, rest, config.MaxFailures, byGroup)
		if err != nil {
			return plan{}, err
		}
		patience, err := newPatience(path, config.MinSuccessTime, config.ProgressDeadline, config.MaxFailures, decided)
		return plan{append(waves, gated...), patience}, err
	default:
		return plan{}, rollout.Unresolved(path+".type", "is %s: want All, Progressive or ProgressivePerGroup", rollout.Quote(s.Type))
	}
}

// mandatory returns a wave for each group that a key names, in the order of the groups.
func mandatory(path string, groups []group, keys []groupKey, remedy string) (waves []wave, rest []group) {
	for _, decision := range groups {
		key := slices.IndexFunc(keys, func(key groupKey) bool { return key.names(decision) })
		if key < 0 {
			rest = append(rest, decision)
			continue
		}
		next := together([]group{decision}, remedy, remedy)
		next.name = fmt.Sprintf("%s.mandatoryDecisionGroups[%d]", path, key)
		waves = append(waves, next)
	}
	return waves, rest
}

// gates returns the waves of groups that follow one another. A group that may have failures
// is no gate: the next one starts after them, though not before its clusters are done.
func gates(path string, groups []group, maxFailures size, remedy string) ([]wave, error) {
	waves := make([]wave, len(groups))
	for i, decision := range groups {
		next := together([]group{decision}, remedy, remedy)
		failures, err := maxFailures.of(path+".maxFailures", len(next.clusters), 0)
		if err != nil {
			return nil, err
		}
		if next.name = path; failures > 0 && i < len(groups)-1 {
			next.open, next.divide = true, "set "+path+".maxFailures to 0 and "+remedy
		}
		waves[i] = next
	}
	return waves, nil
}

// together is one wave of all clusters of the groups at once.
func together(groups []group, pace, divide string) wave {
	clusters := decided{groups: groups}.clusters()
	return wave{clusters: clusters, window: len(clusters), pace: pace, divide: divide}
}
