package policy_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// gated returns the gate of a policy that has one, changed.
func gated(t *testing.T, change func(*v1alpha1.WavePolicySpec)) *policy.Gate {
	t.Helper()
	compiled, err := policy.Compile(gatedPolicy(change))
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return compiled.Gate()
}

func gatedPolicy(change func(*v1alpha1.WavePolicySpec)) *v1alpha1.WavePolicy {
	return wavePolicy("p", func(s *v1alpha1.WavePolicySpec) {
		s.SyncGate = &v1alpha1.SyncGate{}
		if change != nil {
			change(s)
		}
	})
}

// tenant is an environment of which all traits are told apart.
func tenant() gate.Facts {
	return gate.Facts{
		Owner: "ApplicationSet argocd/tenants", Project: "team", Source: "https://git.example.com/app.git",
		Labels:        labels.Set{"env": "staging", "tier": "gold"},
		ClusterLabels: labels.Set{"env": "production", "region": "eu"},
	}
}

func TestAPolicyWithoutASyncGateHasNone(t *testing.T) {
	compiled, err := policy.Compile(wavePolicy("p", nil))
	g := gomega.NewWithT(t)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(compiled.Gate()).To(gomega.BeNil())
}

func TestWhatIsNotSetOfAGateIsWhatTheSchemaSays(t *testing.T) {
	g := gomega.NewWithT(t)
	found := gated(t, nil)
	group, lacks := gate.Place(found.By, tenant())
	g.Expect(group.Values).To(gomega.Equal([]string{"ApplicationSet argocd/tenants"}))
	g.Expect(lacks).To(gomega.BeEmpty())
	g.Expect(found.Ungrouped).To(gomega.Equal(v1alpha1.UngroupedSingle))
	g.Expect(found.SettledWhenOperation).To(gomega.BeFalse())
	g.Expect(found.HealthTimeout).To(gomega.Equal(15 * time.Minute))
	g.Expect(found.Order).To(gomega.BeNil())
	g.Expect(found.Rule()).To(gomega.Equal(gate.Rule{
		Limit: risk.Limit{Max: risk.One / 5}, Holds: true,
		Count: []gate.Class{gate.Paced, gate.Rollback}, Pass: []gate.Class{gate.Repair},
	}))
}

func TestGroupsAndRanks(t *testing.T) {
	for source, want := range map[v1alpha1.Trait]string{
		{Source: v1alpha1.TraitOwner}:                          "ApplicationSet argocd/tenants",
		{Source: v1alpha1.TraitProject}:                        "team",
		{Source: v1alpha1.TraitRepository}:                     "https://git.example.com/app.git",
		{Source: v1alpha1.TraitApplicationLabel, Key: "env"}:   "staging",
		{Source: v1alpha1.TraitClusterLabel, Key: "env"}:       "production",
		{Source: v1alpha1.TraitClusterLabel, Key: "region"}:    "eu",
		{Source: v1alpha1.TraitApplicationLabel, Key: "tier"}:  "gold",
		{Source: v1alpha1.TraitApplicationLabel, Key: "other"}: "",
	} {
		t.Run(string(source.Source)+" "+source.Key, func(t *testing.T) {
			g := gomega.NewWithT(t)
			found := gated(t, func(s *v1alpha1.WavePolicySpec) {
				s.SyncGate.GroupBy = []v1alpha1.Trait{{Source: v1alpha1.TraitProject}, source}
				s.SyncGate.Order = v1alpha1.SyncOrder{Source: source.Source, Key: source.Key, Values: []string{"first", want + "!", want}}
			})
			group, lacks := gate.Place(found.By, tenant())
			if want == "" {
				g.Expect(lacks).To(gomega.Equal([]string{"label other"}))
				return
			}
			g.Expect(group.Values).To(gomega.Equal([]string{"team", want}))
			g.Expect(found.Rule().Ordered).To(gomega.BeTrue())
			g.Expect(found.Order.Rank(tenant())).To(gomega.Equal(3))
		})
	}
	g := gomega.NewWithT(t)
	unlisted := func(place v1alpha1.UnlistedPlace) int {
		return gated(t, func(s *v1alpha1.WavePolicySpec) {
			s.SyncGate.Order = v1alpha1.SyncOrder{Source: v1alpha1.TraitProject, Values: []string{"a", "b"}, Unlisted: place}
		}).Order.Rank(tenant())
	}
	g.Expect([]int{unlisted(""), unlisted(v1alpha1.UnlistedLast), unlisted(v1alpha1.UnlistedFirst)}).To(gomega.Equal([]int{3, 3, 0}))
}

