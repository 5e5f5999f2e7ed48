package ocm

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The cases of sdk-go's pkg/apis/cluster/v1alpha1/rollout_test.go, TestCalculateRolloutSize,
// and of its comments on rounding.
func TestSize(t *testing.T) {
	for value, want := range map[string]int{
		"50": 50, "30%": 30, "0": 100, "101": 100, "200%": 100, "0%": 100, "-5": 100, "0.5%": 1, "33.1%": 34, "100%": 100, "NaN%": 100,
	} {
		t.Run(value, func(t *testing.T) {
			g := NewWithT(t)
			got, err := size{intstr.Parse(value)}.of("field", 100)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(want))
		})
	}
	for _, value := range []string{"invalid", "", "%", "five%"} {
		t.Run("refused: "+value, func(t *testing.T) {
			_, err := size{intstr.FromString(value)}.of("field", 100)
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring("want an integer or a percentage")))
		})
	}
}

// The cases of OCM's pkg/placement/plugins/tainttoleration/taint_toleration_test.go,
// TestMatchWithClusterTaintToleration.
func TestTolerate(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ago := metav1.NewTime(now.Add(-10 * time.Second))
	seconds := func(n int64) *int64 { return &n }
	hard := taint{Key: "key1", Value: "value1", Effect: "NoSelect"}
	forNew, soft := taint{Key: "key1", Effect: "NoSelectIfNew"}, taint{Key: "key1", Effect: "PreferNoSelect"}
	added := taint{Key: "key1", Value: "value1", Effect: "NoSelect", TimeAdded: ago}
	equal := toleration{Key: "key1", Value: "value1", Operator: "Equal"}
	tests := map[string]struct {
		tolerations tolerations
		taints      []taint
		chosen      bool
		want        bool
	}{
		"no toleration":                              {nil, []taint{hard}, false, false},
		"key and value match":                        {tolerations{equal}, []taint{hard}, false, true},
		"the value is missing":                       {tolerations{{Key: "key1", Operator: "Equal"}}, []taint{hard}, false, false},
		"another value":                              {tolerations{equal}, []taint{{Key: "key1", Value: "value2", Effect: "NoSelect"}}, false, false},
		"another key":                                {tolerations{equal}, []taint{{Key: "key2", Value: "value1", Effect: "NoSelect"}}, false, false},
		"no operator is Equal":                       {tolerations{{Key: "key1", Value: "value1"}}, []taint{hard}, false, true},
		"the key exists":                             {tolerations{{Key: "key1", Operator: exists}}, []taint{hard}, false, true},
		"any key":                                    {tolerations{{Operator: exists}}, []taint{hard}, false, true},
		"another key exists":                         {tolerations{{Key: "key2", Operator: exists}}, []taint{hard}, false, false},
		"only for new ones, and it is new":           {nil, []taint{forNew}, false, false},
		"only for new ones, and it is chosen":        {nil, []taint{forNew}, true, true},
		"only for new ones, and tolerated":           {tolerations{{Key: "key1", Operator: exists}}, []taint{forNew}, false, true},
		"only for new ones, tolerating another":      {tolerations{{Key: "key2", Operator: exists}}, []taint{forNew}, false, false},
		"a chosen cluster with another toleration":   {tolerations{{Key: "key2", Operator: exists}}, []taint{forNew}, true, true},
		"what is only not preferred":                 {nil, []taint{soft}, false, true},
		"all of several taints":                      {tolerations{equal, {Key: "key2", Operator: exists}}, []taint{hard, {Key: "key2", Effect: "NoSelect"}}, false, true},
		"one of several taints":                      {tolerations{equal}, []taint{hard, {Key: "key2", Effect: "NoSelect"}}, false, false},
		"the same effect":                            {tolerations{{Key: "key1", Operator: exists, Effect: "NoSelect"}}, []taint{hard}, false, true},
		"another effect":                             {tolerations{{Key: "key1", Operator: exists, Effect: "NoSelectIfNew"}}, []taint{hard}, false, false},
		"an unknown operator":                        {tolerations{{Key: "key1", Operator: "Like", Value: "value1"}}, []taint{hard}, false, false},
		"tolerated for longer than the taint exists": {tolerations{{Key: "key1", Operator: exists, TolerationSeconds: seconds(20)}}, []taint{added}, false, true},
		"tolerated for less":                         {tolerations{{Key: "key1", Operator: exists, TolerationSeconds: seconds(5)}}, []taint{added}, false, false},
		"tolerated for exactly as long":              {tolerations{{Key: "key1", Operator: exists, TolerationSeconds: seconds(10)}}, []taint{added}, false, false},
		"tolerated for no time":                      {tolerations{{Key: "key1", Operator: exists, TolerationSeconds: seconds(0)}}, []taint{added}, false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(tt.tolerations.check()).To(Succeed())
			g.Expect(tt.tolerations.tolerate(tt.taints, tt.chosen, now)).To(Equal(tt.want))
		})
	}
	for name, misconfigured := range map[string]toleration{
		"no key but Equal":      {Value: "value1", Operator: "Equal"},
		"no key, no operator":   {Value: "value1"},
		"Exists, but a value":   {Key: "key1", Operator: exists, Value: "value1"},
		"no key and with value": {Operator: exists, Value: "value1"},
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			NewWithT(t).Expect(tolerations{misconfigured}.check()).To(MatchError(ContainSubstring("spec.tolerations")))
		})
	}
}
