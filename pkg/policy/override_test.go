package policy_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

var created = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func waveOverride(name string, permits v1alpha1.Probability, change func(*v1alpha1.WaveOverride)) *v1alpha1.WaveOverride {
	expires := metav1.NewTime(created.Add(time.Hour))
	source := &v1alpha1.WaveOverride{
		ObjectMeta: metav1.ObjectMeta{Namespace: "argocd", Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(created)},
		Spec: v1alpha1.WaveOverrideSpec{
			Rollout:               v1alpha1.RolloutReference{Group: "argoproj.io", Kind: "ApplicationSet", Name: "tenants"},
			MaxFailureProbability: permits,
			Reason:                "certificates expire tonight",
			ExpiresAt:             &expires,
		},
	}
	if change != nil {
		change(source)
	}
	return source
}

func override(t *testing.T, name string, permits v1alpha1.Probability, change func(*v1alpha1.WaveOverride)) *policy.Override {
	t.Helper()
	compiled, err := policy.CompileOverride(waveOverride(name, permits, change))
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return compiled
}

func lasting(duration time.Duration) func(*v1alpha1.WaveOverride) {
	return func(o *v1alpha1.WaveOverride) { o.Spec.ExpiresAt = &metav1.Time{Time: created.Add(duration)} }
}

func usedOnce(write string, at time.Time) func(*v1alpha1.WaveOverride) {
	return func(o *v1alpha1.WaveOverride) {
		o.Spec.Uses = v1alpha1.UsesOnce
		o.Status = v1alpha1.WaveOverrideStatus{TimesUsed: new(int64(1)), LastUsedTime: &metav1.Time{Time: at}, LastUsedBy: "jane", LastWrite: write}
	}
}

// overLimit is 63.4% likely to fail, which the policy's 20% do not allow.
const overLimit = `wave 1 syncs 100 environments at 0.99 each (the policy's successRate.default): 63.4% chance that at least one fails, policy "default" allows 20%. ` +
	`At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).`

// overriding is a judgement of 100 environments in one wave, one minute after the override
// was created, unless it says otherwise.
type overriding struct {
	policy   func(*v1alpha1.WavePolicySpec)
	change   rollout.Change
	err      error
	metadata rollout.Metadata
	permits  v1alpha1.Probability
	override func(*v1alpha1.WaveOverride)
	use      policy.Use

	reason  policy.Reason
	message string
}

func (o overriding) check(t *testing.T) {
	t.Helper()
	g := gomega.NewWithT(t)
	compiled, err := policy.Compile(wavePolicy("default", o.policy))
	if o.reason != policy.PolicyInvalid {
		g.Expect(err).NotTo(gomega.HaveOccurred())
	}
	if o.use.At.IsZero() {
		o.use.At = created.Add(time.Minute)
	}
	if o.change.Steps == nil && o.err == nil {
		o.change = oneStep(100, 100)
	}
	permitting := override(t, "incident", o.permits, o.override)
	verdict := compiled.Judge(policy.Case{
		Change: o.change, Err: o.err, Metadata: o.metadata, Overrides: []*policy.Override{permitting}, Use: o.use,
	})
	g.Expect(verdict.Reason).To(gomega.Equal(o.reason))
	g.Expect(verdict.Message).To(gomega.Equal(o.message))
	g.Expect(verdict.Satisfied()).To(gomega.Equal(o.reason == policy.Overridden))
	if o.reason == policy.Overridden {
		g.Expect(verdict.Override).To(gomega.BeIdenticalTo(permitting))
	} else {
		g.Expect(verdict.Override).To(gomega.BeNil())
	}
}