func TestEachFieldOfAGateHasEffect(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*v1alpha1.WavePolicySpec)
		read   func(*policy.Gate) any
		want   any
	}{
		"ungrouped": {
			func(s *v1alpha1.WavePolicySpec) { s.SyncGate.Ungrouped = v1alpha1.UngroupedDeny },
			func(g *policy.Gate) any { return g.Ungrouped }, v1alpha1.UngroupedDeny,
		},
		"settledWhen": {
			func(s *v1alpha1.WavePolicySpec) { s.SyncGate.SettledWhen = v1alpha1.SettledOperation },
			func(g *policy.Gate) any { return g.SettledWhenOperation }, true,
		},
		"healthTimeoutSeconds": {
			func(s *v1alpha1.WavePolicySpec) { s.SyncGate.HealthTimeoutSeconds = 30 },
			func(g *policy.Gate) any { return g.HealthTimeout }, 30 * time.Second,
		},
		"onFailure": {
			func(s *v1alpha1.WavePolicySpec) { s.SyncGate.OnFailure = v1alpha1.FailureContinue },
			func(g *policy.Gate) any { return g.Rule().GoOn }, true,
		},
		"selfHeal": {
			func(s *v1alpha1.WavePolicySpec) { s.SyncGate.SelfHeal = v1alpha1.RepairsJudge },
			func(g *policy.Gate) any { return g.Rule().Pass }, []gate.Class(nil),
		},
		"rollingSync": {
			func(s *v1alpha1.WavePolicySpec) { s.SyncGate.RollingSync = v1alpha1.PacedJudge },
			func(g *policy.Gate) any { return g.Rule().Count }, []gate.Class{gate.Rollback},
		},
		"rollbacks": {
			func(s *v1alpha1.WavePolicySpec) { s.SyncGate.Rollbacks = v1alpha1.RollbacksJudge },
			func(g *policy.Gate) any { return g.Rule().Count }, []gate.Class{gate.Paced},
		},
		"maxWaveFailureProbability and toleratedFailures": {
			func(s *v1alpha1.WavePolicySpec) {
				s.MaxWaveFailureProbability, s.ToleratedFailures = "0.1", new(int32(2))
			},
			func(g *policy.Gate) any { return g.Rule().Limit }, risk.Limit{Max: risk.One / 10, Tolerated: 2},
		},
		"validationActions: Warn": {
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
			},
			func(g *policy.Gate) any { return g.Rule().Holds }, false,
		},
		"validationActions: Audit": {
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionAudit}
			},
			func(g *policy.Gate) any { return g.Rule().Holds }, false,
		},
		"validationActions: Audit beside Deny": {
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionAudit, v1alpha1.ActionDeny}
			},
			func(g *policy.Gate) any { return g.Rule().Holds }, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(test.read(gated(t, test.change))).To(gomega.Equal(test.want))
		})
	}
}

