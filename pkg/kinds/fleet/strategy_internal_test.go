package fleet

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The cases of Fleet's internal/cmd/controller/target/status_test.go, Test_limit, and the
// strings that its code treats in its own way.
func TestLimit(t *testing.T) {
	text := func(s string) *intstr.IntOrString { value := intstr.FromString(s); return &value }
	whole := func(i int) *intstr.IntOrString { value := intstr.FromInt(i); return &value }
	tests := map[string]struct {
		count  int
		values []*intstr.IntOrString
		want   int
	}{
		"an integer":                           {10, []*intstr.IntOrString{whole(5)}, 5},
		"an integer above the count":           {10, []*intstr.IntOrString{whole(15)}, 10},
		"of none, one":                         {0, []*intstr.IntOrString{whole(15)}, 1},
		"of less than none, one":               {-15, []*intstr.IntOrString{whole(15)}, 1},
		"the first of two":                     {10, []*intstr.IntOrString{whole(5), whole(15)}, 5},
		"the first that is set":                {10, []*intstr.IntOrString{nil, whole(10)}, 10},
		"half":                                 {10, []*intstr.IntOrString{text("50%")}, 5},
		"all":                                  {11, []*intstr.IntOrString{text("100%")}, 11},
		"more than all":                        {10, []*intstr.IntOrString{text("150%")}, 10},
		"a tenth of ten":                       {10, []*intstr.IntOrString{text("10%")}, 1},
		"less than no percent":                 {10, []*intstr.IntOrString{text("-10%")}, 1},
		"a tenth of five is rounded up to one": {5, []*intstr.IntOrString{text("10%")}, 1},
		"nothing set is all":                   {50, nil, 50},
		"percentages are rounded down":         {10, []*intstr.IntOrString{text("49%")}, 4},
		"no percent is one":                    {10, []*intstr.IntOrString{text("0%")}, 1},
		"a part of a percent":                  {1000, []*intstr.IntOrString{text("0.5%")}, 5},
		"zero is zero":                         {10, []*intstr.IntOrString{whole(0)}, 0},
		"less than zero is zero":               {10, []*intstr.IntOrString{whole(-1)}, 0},
		"an integer in a string may exceed the count": {10, []*intstr.IntOrString{text("15")}, 15},
		"no number in percent":                        {10, []*intstr.IntOrString{text("NaN%")}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got, err := limit("field", tt.count, tt.values...)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(tt.want))
		})
	}
	for _, value := range []string{"", "some", "0", "-5", "x%", "%"} {
		t.Run("refused: "+value, func(t *testing.T) {
			_, err := limit("field", 10, text(value))
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring("field is ")))
		})
	}
}

// The cases of Fleet's internal/cmd/controller/target/rollout_test.go, Test_autoPartition.
func TestAutoPartition(t *testing.T) {
	threshold := func(i int) *int { return &i }
	tests := map[string]struct {
		strategy strategy
		count    int
		want     string
	}{
		"a fixed size":            {strategy{AutoPartitionSize: value("100")}, 200, "100/100 100/100"},
		"below the threshold":     {strategy{AutoPartitionSize: value("25%"), MaxUnavailable: value("1")}, 199, "199/1"},
		"a quarter by default":    {strategy{}, 200, "50/50 50/50 50/50 50/50"},
		"the rest is a partition": {strategy{AutoPartitionSize: value("49%")}, 1000, "490/490 490/490 20/20"},
		"the window is per partition": {
			strategy{AutoPartitionSize: value("10%"), MaxUnavailable: value("10%")}, 1000, strings.TrimSpace(strings.Repeat("100/10 ", 10)),
		},
		"rounded down":                 {strategy{}, 230, "57/57 57/57 57/57 57/57 2/2"},
		"at a threshold of 50":         {strategy{AutoPartitionThreshold: threshold(50), AutoPartitionSize: value("50%")}, 50, "25/25 25/25"},
		"below a threshold of 50":      {strategy{AutoPartitionThreshold: threshold(50), AutoPartitionSize: value("50%")}, 49, "49/49"},
		"no threshold, no partitions":  {strategy{AutoPartitionThreshold: threshold(0), AutoPartitionSize: value("25%")}, 500, "500/500"},
		"no size, no partitions":       {strategy{AutoPartitionSize: value("0")}, 500, "500/500"},
		"less than none, none as well": {strategy{AutoPartitionSize: value("-1")}, 500, "500/500"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			partitions, err := tt.strategy.partitions(nil, make([]cluster, tt.count))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(spelt(partitions)).To(Equal(tt.want))
		})
	}
}

