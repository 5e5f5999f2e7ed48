package ocm

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// size is a number of clusters or a percentage; its zero value is all.
type size struct{ intstr.IntOrString }

// of returns what the size makes of a total, as OCM's calculateRolloutSize does: percentages
// are rounded up, and less than one or more than all is all.
func (s size) of(path string, total int) (int, error) {
	value := s.IntValue()
	if s.Type == intstr.String {
		number, isPercent := strings.CutSuffix(s.StrVal, "%")
		percent, err := strconv.ParseFloat(number, 64)
		if !isPercent || err != nil {
			return 0, rollout.Unresolved(path, "is %s: want an integer or a percentage such as 10%%", rollout.Quote(s.StrVal))
		}
		scaled := math.Ceil(percent / 100 * float64(total))
		if !(scaled >= 1 && scaled <= float64(total)) { // not a number, too
			return total, nil
		}
		value = int(scaled)
	}
	if value <= 0 || value > total {
		return total, nil
	}
	return value, nil
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
		MandatoryDecisionGroups []groupKey `json:"mandatoryDecisionGroups"`
		MaxConcurrency          size       `json:"maxConcurrency"`
	} `json:"progressive"`
	ProgressivePerGroup struct {
		MandatoryDecisionGroups []groupKey `json:"mandatoryDecisionGroups"`
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

// wave is what OCM syncs before it goes on, with room for so many clusters together.
type wave struct {
	clusters     []string
	window       int
	pace, divide string
}

// waves returns the waves of the strategy over decision groups (sdk-go's
// pkg/apis/cluster/v1alpha1/rollout.go). The path is that of the strategy in its object.
func (s strategy) waves(path, placement string, decided decided) ([]wave, error) {
	byGroup := "set spec.decisionStrategy.groupStrategy.clustersPerDecisionGroup of Placement " + placement + " to " + rollout.PerWave
	switch s.Type {
	case all, "":
		remedy := "set " + path + " to {type: Progressive, progressive: {maxConcurrency: " + rollout.PerWave + "}}"
		return []wave{together(decided.groups, remedy, remedy)}, nil
	case progressive:
		waves, rest := mandatory(decided.groups, s.Progressive.MandatoryDecisionGroups, byGroup)
		field := path + ".progressive.maxConcurrency"
		last := together(rest, "set "+field+" to "+rollout.PerWave, "set "+path+" to {type: ProgressivePerGroup} and "+byGroup)
		window, err := s.Progressive.MaxConcurrency.of(field, len(last.clusters))
		last.window = window
		return append(waves, last), err
	case progressivePerGroup:
		waves, rest := mandatory(decided.groups, s.ProgressivePerGroup.MandatoryDecisionGroups, byGroup)
		for _, decision := range rest {
			waves = append(waves, together([]group{decision}, byGroup, byGroup))
		}
		return waves, nil
	default:
		return nil, rollout.Unresolved(path+".type", "is %s: want All, Progressive or ProgressivePerGroup", rollout.Quote(s.Type))
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

// together is one wave of all clusters of the groups at once.
func together(groups []group, pace, divide string) wave {
	clusters := decided{groups: groups}.clusters()
	return wave{clusters: clusters, window: len(clusters), pace: pace, divide: divide}
}
