package starts

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
)

func specOf(limit v1alpha1.Probability, actions ...v1alpha1.ValidationAction) v1alpha1.WavePolicySpec {
	return v1alpha1.WavePolicySpec{MaxWaveFailureProbability: limit, ValidationActions: actions, SyncGate: &v1alpha1.SyncGate{}}
}

// drained is the status of a Wave that keeps a rule, and drains if it is to.
func drained(rule v1alpha1.WavePolicySpec, drains bool) v1alpha1.WaveStatus {
	status := v1alpha1.WaveStatus{Rule: rule}
	if drains {
		status.DrainingSince = &metav1.Time{Time: time.Unix(1, 0)}
	}
	return status
}

func TestWhatAWaveShowsOfItsRule(t *testing.T) {
	old, none := specOf("0.03"), v1alpha1.WavePolicySpec{}
	for name, test := range map[string]struct {
		says    *v1alpha1.WavePolicySpec
		status  v1alpha1.WaveStatus
		release bool
		over    bool
		rule    v1alpha1.WavePolicySpec
		drains  bool
		news    bool
	}{
		"a policy that holds, at first":          {says: new(old), rule: old, news: true},
		"a policy that holds, still":             {says: new(old), status: drained(old, false), rule: old},
		"a policy with another limit":            {says: new(specOf("0.2")), status: drained(old, false), rule: specOf("0.2"), news: true},
		"a policy that comes back":               {says: new(old), status: drained(old, true), rule: old, news: true},
		"a policy that cannot be read":           {says: new(specOf("nonsense")), status: drained(old, false), rule: old},
		"a policy that is gone":                  {status: drained(old, false), rule: old, drains: true, news: true},
		"a policy that is gone, still":           {status: drained(old, true), rule: old, drains: true},
		"a policy that only warns now":           {says: new(specOf("0.03", v1alpha1.ActionWarn)), status: drained(old, false), rule: old, drains: true, news: true},
		"a policy that has only ever warned":     {says: new(specOf("0.03", v1alpha1.ActionWarn)), rule: none},
		"nothing is left of one that is gone":    {status: drained(old, true), over: true, rule: none, news: true},
		"one that is gone and released":          {status: drained(old, true), release: true, rule: none, news: true},
		"one that is released before it drained": {status: drained(old, false), release: true, rule: old, drains: true, news: true},
	} {
		t.Run(name, func(t *testing.T) {
			set := &policy.Set{}
			if test.says != nil {
				compiled, _ := policy.Compile(&v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Spec: *test.says})
				set.Put(compiled)
			}
			wave := &v1alpha1.Wave{Spec: v1alpha1.WaveSpec{PolicyName: "p"}, Status: test.status}
			if test.release {
				wave.Annotations = map[string]string{v1alpha1.ReleaseAnnotation: "true"}
			}
			by := (&Judge{Policies: set, Kept: &policy.KeptRules{}}).keeping(wave)
			by.over = test.over
			g := gomega.NewWithT(t)
			g.Expect(by.show(&wave.Status)).To(gomega.Equal(test.news))
			g.Expect(wave.Status.Rule).To(gomega.Equal(test.rule))
			g.Expect(wave.Status.DrainingSince != nil).To(gomega.Equal(test.drains))
		})
	}
}
