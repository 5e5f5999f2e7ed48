package admission_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// asked remembers which policies a preview was asked about.
type asked [][2]*policy.Policy

func (a *asked) Warnings(_ context.Context, before, after *policy.Policy) []string {
	*a = append(*a, [2]*policy.Policy{before, after})
	return []string{"3 of 41\nrollouts"}
}

func wavePolicy(limit v1alpha1.Probability, change func(*v1alpha1.WavePolicy)) runtime.RawExtension {
	source := v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	source.Spec.MaxWaveFailureProbability = limit
	if change != nil {
		change(&source)
	}
	raw, err := json.Marshal(source)
	if err != nil {
		panic(err)
	}
	return runtime.RawExtension{Raw: raw}
}

func TestCheckWavePolicy(t *testing.T) {
	unreadable := func(source *v1alpha1.WavePolicy) {
		source.Spec.Match = &v1alpha1.WavePolicyMatch{ObjectSelector: &metav1.LabelSelector{
			MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: "Like"}},
		}}
	}
	relabelled := func(source *v1alpha1.WavePolicy) { source.Labels = map[string]string{"a": "b"} }
	var nothing runtime.RawExtension
	for name, test := range map[string]struct {
		old, object runtime.RawExtension
		previewed   bool
		replaces    bool
		refused     string
	}{
		"a new policy":                      {nothing, wavePolicy("0.2", nil), true, false, ""},
		"another limit":                     {wavePolicy("0.3", nil), wavePolicy("0.2", nil), true, true, ""},
		"another label":                     {wavePolicy("0.2", nil), wavePolicy("0.2", relabelled), false, false, ""},
		"the status":                        {wavePolicy("0.2", nil), wavePolicy("0.2", func(p *v1alpha1.WavePolicy) { p.Status.Rollouts = &v1alpha1.WavePolicyRollouts{} }), false, false, ""},
		"one that cannot be read":           {nothing, wavePolicy("0.2", unreadable), false, false, `WavePolicy default could not be judged by: spec.match.objectSelector: "Like" is not a valid label selector operator`},
		"one that could not, mended":        {wavePolicy("0.2", unreadable), wavePolicy("0.2", nil), true, true, ""},
		"one that cannot, with a new label": {wavePolicy("0.2", unreadable), wavePolicy("0.2", func(p *v1alpha1.WavePolicy) { unreadable(p); relabelled(p) }), false, false, ""},
		"what is no policy":                 {nothing, runtime.RawExtension{Raw: []byte(`{"spec":7}`)}, false, false, "json: cannot unmarshal"},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var preview asked
			handler := admission.Configuration{"wavepolicies": admission.CheckWavePolicy(&preview, func() []rollout.Kind {
				return []rollout.Kind{{Group: "argoproj.io", Name: "ApplicationSet"}, {Group: "policy.open-cluster-management.io", Name: "Policy"}}
			}, false)}
			request := ctrladmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
				Operation: admissionv1.Update, Resource: metav1.GroupVersionResource{Resource: "wavepolicies"}, Object: test.object, OldObject: test.old,
			}}
			response := handler.Handle(t.Context(), request)
			g.Expect(response.Allowed).To(gomega.Equal(test.refused == ""))
			if test.refused != "" {
				g.Expect(response.Result.Code).To(gomega.BeEquivalentTo(http.StatusBadRequest))
				g.Expect(response.Result.Message).To(gomega.ContainSubstring(test.refused))
			}
			if !test.previewed {
				g.Expect(preview).To(gomega.BeEmpty())
				g.Expect(response.Warnings).To(gomega.BeEmpty())
				return
			}
			g.Expect(preview).To(gomega.HaveLen(1))
			g.Expect(preview[0][0] != nil).To(gomega.Equal(test.replaces))
			g.Expect(preview[0][1].Name).To(gomega.Equal("default"))
			g.Expect(response.Warnings).To(gomega.Equal([]string{"3 of 41\ufffdrollouts"}), "a warning has one line")
		})
	}
}