func TestOverridesOfLimits(t *testing.T) {
	both := oneStep(2, 2)
	for name, test := range map[string]overriding{
		"one that permits what the wave risks lets it pass": {
			permits: "0.7", reason: policy.Overridden, message: overLimit,
		},
		"one that permits less does not, and the message says so": {
			permits: "0.6", reason: policy.WaveOverLimit, message: overLimit + " WaveOverride argocd/incident permits 60%.",
		},
		"what is permitted exactly passes": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "0" },
			change: both, permits: "0.0199", reason: policy.Overridden,
			message: `wave 1 syncs 2 environments at 0.99 each (the policy's successRate.default): 2% chance that at least one fails, policy "default" allows 0%. ` +
				`Not even one environment passes: that takes a sync success rate of at least 1, which this policy does not believe of a rollout, or another limit.`,
		},
		"a billionth less does not": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "0" },
			change: both, permits: "0.019899999", reason: policy.WaveOverLimit,
			message: `wave 1 syncs 2 environments at 0.99 each (the policy's successRate.default): 2% chance that at least one fails, policy "default" allows 0%. ` +
				`Not even one environment passes: that takes a sync success rate of at least 1, which this policy does not believe of a rollout, or another limit. WaveOverride argocd/incident permits 1.9899999%.`,
		},
		"the limit of the whole rollout is overridden too": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.5" },
			change: oneStep(20, 100), permits: "0.7", reason: policy.Overridden,
			message: `the whole rollout affects 100 environments at 0.99 each (the policy's successRate.default): 63.4% chance that at least one fails, ` +
				`policy "default" allows 50% for all waves together. At most 68 in one write, or a sync success rate of at least 0.993092496.`,
		},
		"permitting less than a limit does not lower it": {
			policy: func(s *v1alpha1.WavePolicySpec) {
				s.MaxWaveFailureProbability, s.MaxRolloutFailureProbability = "0.2", "0.01"
			},
			change: rollout.Change{Steps: []rollout.Step{step(10, 10)}}, permits: "0.1", reason: policy.Overridden,
			message: `the whole rollout affects 10 environments at 0.99 each (the policy's successRate.default): 9.6% chance that at least one fails, ` +
				`policy "default" allows 1% for all waves together. At most 1 in one write, or a sync success rate of at least 0.998995472.`,
		},
		"tolerated failures do not count for it either": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.ToleratedFailures = new(int32(1)) }, permits: "0.3", reason: policy.Overridden,
			message: `wave 1 syncs 100 environments at 0.99 each (the policy's successRate.default): 26.4% chance that more than 1 fail, policy "default" allows 20%. ` +
				`At most 82 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 82 (2 waves).`,
		},
	} {
		t.Run(name, test.check)
	}
}

func TestOverridesOfWhatIsNotKnown(t *testing.T) {
	unresolved := rollout.Unresolved("spec.generators[0].git", "is resolved over the network")
	const uncounted = `cannot count its environments: spec.generators[0].git is resolved over the network. ` +
		`Set annotation seawall.dev/environments to their number (policy "default", onUnresolved: Deny).`
	const noRate = `annotation seawall.dev/sync-success-rate is missing and policy "default" has no default: ` +
		`set it to the chance that the sync of one environment succeeds, such as "0.99".`
	noDefault := func(s *v1alpha1.WavePolicySpec) { s.SuccessRate = nil }
	for name, test := range map[string]overriding{
		"permitting everything covers what cannot be counted": {
			err: unresolved, permits: "1", reason: policy.Overridden, message: uncounted,
		},
		"permitting less does not": {
			err: unresolved, permits: "0.999999999", reason: policy.Unresolved,
			message: uncounted + " WaveOverride argocd/incident permits 99.9999999%, what is not known needs 100%.",
		},
		"permitting everything covers a success rate that nobody gives": {
			policy: noDefault, permits: "1.0", reason: policy.Overridden, message: noRate,
		},
		"permitting less does not either": {
			policy: noDefault, permits: "0.9", reason: policy.SuccessRateMissing,
			message: noRate + " WaveOverride argocd/incident permits 90%, what is not known needs 100%.",
		},
		"nothing covers a malformed annotation": {
			metadata: annotated("1.5"), permits: "1", reason: policy.AnnotationMalformed,
			message: `annotation seawall.dev/sync-success-rate is "1.5": want a decimal from 0 to 1 such as "0.995", ` +
				`or a percentage such as "99.5%" (policy "default").`,
		},
		"nor a malformed number of environments": {
			err:     &rollout.AnnotationError{Key: v1alpha1.EnvironmentsAnnotation, Value: "many", Want: "an integer from 1 to 1000000"},
			permits: "1", reason: policy.AnnotationMalformed,
			message: `annotation seawall.dev/environments is "many": want an integer from 1 to 1000000 (policy "default").`,
		},
		"nor a policy that cannot be read": {
			policy:  func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "2" },
			permits: "1", reason: policy.PolicyInvalid,
			message: `policy "default" cannot be judged by until its author mends it: spec.maxWaveFailureProbability: "2" is not a probability: ` +
				`want a decimal from 0 to 1 with at most nine places, like "0.995"`,
		},
	} {
		t.Run(name, test.check)
	}
}

