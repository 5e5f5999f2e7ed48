package kubefleet

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// The cases of KubeFleet's pkg/controllers/updaterun/execution_test.go,
// TestCalculateMaxConcurrencyValue.
func TestWindow(t *testing.T) {
	tests := map[string]struct {
		value    string
		clusters int
		want     int
	}{
		"fewer than the clusters": {"3", 10, 3}, "as many": {"10", 10, 10}, "more": {"15", 10, 15},
		"half": {"50%", 10, 5}, "a tenth of one": {"10%", 1, 1}, "rounded down": {"33%", 10, 3}, "all": {"100%", 10, 10},
		"a quarter of seven": {"25%", 7, 1}, "a number of none": {"3", 0, 3}, "half of none": {"50%", 0, 1}, "none": {"0", 10, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			value := intstr.Parse(tt.value)
			got, err := stage{MaxConcurrency: &value}.window("spec.stages[0]", tt.clusters)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(tt.want))
		})
	}
	g := NewWithT(t)
	g.Expect(stage{}.window("spec.stages[0]", 10)).To(Equal(1), "one at a time by default")
	text := intstr.FromString("50")
	_, err := stage{MaxConcurrency: &text}.window("spec.stages[0]", 0)
	g.Expect(err).To(MatchError(ContainSubstring("spec.stages[0].maxConcurrency is neither an integer nor a percentage")))
}

// The cases of KubeFleet's pkg/controllers/rollout/controller_test.go, TestPickBindingsToRoll,
// with the most that is in flight as the rollout goes on; there a binding that is not ready yet
// holds others back, which is not known when a write is judged. Clusters whose bindings are
// being deleted count as removed.
func TestPace(t *testing.T) {
	tests := map[string]struct {
		pace   pace
		write  moves
		window int
		gone   int
	}{
		"one scheduled":                          {pace{1, 1, 3}, moves{added: 1}, 1, 0},
		"two scheduled":                          {pace{2, 1, 3}, moves{added: 2}, 2, 0},
		"all are scheduled, nothing may miss":    {pace{100, 0, 0}, moves{added: 100}, 100, 0},
		"one has failed, five are wanted":        {pace{1, 1, 7}, moves{present: 1, failing: 1, updated: 1, failed: sets.New("a")}, 1, 0},
		"one of five has failed, one may miss":   {pace{5, 1, 3}, moves{present: 5, failing: 1, updated: 5, failed: sets.New("a")}, 1, 0},
		"three of five have failed, one may":     {pace{5, 1, 3}, moves{present: 5, failing: 3, updated: 5, failed: sets.New("a", "b", "c")}, 3, 0},
		"all are ready, none may miss":           {pace{5, 0, 3}, moves{present: 5, updated: 5}, 0, 0},
		"one is bound, another scheduled":        {pace{2, 1, 4}, moves{present: 1, added: 1, updated: 1}, 1, 0},
		"two are dropped, one may miss":          {pace{2, 1, 3}, moves{present: 2, removed: 2}, 0, 2}, // one, and the other if any could join
		"another policy, one in excess":          {pace{2, 0, 1}, moves{present: 2, added: 2, removed: 2}, 1, 1},
		"another policy, two may miss":           {pace{2, 2, 0}, moves{present: 2, added: 2, removed: 2}, 2, 2},
		"one is updated, two may miss":           {pace{2, 2, 0}, moves{present: 2, updated: 1, removed: 0}, 1, 0},
		"one that has failed, none may miss":     {pace{2, 0, 0}, moves{present: 2, failing: 1, updated: 1, failed: sets.New("a")}, 1, 0},
		"more are wanted, none may miss":         {pace{4, 0, 0}, moves{present: 1, added: 2}, 2, 0},
		"more, by another policy, one in excess": {pace{4, 0, 1}, moves{present: 2, added: 4, removed: 2}, 3, 1},
		"more, and other resources":              {pace{4, 4, 0}, moves{present: 1, added: 2, updated: 1}, 3, 0},
		"fewer, none may miss":                   {pace{2, 0, 0}, moves{present: 4, removed: 2}, 0, 2},
		"fewer, one may miss":                    {pace{2, 1, 0}, moves{present: 4, removed: 2}, 0, 2},
		"fewer and others, none may miss":        {pace{2, 0, 0}, moves{present: 4, added: 2, removed: 4}, 0, 2},
		"fewer, and all have failed":             {pace{2, 0, 0}, moves{present: 4, failing: 4, added: 2, removed: 4}, 2, 1},
		"fewer, other resources, none may miss":  {pace{2, 0, 0}, moves{present: 4, updated: 2, removed: 2}, 0, 2},
		"fewer, other resources, one may miss":   {pace{2, 1, 0}, moves{present: 4, updated: 2, removed: 2}, 1, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			unpaced, paced := tt.pace.window(tt.write)
			g.Expect(max(unpaced, paced)).To(Equal(tt.window))
			g.Expect(tt.pace.tearDown(tt.write, make([]rollout.Target, tt.write.removed)).InFlight).To(Equal(tt.gone))
		})
	}
}

