package admission_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestOverridesAreCheckedWhenTheyAreCreated(t *testing.T) {
	known := knownKinds()
	for name, test := range map[string]struct {
		policies  map[string]int32
		namespace string
		kind      string
		lasts     time.Duration
		operation admissionv1.Operation

		problem string
		warning string
	}{
		"one that a policy accepts": {policies: map[string]int32{"a": 3600}, lasts: time.Hour},
		"one that has ended": {
			policies: map[string]int32{"a": 3600}, lasts: -time.Second,
			problem: `^spec\.expiresAt: Invalid value: "\S+Z": must be later than now, \S+Z$`,
		},
		"one that has ended, while it is changed": {
			policies: map[string]int32{"a": 3600}, lasts: -time.Second, operation: admissionv1.Update,
		},
		"one that is too long for the only policy": {
			policies: map[string]int32{"a": 3600}, lasts: time.Hour + time.Second,
			problem: `^spec\.expiresAt: Invalid value: "\S+Z": is 3601 seconds after its creation, more than any policy accepts: ` +
				`must be no later than \S+Z \(policy "a" accepts at most 3600\)$`,
		},
		"one that is too long for every policy": {
			policies: map[string]int32{"a": 3600, "b": 0}, lasts: 2 * time.Hour,
			problem: `must be no later than \S+Z \(policy "a" accepts at most 3600, policy "b" accepts none\)$`,
		},
		"one that is too long for some": {
			policies: map[string]int32{"a": 3600, "b": 86400}, lasts: 2 * time.Hour,
			warning: `^spec\.expiresAt is 7200 seconds after its creation, which not every policy accepts: policy "a" accepts at most 3600$`,
		},
		"one where no policy accepts any": {
			policies: map[string]int32{"a": 0}, lasts: time.Minute,
			problem: `^spec\.expiresAt: Forbidden: no policy that judges Wave\.example\.com accepts an override$`,
		},
		"one where there is no policy": {
			lasts: time.Minute, warning: `^spec\.rollout: no WavePolicy judges any Wave\.example\.com: this override is without effect until one does$`,
		},
		"one for a kind that is none of rollouts": {
			policies: map[string]int32{"a": 3600}, kind: "Train", lasts: time.Minute,
			warning: `^spec\.rollout: no Train\.example\.com is judged: this override is without effect unless a RolloutKind describes them$`,
		},
		"one for a cluster-scoped rollout in Seawall's namespace": {
			policies: map[string]int32{"a": 3600}, kind: "ClusterWave", namespace: "seawall-system", lasts: time.Minute,
		},
		"one for a cluster-scoped rollout anywhere else": {
			policies: map[string]int32{"a": 3600}, kind: "ClusterWave", lasts: time.Minute,
			problem: `^metadata\.namespace: Invalid value: "apps": must be seawall-system: ClusterWave\.example\.com is cluster-scoped`,
		},
		"one for a namespaced rollout in Seawall's namespace": {
			policies: map[string]int32{"a": 3600}, namespace: "seawall-system", lasts: time.Minute,
			warning: `^metadata\.namespace: rollouts in namespace seawall-system are never judged`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			set := &policy.Set{}
			for name, seconds := range test.policies {
				source := &v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
				source.Spec.MaxWaveFailureProbability, source.Spec.MaxOverrideDurationSeconds = "0.2", &seconds
				compiled, err := policy.Compile(source)
				g.Expect(err).NotTo(gomega.HaveOccurred())
				set.Put(compiled)
			}
			r := creationOf(t, test.kind, test.lasts)
			if test.namespace != "" {
				r.Namespace = test.namespace
			}
			if test.operation != "" {
				r.Operation = test.operation
			}
			checker := admission.OverrideChecker{Kinds: known, Judging: set.Judging, Home: "seawall-system"}
			problems, warnings, err := checker.Check(t.Context(), r)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			if test.problem == "" {
				g.Expect(problems).To(gomega.BeEmpty())
			} else {
				g.Expect(problems).To(gomega.HaveLen(1))
				g.Expect(problems[0].Error()).To(gomega.MatchRegexp(test.problem))
			}
			if test.warning == "" {
				g.Expect(warnings).To(gomega.BeEmpty())
			} else {
				g.Expect(warnings).To(gomega.ConsistOf(gomega.MatchRegexp(test.warning)))
			}
		})
	}
}

func knownKinds() *kinds.Set {
	return kinds.NewSet([]rollout.Kind{
		{Group: "example.com", Name: "Wave", Namespaced: true}, {Group: "example.com", Name: "ClusterWave"},
	})
}

func creationOf(t *testing.T, kind string, lasts time.Duration) ctrladmission.Request {
	t.Helper()
	if kind == "" {
		kind = "Wave"
	}
	now := time.Now().Truncate(time.Second)
	body, err := json.Marshal(v1alpha1.WaveOverride{
		ObjectMeta: metav1.ObjectMeta{Name: "incident", CreationTimestamp: metav1.NewTime(now)},
		Spec: v1alpha1.WaveOverrideSpec{
			Rollout:               v1alpha1.RolloutReference{Group: "example.com", Kind: kind, Name: "w"},
			MaxFailureProbability: "1", Reason: "x", ExpiresAt: &metav1.Time{Time: now.Add(lasts)},
		},
	})
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	r := ctrladmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{Namespace: "apps", Name: "incident", Operation: admissionv1.Create}}
	r.Object.Raw = body
	return r
}

// created remembers who created overrides.
type created map[types.UID]string

func (c created) Created(_ types.NamespacedName, uid types.UID, user string) { c[uid] = user }

func TestWhoCreatesAnOverrideIsRemembered(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*ctrladmission.Request)
		want   created
	}{
		"a creation":             {func(*ctrladmission.Request) {}, created{"u-1": "jane\ufffd"}},
		"a dry-run is none":      {func(r *ctrladmission.Request) { r.DryRun = new(true) }, created{}},
		"nor is what is refused": {func(r *ctrladmission.Request) { r.Object = creationOf(t, "", 9*time.Hour).Object }, created{}},
		"nor is an update":       {func(r *ctrladmission.Request) { r.Operation = admissionv1.Update }, created{}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			source := &v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
			source.Spec.MaxWaveFailureProbability, source.Spec.MaxOverrideDurationSeconds = "0.2", new(int32(3600))
			compiled, err := policy.Compile(source)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			set := &policy.Set{}
			set.Put(compiled)
			r := creationOf(t, "", time.Minute)
			r.Object.Raw = []byte(strings.Replace(string(r.Object.Raw), `"metadata":{`, `"metadata":{"uid":"u-1",`, 1))
			r.UserInfo.Username = "jane\n"
			test.change(&r)
			noted := created{}
			checker := admission.OverrideChecker{Kinds: knownKinds(), Judging: set.Judging, Home: "seawall-system", Creators: noted}
			_, _, err = checker.Check(t.Context(), r)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(noted).To(gomega.Equal(test.want))
		})
	}
}