func TestOverridesEnd(t *testing.T) {
	at := func(after time.Duration) policy.Use { return policy.Use{At: created.Add(after)} }
	seconds := func(most int32) func(*v1alpha1.WavePolicySpec) {
		return func(s *v1alpha1.WavePolicySpec) { s.MaxOverrideDurationSeconds = &most }
	}
	for name, test := range map[string]overriding{
		"just before it expires an override counts":     {use: at(time.Hour - time.Nanosecond), reason: policy.Overridden, message: overLimit},
		"when it expires it has ended, and nobody asks": {use: at(time.Hour), reason: policy.WaveOverLimit, message: overLimit},
		"after that too": {use: at(time.Hour + time.Second), reason: policy.WaveOverLimit, message: overLimit},
		"a clock that is behind the API server's is no bar": {use: at(-time.Second), reason: policy.Overridden, message: overLimit},
		"one without an end has always ended": {
			override: func(o *v1alpha1.WaveOverride) { o.Spec.ExpiresAt = nil }, reason: policy.WaveOverLimit, message: overLimit,
		},
		"a day is accepted when the policy does not say": {override: lasting(24 * time.Hour), reason: policy.Overridden, message: overLimit},
		"a second more is not": {
			override: lasting(24*time.Hour + time.Second), reason: policy.WaveOverLimit,
			message: overLimit + ` WaveOverride argocd/incident lasts 86401 seconds, policy "default" accepts at most 86400.`,
		},
		"the longest that the policy accepts is accepted": {policy: seconds(3600), reason: policy.Overridden, message: overLimit},
		"a longer one is not, though it is about to end": {
			policy: seconds(3599), use: at(59 * time.Minute), reason: policy.WaveOverLimit,
			message: overLimit + ` WaveOverride argocd/incident lasts 3600 seconds, policy "default" accepts at most 3599.`,
		},
		"a policy may accept none": {
			policy: seconds(0), override: lasting(time.Second), use: at(time.Millisecond), reason: policy.WaveOverLimit,
			message: overLimit + ` WaveOverride argocd/incident does not count: policy "default" accepts none.`,
		},
	} {
		test.permits = "1"
		t.Run(name, test.check)
	}
}

func TestOverridesForOneUse(t *testing.T) {
	used := created.Add(time.Minute)
	const spent = overLimit + " WaveOverride argocd/incident has been used."
	for name, test := range map[string]overriding{
		"one that nobody used counts": {
			override: func(o *v1alpha1.WaveOverride) { o.Spec.Uses = v1alpha1.UsesOnce }, use: policy.Use{At: used}, reason: policy.Overridden, message: overLimit,
		},
		"one that was used does not": {
			override: usedOnce("w1", used), use: policy.Use{At: used, Write: "w2"}, reason: policy.WaveOverLimit, message: spent,
		},
		"the API server may ask about the same write again": {
			override: usedOnce("w1", used), use: policy.Use{At: used.Add(time.Minute - 1), Write: "w1"}, reason: policy.Overridden, message: overLimit,
		},
		"but not for ever": {
			override: usedOnce("w1", used), use: policy.Use{At: used.Add(time.Minute), Write: "w1"}, reason: policy.WaveOverLimit, message: spent,
		},
		"a write that cannot be told from others is none of them": {
			override: usedOnce("", used), use: policy.Use{At: used}, reason: policy.WaveOverLimit, message: spent,
		},
		"one for any number of uses is never used up": {
			override: func(o *v1alpha1.WaveOverride) {
				usedOnce("w1", used)(o)
				o.Spec.Uses, o.Status.TimesUsed = v1alpha1.UsesUnlimited, new(int64(1_000_000))
			}, use: policy.Use{At: used, Write: "w2"}, reason: policy.Overridden, message: overLimit,
		},
	} {
		test.permits = "1"
		t.Run(name, test.check)
	}
}