// What one reconcile removes, updates and adds, as determineBindingsToUpdate picks them.
func TestWhatIsRemovedIsInFlightWithTheOthers(t *testing.T) {
	quarter := pace{100, 25, 25}
	tests := map[string]struct {
		pace  pace
		write moves
		want  int
	}{
		"others take their place":                {quarter, moves{present: 100, added: 22, removed: 22}, 44},
		"more take their place than may":         {quarter, moves{present: 100, added: 100, removed: 100}, 50},
		"and the rest is updated":                {quarter, moves{present: 100, added: 22, removed: 22, updated: 78}, 47},
		"as many go as are in excess":            {pace{90, 10, 0}, moves{present: 100, removed: 10, updated: 90}, 20},
		"nobody joins before one has gone":       {pace{100, 10, 0}, moves{present: 100, added: 22, removed: 22}, 10},
		"nobody goes before one has joined":      {pace{100, 0, 10}, moves{present: 100, added: 22, removed: 22}, 10},
		"those that have failed are updated now": {pace{4, 0, 0}, moves{present: 5, failing: 1, removed: 1, updated: 1, failed: sets.New("a")}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(tt.pace.together(tt.write)).To(Equal(tt.want))
		})
	}
}

// The cases of KubeFleet's pkg/scheduler/clustereligibilitychecker/checker_test.go,
// TestIsClusterEligible, at five minutes.
func TestEligible(t *testing.T) {
	now := time.Now()
	ago := func(minutes int) metav1.Time { return metav1.NewTime(now.Add(-time.Duration(minutes) * time.Minute)) }
	agent := func(heartbeat metav1.Time, conditions ...metav1.Condition) (status memberStatus) {
		status.AgentStatus = append(status.AgentStatus, struct {
			Type                  string             `json:"type"`
			LastReceivedHeartbeat metav1.Time        `json:"lastReceivedHeartbeat"`
			Conditions            []metav1.Condition `json:"conditions"`
		}{"MemberAgent", heartbeat, conditions})
		return status
	}
	joined := metav1.Condition{Type: "Joined", Status: metav1.ConditionTrue}
	left := metav1.Condition{Type: "Joined", Status: metav1.ConditionFalse}
	healthy := metav1.Condition{Type: "Healthy", Status: metav1.ConditionTrue, LastTransitionTime: ago(600)}
	sick := func(minutes int) metav1.Condition {
		return metav1.Condition{Type: "Healthy", Status: metav1.ConditionFalse, LastTransitionTime: ago(minutes)}
	}
	other := agent(ago(0), joined, healthy)
	other.AgentStatus[0].Type = "ServiceExportImportAgent"
	tests := map[string]struct {
		status   memberStatus
		deleting bool
		want     bool
	}{
		"leaving":                  {agent(ago(0), joined, healthy), true, false},
		"no agent":                 {memberStatus{}, false, false},
		"another agent":            {other, false, false},
		"not known to have joined": {agent(ago(0), healthy), false, false},
		"not joined":               {agent(ago(0), left, healthy), false, false},
		"silent":                   {agent(ago(6), joined, healthy), false, false},
		"silent for a while":       {agent(ago(4), joined, healthy), false, true},
		"not known to be healthy":  {agent(ago(0), joined), false, false},
		"not healthy":              {agent(ago(0), joined, sick(6)), false, false},
		"not healthy for a while":  {agent(ago(0), joined, sick(1)), false, true},
		"not healthy as of now":    {agent(ago(0), joined, sick(0)), false, true},
		"healthy since long":       {agent(ago(0), joined, healthy), false, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cluster := &inventory.Object[memberFields]{Name: "a", Deleting: tt.deleting, Value: memberFields{Status: tt.status}}
			NewWithT(t).Expect(eligible(cluster, now)).To(Equal(tt.want))
		})
	}
}

