package policy_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func read(t *testing.T, change func(*v1alpha1.WavePolicySpec), subject policy.Subject, c *policy.Case) policy.Reading {
	t.Helper()
	compiled, err := policy.Compile(wavePolicy("default", change))
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return compiled.Read(t.Context(), subject, c)
}

func TestAReadingSaysWhyAPolicyDoesNotJudge(t *testing.T) {
	set := schema.GroupKind{Group: "argoproj.io", Kind: "ApplicationSet"}
	kind := v1alpha1.KindReference{Group: set.Group, Kind: set.Kind}
	for field, match := range map[string]*v1alpha1.WavePolicyMatch{
		"":                          nil,
		"spec.match.kinds":          {Kinds: []v1alpha1.KindReference{{Group: "fleet.cattle.io", Kind: "Bundle"}}},
		"spec.match.excludeKinds":   {ExcludeKinds: []v1alpha1.KindReference{kind}},
		"spec.match.operations":     {Operations: []v1alpha1.Operation{"Delete"}},
		"spec.match.objectSelector": {ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "gold"}}},
	} {
		t.Run(field, func(t *testing.T) {
			reading := read(t, func(spec *v1alpha1.WavePolicySpec) { spec.Match = match }, policy.Subject{Kind: set, Operation: rollout.Create},
				&policy.Case{Change: oneStep(10, 30)})
			g := gomega.NewWithT(t)
			g.Expect(reading.PassedOver).To(gomega.Equal(field))
			g.Expect(reading.Waves == nil).To(gomega.Equal(field != ""))
		})
	}
}

func TestAReadingHasTheWavesOfTheVerdict(t *testing.T) {
	g := gomega.NewWithT(t)
	change := rollout.Change{Environments: 40, Steps: []rollout.Step{step(10, 25), {Declared: 15, InFlight: 15}}}
	subject := policy.Subject{Operation: rollout.Create}
	reading := read(t, func(spec *v1alpha1.WavePolicySpec) { spec.MaxRolloutFailureProbability = "0.3" }, subject, &policy.Case{Change: change})
	g.Expect(reading.Waves).To(gomega.HaveLen(2))
	first, second := reading.Waves[0], reading.Waves[1]
	g.Expect([]int{first.Number, first.Count, first.Environments, first.PerWave}).To(gomega.Equal([]int{1, 3, 25, 10}))
	g.Expect([]int{second.Number, second.Count, second.Environments, second.PerWave}).To(gomega.Equal([]int{4, 1, 15, 15}))
	g.Expect(first.Over || second.Over).To(gomega.BeFalse())
	g.Expect(second.Probability).To(gomega.BeNumerically("~", 0.1399, 0.0001))
	g.Expect([]int{reading.Whole.Count, reading.Whole.Environments}).To(gomega.Equal([]int{4, 40}))
	g.Expect(reading.Whole.Over).To(gomega.BeTrue())

	gated := read(t, func(spec *v1alpha1.WavePolicySpec) { spec.Waves = v1alpha1.WavesGated }, subject, &policy.Case{Change: change})
	g.Expect(gated.Waves[0].PerWave).To(gomega.Equal(25))
	g.Expect(gated.Whole).To(gomega.BeNil())

	uncounted := read(t, nil, subject, &policy.Case{Err: rollout.Unresolved("spec.generators[0].git", "is resolved over the network")})
	g.Expect(uncounted.Waves).To(gomega.BeEmpty())
	g.Expect(uncounted.Uncounted).To(gomega.HaveOccurred())
}

func TestAReadingSaysWhatOverridesDo(t *testing.T) {
	g := gomega.NewWithT(t)
	c := policy.Case{Change: oneStep(100, 100), Use: policy.Use{At: created.Add(time.Minute)}, Overrides: []*policy.Override{
		override(t, "enough", "0.7", nil), override(t, "little", "0.3", nil), override(t, "long", "1", lasting(48*time.Hour)),
		override(t, "past", "1", lasting(time.Nanosecond)),
	}}
	effects := func(change func(*v1alpha1.WavePolicySpec)) map[string]string {
		found := map[string]string{}
		for _, one := range read(t, change, policy.Subject{Operation: rollout.Create}, &c).Overrides {
			found[one.Name] = one.Effect
		}
		return found
	}
	found := effects(nil)
	for name, want := range map[string]string{"enough": "permits it", "little": "does not suffice", "past": "has ended"} {
		g.Expect(found).To(gomega.HaveKeyWithValue(gomega.HaveSuffix("/"+name), want))
	}
	g.Expect(found).To(gomega.HaveKeyWithValue(gomega.HaveSuffix("/long"), gomega.HavePrefix("lasts 172800 seconds, policy")))
	warned := effects(func(spec *v1alpha1.WavePolicySpec) {
		spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
	})
	g.Expect(warned).To(gomega.HaveKeyWithValue(gomega.HaveSuffix("/enough"), "is not needed: this policy does not deny it"))
}