func TestNothingIsOverriddenAtNoTime(t *testing.T) {
	g := gomega.NewWithT(t)
	compiled, err := policy.Compile(wavePolicy("default", nil))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	verdict := compiled.Judge(policy.Case{Change: oneStep(100, 100), Overrides: []*policy.Override{override(t, "incident", "1", nil)}})
	g.Expect(verdict.Satisfied()).To(gomega.BeFalse(), "a caller that forgets the clock")
}

func TestTheStrictestOverrideThatSufficesIsUsed(t *testing.T) {
	g := gomega.NewWithT(t)
	compiled, err := policy.Compile(wavePolicy("default", nil))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	all := []*policy.Override{
		override(t, "everything", "1", nil), override(t, "more", "0.8", nil), override(t, "b", "0.64", nil),
		override(t, "a", "0.64", nil), override(t, "less", "0.6", nil),
		override(t, "ended", "0.635", lasting(0)), override(t, "used", "0.635", usedOnce("w", created)),
	}
	order := make([]string, 0, len(all))
	for len(all) > 0 {
		verdict := compiled.Judge(policy.Case{Change: oneStep(100, 100), Overrides: all, Use: policy.Use{At: created}})
		if !verdict.Satisfied() {
			break
		}
		order = append(order, verdict.Override.Name)
		all = without(all, verdict.Override)
	}
	g.Expect(order).To(gomega.Equal([]string{"a", "b", "more", "everything"}))
}

func without(list []*policy.Override, gone *policy.Override) []*policy.Override {
	var left []*policy.Override
	for _, o := range list {
		if o != gone {
			left = append(left, o)
		}
	}
	return left
}