// The cases of KubeFleet's pkg/scheduler/framework/plugins/clusteraffinity/types_test.go,
// TestClusterRequirementMatches, and of filtering_test.go: any of several terms.
func TestTerms(t *testing.T) {
	cluster := &inventory.Object[memberFields]{Name: "a", Labels: inventory.PairsOf(map[string]string{"env": "prod", "region": "east"})}
	status := &cluster.Value.Status
	status.ResourceUsage.Capacity = map[string]resource.Quantity{"cpu": resource.MustParse("10"), "memory": resource.MustParse("40Gi")}
	status.ResourceUsage.Allocatable = map[string]resource.Quantity{"cpu": resource.MustParse("8"), "memory": resource.MustParse("36Gi")}
	status.ResourceUsage.Available = map[string]resource.Quantity{"cpu": resource.MustParse("2"), "memory": resource.MustParse("4Gi")}
	status.Properties = map[string]struct {
		Value string `json:"value"`
	}{"nodes": {"4"}, "odd": {"invalid"}}
	const usage = "resources.kubernetes-fleet.io/"
	labelled := func(env string) term {
		return term{LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"env": env}}}
	}
	having := func(name, operator string, values ...string) (having term) {
		having.PropertySelector.MatchExpressions = []propertyRequirement{{name, operator, values}}
		return having
	}
	both := func(env string, with term) term {
		with.LabelSelector = labelled(env).LabelSelector
		return with
	}
	tests := map[string]struct {
		terms []term
		want  bool
		err   string
	}{
		"no term":                        {nil, true, ""},
		"an empty term":                  {[]term{{}}, true, ""},
		"labelled":                       {[]term{labelled("prod")}, true, ""},
		"labelled otherwise":             {[]term{labelled("dev")}, false, ""},
		"an unknown property":            {[]term{having("racks", "Eq", "0")}, false, ""},
		"an unknown resource":            {[]term{having(usage+"total-gpu", "Ge", "0")}, false, ""},
		"no kind of amount":              {[]term{having(usage+"cpu", "Eq", "2")}, false, "is no property"},
		"another kind of amount":         {[]term{having(usage+"spare-cpu", "Eq", "2")}, false, "is no property"},
		"a resource with a hyphen":       {[]term{having(usage+"total-ephemeral-storage", "Eq", "2")}, false, "is no property"},
		"two values":                     {[]term{having("nodes", "Eq", "1", "2")}, false, "has 2 values: want 1"},
		"a property that is no quantity": {[]term{having("odd", "Eq", "1")}, false, `has an expression on "odd", which is no quantity on every MemberCluster`},
		"a value that is no quantity":    {[]term{having("nodes", "Eq", "invalid")}, false, `has the value "invalid": want a quantity`},
		"another operator":               {[]term{having("nodes", "invalid", "1")}, false, `has the operator "invalid"`},
		"equal":                          {[]term{having("nodes", "Eq", "4")}, true, ""},
		"equal, spelt otherwise":         {[]term{having("nodes", "Eq", "4000m")}, true, ""},
		"equal, and it is not":           {[]term{having("nodes", "Eq", "8")}, false, ""},
		"not equal":                      {[]term{having(usage+"total-cpu", "Ne", "11")}, true, ""},
		"not equal, and it is":           {[]term{having(usage+"total-cpu", "Ne", "10")}, false, ""},
		"greater":                        {[]term{having(usage+"allocatable-memory", "Gt", "30Gi")}, true, ""},
		"greater, and it is not":         {[]term{having(usage+"allocatable-memory", "Gt", "40Gi")}, false, ""},
		"greater, and it is equal":       {[]term{having(usage+"allocatable-memory", "Gt", "36Gi")}, false, ""},
		"less":                           {[]term{having(usage+"available-cpu", "Lt", "4")}, true, ""},
		"less, and it is not":            {[]term{having(usage+"available-cpu", "Lt", "1")}, false, ""},
		"less, and it is equal":          {[]term{having(usage+"available-cpu", "Lt", "2")}, false, ""},
		"at least":                       {[]term{having(usage+"total-memory", "Ge", "40Gi")}, true, ""},
		"at least, and it is not":        {[]term{having(usage+"total-memory", "Ge", "41Gi")}, false, ""},
		"at most":                        {[]term{having(usage+"allocatable-cpu", "Le", "8")}, true, ""},
		"at most, and it is not":         {[]term{having(usage+"allocatable-cpu", "Le", "7")}, false, ""},
		"both label and property":        {[]term{both("prod", having("nodes", "Ge", "4"))}, true, ""},
		"the label only":                 {[]term{both("prod", having("nodes", "Ge", "5"))}, false, ""},
		"the property only":              {[]term{both("dev", having("nodes", "Ge", "4"))}, false, ""},
		"neither":                        {[]term{both("dev", having("nodes", "Ge", "5"))}, false, ""},
		"the second term":                {[]term{having("nodes", "Lt", "4"), labelled("prod")}, true, ""},
		"no term of two":                 {[]term{having("nodes", "Lt", "4"), labelled("dev")}, false, ""},
		"an odd property elsewhere":      {[]term{both("dev", having("odd", "Eq", "1"))}, false, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			p := &policy{}
			p.Affinity.ClusterAffinity.Required.ClusterSelectorTerms = tt.terms
			selects, err := p.selects()
			g.Expect(err).NotTo(HaveOccurred())
			got, err := selects(cluster)
			if tt.err != "" {
				g.Expect(err).To(MatchError(ContainSubstring(tt.err)))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(tt.want))
		})
	}
	broken := &policy{}
	broken.Affinity.ClusterAffinity.Required.ClusterSelectorTerms = []term{{LabelSelector: &metav1.LabelSelector{
		MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "region", Operator: "invalid", Values: []string{"east"}}},
	}}}
	_, err := broken.selects()
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("clusterSelectorTerms[0].labelSelector is no label selector")))
}

