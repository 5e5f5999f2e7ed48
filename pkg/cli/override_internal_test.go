package cli

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestKindsAreFoundByWhateverNameTheyHave(t *testing.T) {
	all, _ := kinds.Named()
	all = append(all, rollout.Kind{Group: "policies.example.com", Name: "Policy", Resource: "policies"})
	for text, want := range map[string]string{
		"ApplicationSet":              "ApplicationSet.argoproj.io",
		"applicationset":              "ApplicationSet.argoproj.io",
		"applicationsets.argoproj.io": "ApplicationSet.argoproj.io",
		"Bundles":                     "Bundle.fleet.cattle.io",
		"policy.policies.example.com": "Policy.policies.example.com",
		"policy":                      `several kinds of rollout are called "policy": say which, as Policy.policies.example.com, Policy.policy.open-cluster-management.io`,
	} {
		t.Run(text, func(t *testing.T) {
			g := gomega.NewWithT(t)
			found, err := only(matching(all, text), all, text)
			if err != nil {
				g.Expect(err).To(gomega.MatchError(want))
				return
			}
			g.Expect(found.GroupKind().String()).To(gomega.Equal(want))
		})
	}
	gomega.NewWithT(t).Expect(matching(all, "deployment")).To(gomega.BeEmpty())
}

func TestOverrideThatFlagsAskFor(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	set := rollout.Kind{Group: "argoproj.io", Name: "ApplicationSet", Namespaced: true}
	valid := func() *overrideOptions {
		o := &overrideOptions{connection: newConnection(), home: "seawall-system", lasting: "2h", reason: "Incident 4711", probability: "50%", once: true}
		*o.connection.flags.Namespace = "argocd"
		return o
	}
	for name, test := range map[string]struct {
		change func(*overrideOptions)
		kind   rollout.Kind
		name   string
		want   func(*v1alpha1.WaveOverride)
		err    string
	}{
		"all that is wanted": {kind: set, name: "tenants", want: func(*v1alpha1.WaveOverride) {}},
		"of a rollout in no namespace": {
			kind: rollout.Kind{Group: "argoproj.io", Name: "ApplicationSet"}, name: "tenants",
			want: func(o *v1alpha1.WaveOverride) { o.Namespace = "seawall-system" },
		},
		"for days, without a bound, under a name": {
			change: func(o *overrideOptions) { o.lasting, o.probability, o.once, o.name = "30d", "1", false, "incident" }, kind: set, name: "tenants",
			want: func(o *v1alpha1.WaveOverride) {
				o.Name, o.Spec.DurationSeconds, o.Spec.MaxFailureProbability, o.Spec.Uses = "incident", 2592000, "1", "Unlimited"
			},
		},
		"for longer than 30 days": {change: func(o *overrideOptions) { o.lasting = "31d" }, kind: set, name: "a", err: "--for"},
		"for no time":             {change: func(o *overrideOptions) { o.lasting = "0s" }, kind: set, name: "a", err: "--for"},
		"for a while":             {change: func(o *overrideOptions) { o.lasting = "a while" }, kind: set, name: "a", err: "--for"},
		"a probability above 1":   {change: func(o *overrideOptions) { o.probability = "1.5" }, kind: set, name: "a", err: "--max-failure-probability"},
		"no reason":               {change: func(o *overrideOptions) { o.reason = " " }, kind: set, name: "a", err: "--reason is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			options := valid()
			if test.change != nil {
				test.change(options)
			}
			object, err := options.object(test.kind, test.name, noon)
			if test.err != "" {
				g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring(test.err)))
				return
			}
			g.Expect(err).NotTo(gomega.HaveOccurred())
			want := &v1alpha1.WaveOverride{
				TypeMeta:   metav1.TypeMeta{APIVersion: "seawall.dev/v1alpha1", Kind: "WaveOverride"},
				ObjectMeta: metav1.ObjectMeta{Namespace: "argocd", Name: "tenants-20261120-120000"},
				Spec: v1alpha1.WaveOverrideSpec{
					Rollout:               v1alpha1.RolloutReference{Group: "argoproj.io", Kind: "ApplicationSet", Name: "tenants"},
					MaxFailureProbability: "0.5", Reason: "Incident 4711", DurationSeconds: 7200, Uses: "Once",
				},
			}
			test.want(want)
			g.Expect(object).To(gomega.Equal(want))
		})
	}
}

func TestOverridesInForceComeFirst(t *testing.T) {
	g := gomega.NewWithT(t)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	override := func(name string, ends time.Duration, reason string) *v1alpha1.WaveOverride {
		o := &v1alpha1.WaveOverride{ObjectMeta: metav1.ObjectMeta{Name: name}}
		o.Spec.ExpiresAt = &metav1.Time{Time: now.Add(ends)}
		if reason != "" {
			o.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionActive, Reason: reason}}
		}
		return o
	}
	sorted := []*v1alpha1.WaveOverride{
		override("soon", time.Minute, v1alpha1.ReasonInForce), override("new", time.Hour, ""), override("used", time.Hour, v1alpha1.ReasonUsed),
		override("late", -time.Second, v1alpha1.ReasonInForce), override("over", -time.Hour, v1alpha1.ReasonExpired),
	}
	var states []string
	for i, o := range sorted {
		states = append(states, stateOf(o, now))
		for j, other := range sorted {
			if i < j {
				g.Expect(order(o, other, now)).To(gomega.BeNumerically("<", 0), "%s before %s", o.Name, other.Name)
				g.Expect(order(other, o, now)).To(gomega.BeNumerically(">", 0), "%s after %s", other.Name, o.Name)
			}
		}
	}
	g.Expect(states).To(gomega.Equal([]string{"active", "not seen yet", "used", "expired", "expired"}))
}