// TestOverridesAndSeveralPolicies proves that each policy decides by itself, and that an
// override counts as used only when the write passes because of it.
func TestOverridesAndSeveralPolicies(t *testing.T) {
	limited := func(limit v1alpha1.Probability, more func(*v1alpha1.WavePolicySpec)) func(*v1alpha1.WavePolicySpec) {
		return func(s *v1alpha1.WavePolicySpec) {
			s.MaxWaveFailureProbability = limit
			if more != nil {
				more(s)
			}
		}
	}
	refusing := func(s *v1alpha1.WavePolicySpec) { s.MaxOverrideDurationSeconds = new(int32(0)) }
	acting := func(action v1alpha1.ValidationAction) func(*v1alpha1.WavePolicySpec) {
		return func(s *v1alpha1.WavePolicySpec) { s.ValidationActions = []v1alpha1.ValidationAction{action} }
	}
	small, large, larger := override(t, "small", "0.7", nil), override(t, "large", "0.95", nil), override(t, "larger", "1", nil)
	long := override(t, "long", "1", func(o *v1alpha1.WaveOverride) {
		o.Spec.ExpiresAt = &metav1.Time{Time: o.Spec.ExpiresAt.Add(time.Hour)}
	})
	for name, test := range map[string]struct {
		policies  map[string]func(*v1alpha1.WavePolicySpec)
		overrides []*policy.Override

		action   policy.Action
		policy   string
		reason   policy.Reason
		used     []*policy.Override
		warnings []string
	}{
		"one override for two policies is used once, and told once": {
			policies:  map[string]func(*v1alpha1.WavePolicySpec){"a": limited("0.1", nil), "b": limited("0.2", nil)},
			overrides: []*policy.Override{small},
			action:    policy.Allow, policy: "a", reason: policy.Overridden, used: []*policy.Override{small},
			warnings: []string{"WaveOverride argocd/small permits this until 2026-11-24T13:00:00Z: certificates expire tonight"},
		},
		"one policy that accepts none denies, and no override is used": {
			policies:  map[string]func(*v1alpha1.WavePolicySpec){"a": limited("0.1", nil), "b": limited("0.2", refusing)},
			overrides: []*policy.Override{small},
			action:    policy.Deny, policy: "b", reason: policy.WaveOverLimit,
		},
		"a policy that is satisfied by itself needs none": {
			policies:  map[string]func(*v1alpha1.WavePolicySpec){"a": limited("0.7", nil)},
			overrides: []*policy.Override{small},
			action:    policy.Allow, policy: "a", reason: policy.Within,
		},
		"a policy that only warns goes on warning, and uses none up": {
			policies:  map[string]func(*v1alpha1.WavePolicySpec){"a": limited("0.2", acting(v1alpha1.ActionWarn))},
			overrides: []*policy.Override{small},
			action:    policy.Warn, policy: "a", reason: policy.WaveOverLimit,
			warnings: []string{`wave 1 syncs 100 environments at 0.99 each (the policy's successRate.default): 63.4% chance that at least one fails, policy "a" allows 20%. ` +
				`At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).`},
		},
		"a policy that audits goes on auditing beside one that is overridden": {
			policies:  map[string]func(*v1alpha1.WavePolicySpec){"a": limited("0.2", acting(v1alpha1.ActionAudit)), "b": limited("0.2", nil)},
			overrides: []*policy.Override{small},
			action:    policy.Audit, policy: "a", reason: policy.WaveOverLimit, used: []*policy.Override{small},
			warnings: []string{"WaveOverride argocd/small permits this until 2026-11-24T13:00:00Z: certificates expire tonight"},
		},
		"one that suffices for all is used alone: the strictest that does": {
			policies: map[string]func(*v1alpha1.WavePolicySpec){
				"a": limited("0.2", nil),
				"b": limited("0.2", func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Default = "0.98" }),
			},
			overrides: []*policy.Override{larger, large, small},
			action:    policy.Allow, policy: "b", reason: policy.Overridden, used: []*policy.Override{large},
			warnings: []string{"WaveOverride argocd/large permits this until 2026-11-24T13:00:00Z: certificates expire tonight"},
		},
		"each policy takes its own where none suffices for all": {
			policies: map[string]func(*v1alpha1.WavePolicySpec){
				"a": limited("0.2", func(s *v1alpha1.WavePolicySpec) { s.MaxOverrideDurationSeconds = new(int32(3600)) }),
				"b": limited("0.2", func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Default = "0.98" }),
			},
			overrides: []*policy.Override{long, small},
			action:    policy.Allow, policy: "b", reason: policy.Overridden, used: []*policy.Override{long, small},
			warnings: []string{
				"WaveOverride argocd/long permits this until 2026-11-24T14:00:00Z: certificates expire tonight",
				"WaveOverride argocd/small permits this until 2026-11-24T13:00:00Z: certificates expire tonight",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var policies []*policy.Policy
			for name, change := range test.policies {
				compiled, err := policy.Compile(wavePolicy(name, change))
				g.Expect(err).NotTo(gomega.HaveOccurred())
				policies = append(policies, compiled)
			}
			decision := policy.Decide(policy.Judge(policies, policy.Case{
				Change: oneStep(100, 100), Overrides: test.overrides, Use: policy.Use{At: created},
			}))
			g.Expect(decision.Action).To(gomega.Equal(test.action))
			g.Expect(decision.Verdict.Policy).To(gomega.Equal(test.policy))
			g.Expect(decision.Verdict.Reason).To(gomega.Equal(test.reason))
			g.Expect(decision.Overrides).To(gomega.Equal(test.used))
			g.Expect(decision.Warnings).To(gomega.Equal(test.warnings))
		})
	}
}

func TestTheWarningSaysThatItIsForOnce(t *testing.T) {
	g := gomega.NewWithT(t)
	compiled, err := policy.Compile(wavePolicy("default", nil))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	once := override(t, "incident", "1", func(o *v1alpha1.WaveOverride) { o.Spec.Uses = v1alpha1.UsesOnce })
	decision := policy.Decide(policy.Judge([]*policy.Policy{compiled}, policy.Case{
		Change: oneStep(100, 100), Overrides: []*policy.Override{once}, Use: policy.Use{At: created},
	}))
	g.Expect(decision.Warnings).To(gomega.ConsistOf(
		"WaveOverride argocd/incident permits this once until 2026-11-24T13:00:00Z: certificates expire tonight"))
}

func TestOverrideThatCannotBeRead(t *testing.T) {
	_, err := policy.CompileOverride(waveOverride("broken", "2", nil))
	gomega.NewWithT(t).Expect(err).To(gomega.MatchError(gomega.ContainSubstring(`spec.maxFailureProbability: "2" is not a probability`)))
}