// The cases of Test_manualPartition there: a cluster can be in two partitions or in none.
func TestManualPartition(t *testing.T) {
	byName := func(name string) manualPartition { return manualPartition{criteria: criteria{ClusterName: name}} }
	inGroup := func(name string) manualPartition { return manualPartition{criteria: criteria{ClusterGroup: name}} }
	with := func(key, value string) manualPartition {
		return manualPartition{criteria: criteria{ClusterSelector: labelled(map[string]string{key: value})}}
	}
	tests := map[string]struct {
		strategy strategy
		clusters []cluster
		want     string
	}{
		"by name": {
			strategy{Partitions: []manualPartition{byName("cluster-1"), byName("cluster-2")}},
			slices.Concat(same(2, "cluster-1", nil), same(2, "cluster-2", nil)), "2/2 2/2",
		},
		"by group": {
			strategy{Partitions: []manualPartition{inGroup("group-1"), inGroup("group-2")}},
			slices.Concat(same(2, "cluster-1", nil, "group-1"), same(2, "cluster-2", nil, "group-2")), "2/2 2/2",
		},
		"a cluster in two partitions": {
			strategy{Partitions: []manualPartition{with("env", "testing"), with("group", "a")}},
			slices.Concat(same(40, "c", map[string]string{"env": "testing"}), same(20, "c", map[string]string{"env": "testing", "group": "a"}),
				same(40, "c", map[string]string{"group": "a"})), "60/60 60/60",
		},
		"a cluster in no partition gets none of its own": {
			strategy{Partitions: []manualPartition{with("group", "a")}, AutoPartitionSize: value("50%")},
			slices.Concat(same(50, "c", map[string]string{"group": "a"}), same(50, "c", nil)), "50/50",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			partitions, err := tt.strategy.partitions(nil, tt.clusters)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(spelt(partitions)).To(Equal(tt.want))
		})
	}
}

// What runs of Fleet's own UpdatePartitions showed, and rules that follow from its code.
func TestPeak(t *testing.T) {
	every := criteria{ClusterSelector: labelled(nil)}
	half := []manualPartition{{criteria: every, MaxUnavailable: value("5")}, {criteria: every, MaxUnavailable: value("5")}}
	in := func(count int) []cluster { return same(count, "c", nil) }
	stages := strategy{Partitions: []manualPartition{
		{criteria: criteria{ClusterName: "staging"}, MaxUnavailable: value("10%")},
		{criteria: criteria{ClusterName: "prod"}, MaxUnavailable: value("5%")},
	}}
	tests := map[string]struct {
		strategy    strategy
		fresh       int // of the first clusters
		clusters    []cluster
		first, peak int
	}{
		"nothing set is all at once": {strategy{}, 0, in(400), 400, 400},
		"a tenth":                    {strategy{MaxUnavailable: value("10%")}, 0, in(100), 10, 10},
		"a tenth of four partitions": {strategy{MaxUnavailable: value("10%")}, 0, in(400), 10, 20},
		"two partitions":             {stages, 0, slices.Concat(same(20, "staging", nil), same(180, "prod", nil)), 2, 11},
		"none never starts":          {strategy{MaxUnavailable: value("0")}, 0, in(100), 0, 0},
		"no percent is one":          {strategy{MaxUnavailable: value("0%")}, 0, in(100), 1, 1},
		"small partitions stop nobody": {
			strategy{AutoPartitionSize: value("10%"), MaxUnavailablePartitions: value("1")}, 0, in(200), 200, 200,
		},
		"first deployments know no window":          {strategy{MaxUnavailable: value("10%")}, 100, in(100), 100, 100},
		"first deployments wait for partitions":     {strategy{MaxUnavailable: value("10%")}, 400, in(400), 100, 110},
		"first deployments come on top":             {strategy{MaxUnavailable: value("10%")}, 50, in(100), 60, 60},
		"one partition blocks":                      {strategy{Partitions: half}, 0, in(10), 5, 5},
		"partitions do not see what others started": {strategy{Partitions: half, MaxUnavailablePartitions: value("1")}, 0, in(10), 10, 10},
		"but all see the whole": {
			strategy{Partitions: half, MaxUnavailable: value("7"), MaxUnavailablePartitions: value("1")}, 0, in(10), 7, 7,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			states := make([]state, len(tt.clusters))
			for i := range states {
				if states[i] = outdated; i < tt.fresh {
					states[i] = fresh
				}
			}
			run, err := tt.strategy.simulate(nil, tt.clusters, states)
			g.Expect(err).NotTo(HaveOccurred())
			first, peak, err := run.peak()
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(first).To(Equal(tt.first))
			g.Expect(peak).To(Equal(tt.peak))
		})
	}
}

// same are so many clusters with a name, labels, and the groups that they are in.
func same(count int, name string, labels map[string]string, groups ...string) []cluster {
	return slices.Repeat([]cluster{named(name, labels, groups...)}, count)
}

func value(s string) *intstr.IntOrString { parsed := intstr.Parse(s); return &parsed }

func spelt(partitions []partition) string {
	text := ""
	for i, partition := range partitions {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprintf("%d/%d", len(partition.members), partition.limit)
	}
	return text
}
