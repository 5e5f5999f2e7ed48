package rollout_test

import (
	"testing"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestPercentages(t *testing.T) {
	down, up := rollout.Percentages{}, rollout.Percentages{Up: true}
	one, part := rollout.Percentages{Least: 1}, rollout.Percentages{Fractions: true}
	tests := map[string]struct {
		percentages rollout.Percentages
		size        intstr.IntOrString
		total, want int
	}{
		"a whole number":                          {up, intstr.Parse("7"), 3, 7},
		"less than none":                          {one, intstr.Parse("-7"), 3, -7},
		"rounded down":                            {down, intstr.Parse("49%"), 10, 4},
		"rounded up":                              {up, intstr.Parse("41%"), 10, 5},
		"nothing to round":                        {up, intstr.Parse("7%"), 100, 7},
		"nothing to round, but divided first":     {rollout.Percentages{Up: true, Quotient: true}, intstr.Parse("7%"), 100, 8},
		"less than the least":                     {one, intstr.Parse("1%"), 10, 1},
		"the least of none":                       {one, intstr.Parse("50%"), 0, 1},
		"more than all":                           {down, intstr.Parse("250%"), 4, 10},
		"more than an integer":                    {down, intstr.Parse("9223372036854775807%"), 1 << 30, 1<<31 - 1},
		"half a percent":                          {part, intstr.Parse("0.5%"), 1000, 5},
		"no number, which is none":                {part, intstr.Parse("NaN%"), 10, 0},
		"no number, which is the least":           {rollout.Percentages{Fractions: true, Least: 1}, intstr.Parse("NaN%"), 10, 1},
		"without a limit":                         {part, intstr.Parse("Inf%"), 10, 1<<31 - 1},
		"a percentage that does not say it is":    {rollout.Percentages{Bare: true}, intstr.FromString("50"), 10, 5},
		"a percentage that may not, but does say": {rollout.Percentages{Bare: true}, intstr.Parse("50%"), 10, 5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			got, err := tt.percentages.Of("field", tt.size, tt.total)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(got).To(gomega.Equal(tt.want))
		})
	}
}

func TestWhatIsNoPercentage(t *testing.T) {
	fractions, bare := rollout.Percentages{Fractions: true}, rollout.Percentages{Bare: true}
	for size, percentages := range map[string][]rollout.Percentages{
		"": {{}, fractions, bare}, "%": {{}, fractions, bare}, "x%": {{}, fractions, bare}, "10%%": {{}, fractions, bare},
		"5": {{}, fractions}, "0.5%": {{}, bare}, "0.5": {{}, fractions, bare}, " 5%": {{}, fractions, bare},
	} {
		for _, one := range percentages {
			_, err := one.Of("spec.size", intstr.FromString(size), 10)
			gomega.NewWithT(t).Expect(err).To(gomega.MatchError("cannot count its environments: spec.size is "+
				rollout.Quote(size)+": want an integer or a percentage such as 10%"), "%+v", one)
		}
	}
}

func TestSelector(t *testing.T) {
	g := gomega.NewWithT(t)
	for _, tt := range []struct {
		selector *metav1.LabelSelector
		want     bool
	}{{nil, false}, {&metav1.LabelSelector{}, true}, {&metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}, true}} {
		selector, err := rollout.Selector("spec.selector", tt.selector)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(selector.Matches(labels.Set{"a": "b"})).To(gomega.Equal(tt.want))
	}
	_, err := rollout.Selector("spec.selector", &metav1.LabelSelector{MatchLabels: map[string]string{"a b": "c"}})
	g.Expect(err).To(gomega.MatchError(gomega.HavePrefix("cannot count its environments: spec.selector is no label selector: ")))
}