func TestAPolicyThatIsPerhapsNotMeantIsWarnedOf(t *testing.T) {
	kinds := func(list ...v1alpha1.KindReference) func(*v1alpha1.WavePolicy) {
		return func(p *v1alpha1.WavePolicy) { p.Spec.Match = &v1alpha1.WavePolicyMatch{Kinds: list} }
	}
	gated := func(rate v1alpha1.Probability, settled v1alpha1.SettledReading) func(*v1alpha1.WavePolicy) {
		return func(p *v1alpha1.WavePolicy) {
			p.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: rate}
			p.Spec.SyncGate = &v1alpha1.SyncGate{SettledWhen: settled}
		}
	}
	for name, test := range map[string]struct {
		change func(*v1alpha1.WavePolicy)
		want   []string
		gates  bool
	}{
		"a kind that is known": {kinds(v1alpha1.KindReference{Group: "argoproj.io", Kind: "ApplicationSet"}), nil, true},
		"a gate":               {gated("0.99", v1alpha1.SettledHealthy), nil, true},
		"a gate where nothing is gated": {
			gated("0.99", v1alpha1.SettledHealthy),
			[]string{"spec.syncGate: Seawall runs without its sync gate (value syncGate.enabled): no start is held"}, false,
		},
		"a gate that not even one start passes": {
			gated("0.7", v1alpha1.SettledHealthy),
			[]string{"spec.syncGate: even one start, at 0.7 (spec.successRate.default), exceeds spec.maxWaveFailureProbability 0.2: " +
				"starts of a group pass one at a time, each above the limit"}, true,
		},
		"a gate that holds hardly any": {
			gated("0.99", v1alpha1.SettledOperation),
			[]string{"spec.syncGate.settledWhen: Operation counts a start as done about a second after it began, " +
				"so that the limit hardly holds any; Healthy waits until the environment is well"}, true,
		},
		"a plural": {
			kinds(v1alpha1.KindReference{Group: "argoproj.io", Kind: "Applicationsets"}),
			[]string{"spec.match: Seawall judges no Applicationsets.argoproj.io, so that the policy is void for it: did you mean ApplicationSet.argoproj.io?"}, true,
		},
		"the plural of a policy": {
			kinds(v1alpha1.KindReference{Group: "policy.open-cluster-management.io", Kind: "Policies"}),
			[]string{"spec.match: Seawall judges no Policies.policy.open-cluster-management.io, so that the policy is void for it: did you mean Policy.policy.open-cluster-management.io?"}, true,
		},
		"what nobody serves": {
			kinds(v1alpha1.KindReference{Group: "example.com", Kind: "Rocket"}),
			[]string{"spec.match: Seawall judges no Rocket.example.com, so that the policy is void for it"}, true,
		},
		"an exclusion of another group": {
			func(p *v1alpha1.WavePolicy) {
				p.Spec.Match = &v1alpha1.WavePolicyMatch{ExcludeKinds: []v1alpha1.KindReference{{Group: "argoproj.com", Kind: "ApplicationSet"}}}
			},
			[]string{"spec.match: Seawall judges no ApplicationSet.argoproj.com, so that the policy is void for it: did you mean ApplicationSet.argoproj.io?"}, true,
		},
		"a default above the cap that is not set": {
			func(p *v1alpha1.WavePolicy) { p.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.9999"} },
			[]string{"spec.successRate.default 0.9999 is judged at 0.999: that is the cap while spec.successRate.max is not set. Set it to at least the default if that is meant"}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			known := func() []rollout.Kind {
				return []rollout.Kind{{Group: "argoproj.io", Name: "ApplicationSet"}, {Group: "policy.open-cluster-management.io", Name: "Policy"}}
			}
			handler := admission.Configuration{"wavepolicies": admission.CheckWavePolicy(&asked{}, known, test.gates)}
			response := handler.Handle(t.Context(), ctrladmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
				Operation: admissionv1.Create, Resource: metav1.GroupVersionResource{Resource: "wavepolicies"}, Object: wavePolicy("0.2", test.change),
			}})
			g := gomega.NewWithT(t)
			g.Expect(response.Allowed).To(gomega.BeTrue())
			g.Expect(response.Warnings).To(gomega.Equal(append(test.want, "3 of 41\ufffdrollouts")))
		})
	}
}