func TestOverridesAreFoundByTheirRollout(t *testing.T) {
	g := gomega.NewWithT(t)
	set := policy.NewOverrides("seawall-system")
	tenants := policy.Reference{GroupKind: applicationSets, Namespace: "argocd", Name: "tenants"}
	first, second := override(t, "first", "0.5", nil), override(t, "second", "0.6", nil)
	set.Put(first)
	set.Put(second)
	g.Expect(set.For(tenants)).To(gomega.ConsistOf(first, second))

	others := map[string]policy.Reference{"another name": tenants, "another namespace": tenants, "another kind": tenants, "another group": tenants, "no namespace": tenants}
	for what, rollout := range others {
		switch what {
		case "another name":
			rollout.Name = "tenant"
		case "another namespace":
			rollout.Namespace = "team-a"
		case "another kind":
			rollout.Kind = "Application"
		case "another group":
			rollout.Group = "example.com"
		case "no namespace":
			rollout.Namespace = ""
		}
		g.Expect(set.For(rollout)).To(gomega.BeEmpty(), what)
	}

	by := "replacing one by another of its name, for another rollout"
	replaced := override(t, "first", "0.5", func(o *v1alpha1.WaveOverride) { o.Spec.Rollout.Name = "tenant" })
	set.Put(replaced)
	g.Expect(set.For(tenants)).To(gomega.ConsistOf(second), by)
	set.Delete(second.NamespacedName)
	set.Delete(second.NamespacedName)
	g.Expect(set.For(tenants)).To(gomega.BeEmpty())

	central := override(t, "central", "0.5", func(o *v1alpha1.WaveOverride) { o.Namespace = "seawall-system" })
	set.Put(central)
	clusterScoped := tenants
	clusterScoped.Namespace = ""
	g.Expect(set.For(clusterScoped)).To(gomega.ConsistOf(central), "those of cluster-scoped rollouts are in Seawall's own namespace")
	g.Expect(set.For(tenants)).To(gomega.BeEmpty())
}

func TestAReservedOverrideIsForOneWrite(t *testing.T) {
	reserved := func(o *v1alpha1.WaveOverride) {
		o.Spec.Uses = v1alpha1.UsesOnce
		o.Status.Reservation = v1alpha1.OverrideReservation{Time: &metav1.Time{Time: created}, By: "jane", Write: "first"}
	}
	const waiting = " WaveOverride argocd/incident is reserved for another write, which may yet be stored."
	for name, test := range map[string]overriding{
		"the one that the API server asks about again": {
			override: reserved, use: policy.Use{Write: "first", At: created.Add(59 * time.Second)}, reason: policy.Overridden, message: overLimit,
		},
		"no other one": {
			override: reserved, use: policy.Use{Write: "second", At: created.Add(time.Second)}, reason: policy.WaveOverLimit, message: overLimit + waiting,
		},
		"none that is like no other": {
			override: reserved, use: policy.Use{At: created.Add(time.Second)}, reason: policy.WaveOverLimit, message: overLimit + waiting,
		},
		"and not for longer than it is asked about": {
			override: reserved, use: policy.Use{Write: "first", At: created.Add(time.Minute)}, reason: policy.WaveOverLimit, message: overLimit + waiting,
		},
		"once it is stored there is no second, though it is the same": {
			override: usedOnce("", created), use: policy.Use{Write: "first", At: created.Add(time.Second)}, reason: policy.WaveOverLimit,
			message: overLimit + " WaveOverride argocd/incident has been used.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.permits = "0.7"
			test.check(t)
		})
	}
}

func TestAContestedOverrideIsNotUsed(t *testing.T) {
	g := gomega.NewWithT(t)
	compiled, err := policy.Compile(wavePolicy("default", nil))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	contested := override(t, "incident", "1", func(o *v1alpha1.WaveOverride) { o.Spec.Uses = v1alpha1.UsesOnce })
	contested.Contested = true
	verdict := compiled.Judge(policy.Case{
		Change: oneStep(100, 100), Overrides: []*policy.Override{contested}, Use: policy.Use{At: created},
	})
	g.Expect(verdict.Message).To(gomega.Equal(
		overLimit + " WaveOverride argocd/incident is not used: what is stored has changed meanwhile, try again."))
}
