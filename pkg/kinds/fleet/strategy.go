package fleet

import (
	"strconv"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const strategyPath = "spec.rolloutStrategy"

// strategy is spec.rolloutStrategy.
type strategy struct {
	MaxUnavailable           *intstr.IntOrString `json:"maxUnavailable"`
	MaxUnavailablePartitions *intstr.IntOrString `json:"maxUnavailablePartitions"`
	AutoPartitionSize        *intstr.IntOrString `json:"autoPartitionSize"`
	AutoPartitionThreshold   *int                `json:"autoPartitionThreshold"`
	Partitions               []manualPartition   `json:"partitions"`
}

type manualPartition struct {
	criteria

	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable"`
}

// partition is a group of clusters that Fleet updates before it goes on to the next.
type partition struct {
	members []int
	limit   int
}

// What Fleet does where a strategy says nothing (its target/target.go).
const (
	defaultSize       = "25%"
	defaultThreshold  = 200
	defaultPartitions = 0
)

// partitions divides the clusters, which are sorted by name, as Fleet does. A cluster can be
// in several manual partitions, or in none: it is never deployed to then.
func (s *strategy) partitions(account *budget.Account, clusters []cluster) ([]partition, error) {
	if len(s.Partitions) > 0 {
		return s.manual(account, clusters)
	}
	size, err := s.autoSize(len(clusters))
	if err != nil {
		return nil, err
	}
	var all []partition
	for start := 0; start < len(clusters); start += size {
		end := min(start+size, len(clusters))
		members := make([]int, end-start)
		for i := range members {
			members[i] = start + i
		}
		limit, err := limit(strategyPath+".maxUnavailable", len(members), s.MaxUnavailable)
		if err != nil {
			return nil, err
		}
		all = append(all, partition{members, limit})
	}
	return all, nil
}

func (s *strategy) manual(account *budget.Account, clusters []cluster) ([]partition, error) {
	matchers, err := compileAll(strategyPath+".partitions", s.Partitions, func(p manualPartition) criteria { return p.criteria })
	if err != nil {
		return nil, err
	}
	all := make([]partition, len(matchers))
	for i, matcher := range matchers {
		if err := account.Work(len(clusters)); err != nil {
			return nil, err
		}
		for index, cluster := range clusters {
			if matcher.matches(cluster) {
				all[i].members = append(all[i].members, index)
			}
		}
		path := partitionPath(i) + ".maxUnavailable"
		if all[i].limit, err = limit(path, len(all[i].members), s.Partitions[i].MaxUnavailable, s.MaxUnavailable); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func partitionPath(index int) string {
	return strategyPath + ".partitions[" + strconv.Itoa(index) + "]"
}

// autoSize returns how many clusters a partition has that nobody listed; count, if all are in one.
func (s *strategy) autoSize(count int) (int, error) {
	threshold := defaultThreshold
	if s.AutoPartitionThreshold != nil {
		threshold = *s.AutoPartitionThreshold
	}
	size := intstr.FromString(defaultSize)
	if s.AutoPartitionSize != nil {
		size = *s.AutoPartitionSize
	}
	if threshold <= 0 || count < threshold || size.Type == intstr.Int && size.IntVal <= 0 {
		return max(1, count), nil
	}
	return limit(strategyPath+".autoPartitionSize", count, &size)
}

// limit returns what the first value that is set makes of count, as Fleet's target/status.go
// does: percentages are rounded down and are at least 1, a negative integer is 0, and a string
// without "%" is an integer that may exceed count. Nothing set is all.
func limit(path string, count int, values ...*intstr.IntOrString) (int, error) {
	if count <= 0 {
		return 1, nil
	}
	var value *intstr.IntOrString
	for _, candidate := range values {
		if value == nil {
			value = candidate
		}
	}
	if value == nil {
		return count, nil
	}
	if whole, err := strconv.Atoi(value.StrVal); err == nil && whole > 0 {
		return whole, nil
	}
	size, err := rollout.Percentages{Least: 1, Fractions: true}.Of(path, *value, count)
	return min(max(0, size), count), err
}