// The cases of KubeFleet's pkg/scheduler/framework/plugins/tainttoleration/filtering_test.go,
// TestFilter.
func TestTolerations(t *testing.T) {
	taint := func(key, value string) corev1.Taint {
		return corev1.Taint{Key: key, Value: value, Effect: corev1.TaintEffectNoSchedule}
	}
	equal := func(key, value string, effect corev1.TaintEffect) corev1.Toleration {
		return corev1.Toleration{Key: key, Operator: corev1.TolerationOpEqual, Value: value, Effect: effect}
	}
	exists := func(key string, effect corev1.TaintEffect) corev1.Toleration {
		return corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: effect}
	}
	const no = corev1.TaintEffectNoSchedule
	valued := []corev1.Taint{taint("key1", "value1"), taint("key2", "value2")}
	bare := []corev1.Taint{taint("key1", ""), taint("key2", "")}
	three := append([]corev1.Taint{taint("key3", "")}, valued...)
	tests := map[string]struct {
		taints      []corev1.Taint
		tolerations []corev1.Toleration
		want        bool
	}{
		"no taint":                {nil, nil, true},
		"no toleration":           {valued[:1], nil, false},
		"equal":                   {valued, []corev1.Toleration{equal("key1", "value1", no), equal("key2", "value2", no)}, true},
		"equal, any effect":       {valued, []corev1.Toleration{equal("key1", "value1", ""), equal("key2", "value2", "")}, true},
		"equal, no value":         {bare, []corev1.Toleration{equal("key1", "", ""), equal("key2", "", "")}, true},
		"exists":                  {three, []corev1.Toleration{exists("key1", no), exists("key2", no), exists("key3", no)}, true},
		"any key exists":          {three, []corev1.Toleration{exists("", no)}, true},
		"any key, any effect":     {three, []corev1.Toleration{exists("", "")}, true},
		"another value":           {valued[:1], []corev1.Toleration{equal("key1", "value2", no)}, false},
		"another key":             {valued[:1], []corev1.Toleration{equal("key2", "value1", no)}, false},
		"another key exists":      {valued[:1], []corev1.Toleration{exists("key2", no)}, false},
		"another effect":          {valued[:1], []corev1.Toleration{exists("key1", corev1.TaintEffectNoExecute)}, false},
		"one of two is tolerated": {valued, []corev1.Toleration{equal("key1", "value1", no)}, false},
		"equal by default":        {valued[:1], []corev1.Toleration{{Key: "key1", Value: "value1"}}, true},
		"no value by default":     {valued[:1], []corev1.Toleration{{Key: "key1"}}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			cluster := &inventory.Object[memberFields]{Name: "a"}
			cluster.Value.Spec.Taints = tt.taints
			selects, err := (&policy{Tolerations: tt.tolerations}).selects()
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(selects(cluster)).To(Equal(tt.want))
		})
	}
}
