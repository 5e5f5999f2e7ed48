package fleet

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seawall-dev/seawall/pkg/inventory"
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
	size := func(s string) *intstr.IntOrString { value := intstr.Parse(s); return &value }
	threshold := func(i int) *int { return &i }
	tests := map[string]struct {
		strategy strategy
		count    int
		want     string
	}{
		"a fixed size":                 {strategy{AutoPartitionSize: size("100")}, 200, "100/100 100/100"},
		"below the threshold":          {strategy{AutoPartitionSize: size("25%"), MaxUnavailable: size("1")}, 199, "199/1"},
		"a quarter by default":         {strategy{}, 200, "50/50 50/50 50/50 50/50"},
		"the rest is a partition":      {strategy{AutoPartitionSize: size("49%")}, 1000, "490/490 490/490 20/20"},
		"the window is per partition":  {strategy{AutoPartitionSize: size("50%"), MaxUnavailable: size("10%")}, 1000, "500/50 500/50"},
		"rounded down":                 {strategy{}, 230, "57/57 57/57 57/57 57/57 2/2"},
		"at a threshold of 50":         {strategy{AutoPartitionThreshold: threshold(50), AutoPartitionSize: size("50%")}, 50, "25/25 25/25"},
		"below a threshold of 50":      {strategy{AutoPartitionThreshold: threshold(50), AutoPartitionSize: size("50%")}, 49, "49/49"},
		"no threshold, no partitions":  {strategy{AutoPartitionThreshold: threshold(0), AutoPartitionSize: size("25%")}, 500, "500/500"},
		"no size, no partitions":       {strategy{AutoPartitionSize: size("0")}, 500, "500/500"},
		"less than none, none as well": {strategy{AutoPartitionSize: size("-1")}, 500, "500/500"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			partitions, err := tt.strategy.partitions(make([]cluster, tt.count))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(spelt(partitions)).To(Equal(tt.want))
		})
	}
}

// The cases of Test_manualPartition there: a cluster can be in two partitions or in none.
func TestManualPartition(t *testing.T) {
	g := NewWithT(t)
	clusters := make([]cluster, 100)
	for i := range clusters {
		labels := map[string]string{}
		if i < 40 {
			labels["env"] = "testing"
		}
		if i >= 20 && i < 80 {
			labels["group"] = "a"
		}
		clusters[i].Object = &inventory.Object[clusterFields]{Name: fmt.Sprint(i), Labels: labels}
	}
	var listed strategy
	for _, label := range []string{"env", "group"} {
		var by manualPartition
		by.ClusterSelector = exists(label)
		listed.Partitions = append(listed.Partitions, by)
	}
	partitions, err := listed.partitions(clusters)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(spelt(partitions)).To(Equal("40/40 60/60"))
}

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

func exists(label string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: label, Operator: metav1.LabelSelectorOpExists}}}
}
