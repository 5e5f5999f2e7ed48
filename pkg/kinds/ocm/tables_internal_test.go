package ocm

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

// The cases of sdk-go's pkg/apis/cluster/v1alpha1/rollout_test.go, TestCalculateRolloutSize,
// and of its comments on rounding.
func TestSize(t *testing.T) {
	for value, want := range map[string]int{
		"50": 50, "30%": 30, "0": 100, "101": 100, "200%": 100, "0%": 100, "-5": 100, "0.5%": 1, "33.1%": 34, "100%": 100, "NaN%": 100,
	} {
		t.Run(value, func(t *testing.T) {
			g := NewWithT(t)
			got, err := size{intstr.Parse(value)}.of("field", 100, 100)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(want))
		})
	}
	for _, value := range []string{"invalid", "", "%", "five%"} {
		t.Run("refused: "+value, func(t *testing.T) {
			_, err := size{intstr.FromString(value)}.of("field", 100, 100)
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring("want an integer or a percentage")))
		})
	}
}

// What is not a number of failures is none (calculateRolloutSize with a default of 0).
func TestSizeOfFailures(t *testing.T) {
	for value, want := range map[string]int{"0": 0, "2": 2, "3": 3, "4": 0, "-1": 0, "30%": 1, "100%": 3, "101%": 0, "0%": 0} {
		t.Run(value, func(t *testing.T) {
			g := NewWithT(t)
			got, err := size{intstr.Parse(value)}.of("field", 3, 0)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(want))
		})
	}
}

// The first clusters that the cases of sdk-go's TestGetRolloutCluster_All, _Progressive and
// _ProgressivePerGroup roll out to, and how they go on when those succeed.
func TestPlan(t *testing.T) {
	six := decided{groups: []group{{"group1", 0, []string{"1", "2", "3"}}, {"", 1, []string{"4", "5", "6"}}}}
	nine := decided{groups: append(slices.Clone(six.groups), group{"", 2, []string{"7", "8", "9"}})}
	pairs := decided{groups: []group{{"group1", 0, []string{"1", "2"}}, {"", 1, []string{"3", "4"}}, {"", 2, []string{"5", "6"}}}}
	tests := map[string]struct {
		strategy string
		decided  decided
		want     string
	}{
		"all":                                 {`{type: All}`, six, "6/6"},
		"no type is all":                      {`{}`, six, "6/6"},
		"a window over group borders":         {`{type: Progressive, progressive: {maxConcurrency: 2, progressDeadline: 90s}}`, six, "2/6"},
		"a window of four":                    {`{type: Progressive, progressive: {maxConcurrency: 4, progressDeadline: 90s}}`, nine, "4/9"},
		"no window is all":                    {`{type: Progressive, progressive: {progressDeadline: 90s}}`, nine, "9/9"},
		"a mandatory group":                   {`{type: Progressive, progressive: {maxConcurrency: 3, mandatoryDecisionGroups: [{groupName: group1}]}}`, pairs, "2/2 3/4"},
		"a mandatory group is not windowed":   {`{type: Progressive, progressive: {maxConcurrency: 1, mandatoryDecisionGroups: [{groupName: group1}]}}`, six, "3/3 1/3"},
		"half of those behind it":             {`{type: Progressive, progressive: {maxConcurrency: 50%, mandatoryDecisionGroups: [{groupIndex: 1}]}}`, nine, "3/3 3/6"},
		"a key that names the first":          {`{type: Progressive, progressive: {mandatoryDecisionGroups: [{}]}}`, pairs, "2/2 4/4"},
		"a name goes before an index":         {`{type: Progressive, progressive: {mandatoryDecisionGroups: [{groupName: group1, groupIndex: 2}]}}`, pairs, "2/2 4/4"},
		"mandatory groups in their own order": {`{type: Progressive, progressive: {mandatoryDecisionGroups: [{groupIndex: 2}, {groupIndex: 0}]}}`, six, "3/3 3/3"},
		"a name that no group has":            {`{type: Progressive, progressive: {maxConcurrency: 2, mandatoryDecisionGroups: [{groupName: other}]}}`, six, "2/6"},
		"group by group":                      {`{type: ProgressivePerGroup, progressivePerGroup: {progressDeadline: 90s}}`, six, "3/3 3/3"},
		"two failures of three":               {`{type: ProgressivePerGroup, progressivePerGroup: {maxFailures: 2}}`, nine, "3/3, open 3/3, open 3/3"},
		"a third is one of three":             {`{type: ProgressivePerGroup, progressivePerGroup: {maxFailures: 30%}}`, nine, "3/3, open 3/3, open 3/3"},
		"more failures than there are":        {`{type: ProgressivePerGroup, progressivePerGroup: {maxFailures: 4}}`, nine, "3/3 3/3 3/3"},
		"none in a mandatory group": {
			`{type: ProgressivePerGroup, progressivePerGroup: {maxFailures: 2, mandatoryDecisionGroups: [{groupName: group1}]}}`, nine, "3/3 3/3, open 3/3",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var read strategy
			g.Expect(yaml.UnmarshalStrict([]byte(tt.strategy), &read)).To(Succeed())
			plan, err := read.plan("field", "default/placement", tt.decided)
			g.Expect(err).NotTo(HaveOccurred())
			var waves []string
			for _, wave := range plan.waves {
				waves = append(waves, fmt.Sprintf("%d/%d", wave.window, len(wave.clusters)))
				if wave.open {
					waves[len(waves)-1] += ", open"
				}
			}
			g.Expect(strings.Join(waves, " ")).To(Equal(tt.want))
		})
	}
}