func TestTheRateOfAStart(t *testing.T) {
	type annotated struct{ cluster, application, owner string }
	ignoring := func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Claims = v1alpha1.ClaimsIgnore }
	none := func(s *v1alpha1.WavePolicySpec) { s.SuccessRate = nil }
	for name, test := range map[string]struct {
		change  func(*v1alpha1.WavePolicySpec)
		by      annotated
		want    string
		reason  policy.Reason
		message string
	}{
		"the default":                             {want: "0.99"},
		"the ApplicationSet's":                    {by: annotated{owner: "0.9"}, want: "0.9"},
		"the Application's first":                 {by: annotated{application: "80%", owner: "0.9"}, want: "0.8"},
		"the cluster's before all":                {by: annotated{"0.7", "0.8", "0.9"}, want: "0.7"},
		"the cluster's though claims do not":      {change: ignoring, by: annotated{"0.7", "0.8", "0.9"}, want: "0.7"},
		"no claims where they are ignored":        {change: ignoring, by: annotated{application: "0.8", owner: "0.9"}, want: "0.99"},
		"malformed claims where they are ignored": {change: ignoring, by: annotated{application: "often"}, want: "0.99"},
		"a claim at the cap":                      {by: annotated{application: "1"}, want: "0.999"},
		"the cluster's at the cap": {
			change: func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Max = "0.5" }, by: annotated{cluster: "0.8"}, want: "0.5",
		},
		"the default at the cap": {change: func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Default = "0.9999" }, want: "0.999"},
		"none": {
			change: none, reason: policy.SuccessRateMissing,
			message: `annotation seawall.dev/sync-success-rate is missing and policy "p" has no default: set it to the chance that the sync of one environment succeeds, such as "0.99".`,
		},
		"none where claims are ignored": {
			change: func(s *v1alpha1.WavePolicySpec) {
				s.SuccessRate = &v1alpha1.SuccessRate{Claims: v1alpha1.ClaimsIgnore}
			},
			by: annotated{application: "0.8"}, reason: policy.SuccessRateMissing,
			message: `policy "p" has no default sync success rate, and considers none but those annotated on the inventory (successRate.claims: Ignore): its author has to set spec.successRate.default.`,
		},
		"the Application's is malformed": {
			by: annotated{application: "often", owner: "0.9"}, reason: policy.AnnotationMalformed,
			message: `annotation seawall.dev/sync-success-rate is "often": want a decimal from 0 to 1 such as "0.995", or a percentage such as "99.5%" (policy "p").`,
		},
		"the ApplicationSet's is malformed": {
			by: annotated{owner: "1.1"}, reason: policy.AnnotationMalformed,
			message: `the ApplicationSet that owns it: annotation seawall.dev/sync-success-rate is "1.1": want a decimal from 0 to 1 such as "0.995", or a percentage such as "99.5%" (policy "p").`,
		},
		"the cluster's is malformed, whose value is for the log alone": {
			by: annotated{cluster: "often", application: "0.9"}, reason: policy.AnnotationMalformed,
			message: `annotation seawall.dev/sync-success-rate of a cluster of the inventory is malformed: want a decimal from 0 to 1 such as "0.995", or a percentage such as "99.5%" (policy "p").`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			found := gated(t, test.change)
			rate, err := found.StartRate(test.by.cluster, test.by.application, test.by.owner)
			if test.reason == "" {
				g.Expect(err).NotTo(gomega.HaveOccurred())
				g.Expect(rate.String()).To(gomega.Equal(test.want))
				return
			}
			g.Expect(err).To(gomega.HaveOccurred())
			refusal := found.Refusal(err)
			g.Expect(refusal.Reason).To(gomega.Equal(test.reason))
			g.Expect(refusal.Message).To(gomega.Equal(test.message))
			g.Expect(refusal.Satisfied()).To(gomega.BeFalse())
			if test.by.cluster != "" {
				g.Expect(refusal.Withheld).To(gomega.Equal(`cluster has the value "often"`))
			}
		})
	}
}

