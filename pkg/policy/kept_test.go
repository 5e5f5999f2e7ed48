package policy_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// holds is a policy of a name and a limit that holds starts.
func holds(name string, limit v1alpha1.Probability, actions ...v1alpha1.ValidationAction) *v1alpha1.WavePolicy {
	return &v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.WavePolicySpec{
		MaxWaveFailureProbability: limit, ValidationActions: actions, SyncGate: &v1alpha1.SyncGate{
			Order: v1alpha1.SyncOrder{Source: v1alpha1.TraitProject, Values: []string{"a"}},
		},
	}}
}

func compiled(t *testing.T, source *v1alpha1.WavePolicy) *policy.Policy {
	t.Helper()
	read, err := policy.Compile(source)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return read
}

// keeping is a Wave that has kept what a policy says.
func keeping(name string, of *v1alpha1.WavePolicy) *v1alpha1.Wave {
	return &v1alpha1.Wave{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.WaveSpec{PolicyName: of.Name}, Status: v1alpha1.WaveStatus{Rule: of.Spec},
	}
}

func TestWhatAPolicySaysIsKeptWhileItHolds(t *testing.T) {
	for name, test := range map[string]struct {
		source *v1alpha1.WavePolicy
		want   bool
	}{
		"one that holds by default": {holds("a", "0.03"), true},
		"one that denies":           {holds("a", "0.03", v1alpha1.ActionDeny, v1alpha1.ActionAudit), true},
		"one that warns":            {holds("a", "0.03", v1alpha1.ActionWarn), false},
		"one that cannot be read":   {holds("a", "nonsense"), false},
	} {
		t.Run(name, func(t *testing.T) {
			read, _ := policy.Compile(test.source)
			said, is := read.Gate().Kept()
			g := gomega.NewWithT(t)
			g.Expect(is).To(gomega.Equal(test.want))
			if test.want {
				g.Expect(said).To(gomega.Equal(test.source.Spec))
			}
		})
	}
}

func TestWavesThatHaveKeptTheSameHaveOneRule(t *testing.T) {
	g := gomega.NewWithT(t)
	var rules policy.KeptRules
	rules.Put(keeping("a-1", holds("a", "0.03")))
	rules.Put(keeping("a-2", holds("a", "0.03")))
	rules.Put(keeping("a-3", holds("a", "0.2")))
	rules.Put(keeping("b-1", holds("b", "0.03")))
	rules.Put(&v1alpha1.Wave{ObjectMeta: metav1.ObjectMeta{Name: "a-4"}, Spec: v1alpha1.WaveSpec{PolicyName: "a"}})
	ofA := rules.All(func(policy string) bool { return policy == "a" })
	g.Expect(ofA).To(gomega.HaveLen(2))
	g.Expect(rules.Has(ofA[0], "a-1")).To(gomega.BeTrue())
	g.Expect(rules.Has(ofA[0], "a-2")).To(gomega.BeTrue())
	g.Expect(rules.Has(ofA[0], "a-3")).To(gomega.BeFalse())
	g.Expect(rules.Has(ofA[0], "a-4")).To(gomega.BeFalse())
	g.Expect(rules.Of(keeping("unknown", holds("a", "0.03")))).To(gomega.BeIdenticalTo(ofA[0]))

	rules.Put(keeping("a-1", holds("a", "0.2")))
	rules.Delete("a-2")
	ofA = rules.All(func(policy string) bool { return policy == "a" })
	g.Expect(ofA).To(gomega.HaveLen(1))
	g.Expect(rules.Has(ofA[0], "a-1")).To(gomega.BeTrue())
}

func TestARuleThatDrainsKeepsTheLimitOnly(t *testing.T) {
	g := gomega.NewWithT(t)
	var rules policy.KeptRules
	rule := rules.Of(keeping("a-1", holds("a", "0.03"))).Rule()
	g.Expect(rule.Holds).To(gomega.BeTrue())
	g.Expect(rule.Limit.Max.Percent()).To(gomega.Equal("3%"))
	g.Expect(rule.Ordered).To(gomega.BeFalse())
	g.Expect(rule.GoOn).To(gomega.BeTrue())
}

func TestAReleaseCountsForAWaveThatDrains(t *testing.T) {
	g := gomega.NewWithT(t)
	var rules policy.KeptRules
	wave := keeping("a-1", holds("a", "0.03"))
	wave.Annotations = map[string]string{v1alpha1.ReleaseAnnotation: "true"}
	every := func(string) bool { return true }
	rules.Put(wave)
	g.Expect(rules.All(every)).To(gomega.HaveLen(1))
	drains := wave.DeepCopy()
	drains.Status.DrainingSince = &metav1.Time{Time: time.Now()}
	rules.Put(drains)
	g.Expect(rules.All(every)).To(gomega.BeEmpty())
}

func TestASetRemembersWhoHasHeldStarts(t *testing.T) {
	ended := func(set *policy.Set) []string {
		names := []string{}
		for _, one := range set.Ended() {
			names = append(names, one.Name)
		}
		return names
	}
	g := gomega.NewWithT(t)
	var set policy.Set
	for _, source := range []*v1alpha1.WavePolicy{
		holds("action", "0.03"), holds("deleted", "0.03"), holds("field", "0.03"), holds("looser", "0.03"), holds("warned", "0.03", v1alpha1.ActionWarn),
	} {
		set.Put(compiled(t, source))
	}
	g.Expect(ended(&set)).To(gomega.BeEmpty())
	set.Put(compiled(t, holds("action", "0.03", v1alpha1.ActionAudit)))
	set.Put(compiled(t, holds("looser", "0.5")))
	field := holds("field", "0.03")
	field.Spec.SyncGate = nil
	set.Put(compiled(t, field))
	set.Delete("deleted")
	set.Delete("warned")
	g.Expect(ended(&set)).To(gomega.Equal([]string{"action", "deleted", "field"}))
	g.Expect(set.Ended()[0].Gate().Holds()).To(gomega.BeTrue(), "as it was when it held")
	set.Put(compiled(t, holds("action", "0.03")))
	set.Put(compiled(t, holds("deleted", "0.03")))
	g.Expect(ended(&set)).To(gomega.Equal([]string{"field"}))
}
