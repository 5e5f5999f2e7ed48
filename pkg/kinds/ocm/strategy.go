package ocm

import (
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
		waves, rest := mandatory(decided.groups, config.MandatoryDecisionGroups, byGroup)
		field := path + ".progressive.maxConcurrency"
		last := together(rest, "set "+field+" to "+rollout.PerWave, "set "+path+" to {type: ProgressivePerGroup} and "+byGroup)
		var err error
		if last.window, err = config.MaxConcurrency.of(field, len(last.clusters), len(last.clusters)); err != nil {
			return plan{}, err
		}
		patience, err := newPatience(path+".progressive", config.MinSuccessTime, config.ProgressDeadline, config.MaxFailures, decided)
		return plan{append(waves, last), patience}, err
	case progressivePerGroup:
		config, path := s.ProgressivePerGroup, path+".progressivePerGroup"
		waves, rest := mandatory(decided.groups, config.MandatoryDecisionGroups, byGroup)
		gated, err := gates(path+".maxFailures", rest, config.MaxFailures, byGroup)
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
func mandatory(groups []group, keys []groupKey, remedy string) (waves []wave, rest []group) {
	for _, decision := range groups {
		if slices.ContainsFunc(keys, func(key groupKey) bool { return key.names(decision) }) {
			waves = append(waves, together([]group{decision}, remedy, remedy))
		} else {
			rest = append(rest, decision)
		}
	}
	return waves, rest
}

// gates returns the waves of groups that follow one another. A group that may have failures
// is no gate: the next one starts after them, though not before its clusters are done.
func gates(path string, groups []group, maxFailures size, remedy string) ([]wave, error) {
	var waves []wave
	open := false
	for _, decision := range groups {
		next := together([]group{decision}, remedy, remedy)
		if open {
			last := &waves[len(waves)-1]
			last.clusters = append(last.clusters, next.clusters...)
			last.window = max(last.window, next.window)
			last.divide = "set " + path + " to 0 and " + remedy
		} else {
			waves = append(waves, next)
		}
		failures, err := maxFailures.of(path, len(next.clusters), 0)
		if err != nil {
			return nil, err
		}
		open = failures > 0
	}
	return waves, nil
}

// together is one wave of all clusters of the groups at once.
func together(groups []group, pace, divide string) wave {
	clusters := decided{groups: groups}.clusters()
	return wave{clusters: clusters, window: len(clusters), pace: pace, divide: divide}
}