func TestSelectsStarts(t *testing.T) {
	named := func(kinds ...string) *v1alpha1.WavePolicyMatch {
		match := &v1alpha1.WavePolicyMatch{}
		for _, kind := range kinds {
			match.Kinds = append(match.Kinds, v1alpha1.KindReference{Group: "argoproj.io", Kind: kind})
		}
		return match
	}
	production := &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "production"}}
	labelled := map[string]string{"tier": "production"}
	for name, test := range map[string]struct {
		match       *v1alpha1.WavePolicyMatch
		labels      map[string]string
		namespace   map[string]string
		owned, free bool
	}{
		"all kinds":           {owned: true, free: true},
		"ApplicationSets":     {match: named("ApplicationSet"), owned: true},
		"Applications":        {match: named("Application"), free: true},
		"both":                {match: named("Application", "ApplicationSet"), owned: true, free: true},
		"another kind":        {match: named("AppProject")},
		"the kind of another": {match: &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{{Group: "example.com", Kind: "ApplicationSet"}}}},
		"all but ApplicationSets": {
			match: &v1alpha1.WavePolicyMatch{ExcludeKinds: named("ApplicationSet").Kinds}, free: true,
		},
		"all but Applications": {
			match: &v1alpha1.WavePolicyMatch{ExcludeKinds: named("Application").Kinds}, owned: true,
		},
		"operations have no say": {
			match: &v1alpha1.WavePolicyMatch{Operations: []v1alpha1.Operation{v1alpha1.OperationDelete}}, owned: true, free: true,
		},
		"those with a label": {match: &v1alpha1.WavePolicyMatch{ObjectSelector: production}, labels: labelled, owned: true, free: true},
		"none without it":    {match: &v1alpha1.WavePolicyMatch{ObjectSelector: production}, namespace: labelled},
		"those in a namespace": {
			match: &v1alpha1.WavePolicyMatch{NamespaceSelector: production}, namespace: labelled, owned: true, free: true,
		},
		"none in another": {match: &v1alpha1.WavePolicyMatch{NamespaceSelector: production}, labels: labelled},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			found := gated(t, func(s *v1alpha1.WavePolicySpec) { s.Match = test.match })
			start := policy.StartSubject{
				Kind: argo("Application"), Labels: labels.Set(test.labels), NamespaceLabels: labels.Set(test.namespace),
			}
			g.Expect(found.Selects(start)).To(gomega.Equal(test.free), "that no ApplicationSet owns")
			start.Kind = argo("ApplicationSet")
			g.Expect(found.Selects(start)).To(gomega.Equal(test.owned), "that one owns")
		})
	}
}

func argo(kind string) schema.GroupKind { return schema.GroupKind{Group: "argoproj.io", Kind: kind} }

func TestAGateThatCannotBeReadHoldsWhatItSelects(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*v1alpha1.WavePolicySpec)
		want   string
	}{
		"conditions": {
			func(s *v1alpha1.WavePolicySpec) {
				s.MatchConditions = []v1alpha1.MatchCondition{{Name: "a", Expression: "true"}}
			},
			"spec.matchConditions: there must be none beside spec.syncGate: they look at a write of a rollout, which the start of a sync is not",
		},
		"a group of what nobody knows": {
			func(s *v1alpha1.WavePolicySpec) {
				s.SyncGate.GroupBy = []v1alpha1.Trait{{Source: v1alpha1.TraitOwner}, {Source: "Weather"}}
			},
			`spec.syncGate.groupBy[1].source: "Weather" is not known`,
		},
		"an order of what nobody knows": {
			func(s *v1alpha1.WavePolicySpec) {
				s.SyncGate.Order = v1alpha1.SyncOrder{Source: "Weather", Values: []string{"rain"}}
			},
			`spec.syncGate.order.source: "Weather" is not known`,
		},
		"a limit that is none": {
			func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "2" }, "spec.maxWaveFailureProbability: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			compiled, err := policy.Compile(gatedPolicy(test.change))
			g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring(test.want)))
			found := compiled.Gate()
			g.Expect(found.Selects(policy.StartSubject{})).To(gomega.BeTrue())
			_, err = found.StartRate("0.9", "0.9", "0.9")
			g.Expect(err).To(gomega.HaveOccurred())
			refusal := found.Refusal(err)
			g.Expect(refusal.Reason).To(gomega.Equal(policy.PolicyInvalid))
			g.Expect(refusal.Message).To(gomega.HavePrefix(`policy "p" cannot be judged by until its author mends it: ` + test.want))
		})
	}
}

func TestApplicationsAreKnownToAGate(t *testing.T) {
	g := gomega.NewWithT(t)
	match := &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{{Group: "argoproj.io", Kind: "Application"}, {Group: "argoproj.io", Kind: "App"}}}
	unknown := func(source *v1alpha1.WavePolicy) []schema.GroupKind {
		source.Spec.Match = match
		compiled, err := policy.Compile(source)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		return compiled.UnknownKinds(nil)
	}
	g.Expect(unknown(gatedPolicy(nil))).To(gomega.Equal([]schema.GroupKind{{Group: "argoproj.io", Kind: "App"}}))
	g.Expect(unknown(wavePolicy("p", nil))).To(gomega.HaveLen(2))
}