// The cases of sdk-go's TestParseTimeout that an API server lets pass, and others.
func TestDeadline(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"2h": 2 * time.Hour, "30m": 30 * time.Minute, "10s": 10 * time.Second, "None": math.MaxInt64, "": math.MaxInt64,
	} {
		t.Run(value, func(t *testing.T) {
			g := NewWithT(t)
			got, err := newPatience("field", metav1.Duration{}, value, size{}, decided{})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got.deadline).To(Equal(want))
		})
	}
	for _, value := range []string{"2d", "2d0s", "10g", "none", "soon"} {
		t.Run("refused: "+value, func(t *testing.T) {
			_, err := newPatience("field", metav1.Duration{}, value, size{}, decided{})
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring("field.progressDeadline is ")))
		})
	}
}

// The cases of OCM's pkg/placement/plugins/tainttoleration/taint_toleration_test.go,
// TestMatchWithClusterTaintToleration.
func TestTolerate(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ago := metav1.NewTime(now.Add(-10 * time.Second))
	seconds := func(n int64) *int64 { return &n }
	hard := corev1.Taint{Key: "key1", Value: "value1", Effect: "NoSelect"}
	forNew, soft := corev1.Taint{Key: "key1", Effect: "NoSelectIfNew"}, corev1.Taint{Key: "key1", Effect: "PreferNoSelect"}
	added := corev1.Taint{Key: "key1", Value: "value1", Effect: "NoSelect", TimeAdded: &ago}
	equal := corev1.Toleration{Key: "key1", Value: "value1", Operator: "Equal"}
	tests := map[string]struct {
		tolerations tolerations
		taints      []corev1.Taint
		chosen      bool
		want        bool
	}{
		"no toleration":                              {nil, []corev1.Taint{hard}, false, false},
		"key and value match":                        {tolerations{equal}, []corev1.Taint{hard}, false, true},
		"the value is missing":                       {tolerations{{Key: "key1", Operator: "Equal"}}, []corev1.Taint{hard}, false, false},
		"another value":                              {tolerations{equal}, []corev1.Taint{{Key: "key1", Value: "value2", Effect: "NoSelect"}}, false, false},
		"another key":                                {tolerations{equal}, []corev1.Taint{{Key: "key2", Value: "value1", Effect: "NoSelect"}}, false, false},
		"no operator is Equal":                       {tolerations{{Key: "key1", Value: "value1"}}, []corev1.Taint{hard}, false, true},
		"the key exists":                             {tolerations{{Key: "key1", Operator: exists}}, []corev1.Taint{hard}, false, true},
		"any key":                                    {tolerations{{Operator: exists}}, []corev1.Taint{hard}, false, true},
		"another key exists":                         {tolerations{{Key: "key2", Operator: exists}}, []corev1.Taint{hard}, false, false},
		"only for new ones, and it is new":           {nil, []corev1.Taint{forNew}, false, false},
		"only for new ones, and it is chosen":        {nil, []corev1.Taint{forNew}, true, true},
		"only for new ones, and tolerated":           {tolerations{{Key: "key1", Operator: exists}}, []corev1.Taint{forNew}, false, true},
		"only for new ones, tolerating another":      {tolerations{{Key: "key2", Operator: exists}}, []corev1.Taint{forNew}, false, false},
		"a chosen cluster with another toleration":   {tolerations{{Key: "key2", Operator: exists}}, []corev1.Taint{forNew}, true, true},
		"only for new ones, chosen and tolerated":    {tolerations{{Key: "key1", Operator: exists}}, []corev1.Taint{forNew}, true, true},
		"only for new ones, any effect":              {tolerations{{Key: "key1", Operator: "Equal"}}, []corev1.Taint{forNew}, false, true},
		"only for new ones, the same effect":         {tolerations{{Key: "key1", Effect: noSelectIfNew}}, []corev1.Taint{forNew}, false, true},
		"only for new ones, another effect":          {tolerations{{Key: "key1", Effect: "NoSelect"}}, []corev1.Taint{forNew}, false, false},
		"a chosen cluster and another effect":        {tolerations{{Key: "key1", Effect: "NoSelect"}}, []corev1.Taint{forNew}, true, true},
		"what is only not preferred":                 {nil, []corev1.Taint{soft}, false, true},
		"not preferred, and tolerated":               {tolerations{{Key: "key1", Operator: exists}}, []corev1.Taint{soft}, false, true},
		"not preferred, tolerating another":          {tolerations{{Key: "key2", Operator: exists}}, []corev1.Taint{soft}, false, true},
		"all of several taints":                      {tolerations{equal, {Key: "key2", Operator: exists}}, []corev1.Taint{hard, {Key: "key2", Effect: "NoSelect"}}, false, true},
		"one of several taints":                      {tolerations{equal}, []corev1.Taint{hard, {Key: "key2", Effect: "NoSelect"}}, false, false},
		"the same effect":                            {tolerations{{Key: "key1", Operator: exists, Effect: "NoSelect"}}, []corev1.Taint{hard}, false, true},
		"another effect":                             {tolerations{{Key: "key1", Operator: exists, Effect: "NoSelectIfNew"}}, []corev1.Taint{hard}, false, false},
		"an unknown operator":                        {tolerations{{Key: "key1", Operator: "Like", Value: "value1"}}, []corev1.Taint{hard}, false, false},
		"tolerated for longer than the taint exists": {tolerations{{Key: "key1", Operator: exists, TolerationSeconds: seconds(20)}}, []corev1.Taint{added}, false, true},
		"tolerated for less":                         {tolerations{{Key: "key1", Operator: exists, TolerationSeconds: seconds(5)}}, []corev1.Taint{added}, false, false},
		"tolerated for exactly as long":              {tolerations{{Key: "key1", Operator: exists, TolerationSeconds: seconds(10)}}, []corev1.Taint{added}, false, false},
		"tolerated for no time":                      {tolerations{{Key: "key1", Operator: exists, TolerationSeconds: seconds(0)}}, []corev1.Taint{added}, false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(tt.tolerations.check()).To(Succeed())
			g.Expect(tt.tolerations.tolerate(tt.taints, tt.chosen, now)).To(Equal(tt.want))
		})
	}
	for name, misconfigured := range map[string]corev1.Toleration{
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
