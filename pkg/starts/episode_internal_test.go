package starts

import (
	"context"
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// recorded are the records that a sink was told.
type recorded []audit.Record

func (r *recorded) Record(_ context.Context, record audit.Record) { *r = append(*r, record) }

// gatedBy returns what a policy says that lets three be in flight.
func gatedBy(t *testing.T, change func(*v1alpha1.WavePolicySpec)) named {
	t.Helper()
	source := &v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: "three"}, Spec: v1alpha1.WavePolicySpec{
		MaxWaveFailureProbability: "0.03", SuccessRate: &v1alpha1.SuccessRate{Default: "0.99"}, SyncGate: &v1alpha1.SyncGate{},
	}}
	change(&source.Spec)
	compiled, err := policy.Compile(source)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return named{Gate: compiled.Gate(), policy: source.Name}
}

func TestEpisodes(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	tenants := []string{"ApplicationSet argocd/tenants"}
	full := gate.Decision{
		Reason: gate.Full, Held: true, Largest: 3, Others: []gate.Environment{{Namespace: "argocd", Name: "tenant-01"}},
		Wave: risk.Uniform(4, risk.One/100*99),
	}
	since := &metav1.Time{Time: now.Add(-90 * time.Second)}
	deny := func(*v1alpha1.WavePolicySpec) {}
	warn := func(spec *v1alpha1.WavePolicySpec) {
		spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
	}
	audits := func(spec *v1alpha1.WavePolicySpec) {
		spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionAudit}
	}
	for name, test := range map[string]struct {
		group         []string
		policy        func(*v1alpha1.WavePolicySpec)
		before, after v1alpha1.WaveStatus
		held          waiting
		want          []audit.Record // what is compared: operation, action, reason, kind, message
	}{
		"nothing changes":          {group: tenants, policy: deny, before: v1alpha1.WaveStatus{HeldSince: since}, after: v1alpha1.WaveStatus{HeldSince: since}},
		"a number of them changes": {group: tenants, policy: deny, before: v1alpha1.WaveStatus{HaltedBy: "a"}, after: v1alpha1.WaveStatus{HaltedBy: "a, b"}},
		"starts begin to wait": {
			tenants, deny, v1alpha1.WaveStatus{}, v1alpha1.WaveStatus{HeldSince: since},
			waiting{count: 9, first: gate.Environment{Name: "tenant-04"}, decision: full},
			[]audit.Record{{Operation: "HOLD", Action: audit.Deny, Reason: "WaveFull", Kind: "ApplicationSet", Message: "9 wait, first tenant-04: " +
				`1 of ApplicationSet argocd/tenants is in flight (tenant-01), and policy "three" allows 3 at a limit of 3%.`}},
		},
		"those of a label, whose names are not for everybody": {
			[]string{"db"}, func(spec *v1alpha1.WavePolicySpec) {
				spec.SyncGate.GroupBy = []v1alpha1.Trait{{Source: v1alpha1.TraitApplicationLabel, Key: "class"}}
			}, v1alpha1.WaveStatus{}, v1alpha1.WaveStatus{HeldSince: since},
			waiting{count: 1, first: gate.Environment{Name: "tenant-04"}, decision: full},
			[]audit.Record{{Operation: "HOLD", Action: audit.Deny, Reason: "WaveFull", Kind: "Wave", Message: "1 waits: " +
				`1 of those of label class db is in flight (one that is not named here), and policy "three" allows 3 at a limit of 3%. See: kubectl get wave three-1 -o yaml`}},
		},
		"more is in flight than a policy that warns would let be": {
			tenants, warn, v1alpha1.WaveStatus{}, v1alpha1.WaveStatus{HeldSince: since}, waiting{count: 2},
			[]audit.Record{{Operation: "HOLD", Action: audit.Warn, Reason: "BeyondLimit", Kind: "ApplicationSet", Message: "2 more of " +
				`ApplicationSet argocd/tenants are in flight than policy "three" would allow at a limit of 3%: it holds none.`}},
		},
		"none waits any more": {
			tenants, deny, v1alpha1.WaveStatus{HeldSince: since}, v1alpha1.WaveStatus{}, waiting{},
			[]audit.Record{{Operation: "HOLD", Action: audit.Allow, Reason: "Released", Kind: "ApplicationSet",
				Message: "no start of ApplicationSet argocd/tenants waits any more, after 1m30s."}},
		},
		"one fails, and others wait for it": {
			tenants, deny, v1alpha1.WaveStatus{}, v1alpha1.WaveStatus{HaltedBy: "argocd/tenant-01 (Degraded)"}, waiting{},
			[]audit.Record{{Operation: "HALT", Action: audit.Deny, Reason: "Halted", Kind: "ApplicationSet",
				Message: `argocd/tenant-01 (Degraded) failed, and policy "three" halts the others until they succeed.`}},
		},
		"one fails, and a policy holds none": {
			tenants, audits, v1alpha1.WaveStatus{}, v1alpha1.WaveStatus{HaltedBy: "argocd/tenant-01 (Degraded)"}, waiting{},
			[]audit.Record{{Operation: "HALT", Action: audit.Audit, Reason: "Halted", Kind: "ApplicationSet",
				Message: `argocd/tenant-01 (Degraded) failed, and policy "three" would halt the others until they succeed, but holds none.`}},
		},
		"it is mended, and all go on": {
			tenants, deny, v1alpha1.WaveStatus{HaltedBy: "argocd/tenant-01 (Degraded)", HeldSince: since}, v1alpha1.WaveStatus{}, waiting{},
			[]audit.Record{
				{Operation: "HOLD", Action: audit.Allow, Reason: "Released", Kind: "ApplicationSet",
					Message: "no start of ApplicationSet argocd/tenants waits any more, after 1m30s."},
				{Operation: "HALT", Action: audit.Allow, Reason: "Resumed", Kind: "ApplicationSet",
					Message: "no failure halts ApplicationSet argocd/tenants any more: it was halted by argocd/tenant-01 (Degraded)."},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			wave := &v1alpha1.Wave{ObjectMeta: metav1.ObjectMeta{Name: "three-1", UID: "wave"}}
			wave.Spec = v1alpha1.WaveSpec{PolicyName: "three", Group: test.group}
			test.held.by = gatedBy(t, test.policy)
			var told recorded
			keeper := &Keeper{Sink: &told}
			keeper.record(t.Context(), episode{
				wave: wave, before: test.before, after: test.after, held: test.held, at: now,
				members: []gate.Ranked{{Member: &gate.Member{
					Environment: gate.Environment{Namespace: "argocd", Name: "tenant-01"}, Rollout: gate.Subject{Name: "tenants", UID: "set"},
				}}},
			})
			var seen []audit.Record
			for _, one := range told {
				g.Expect(one.Policy).To(gomega.Equal("three"))
				g.Expect(one.Authenticated).To(gomega.BeTrue())
				g.Expect(one.Notable()).To(gomega.BeTrue())
				g.Expect(one.RolloutUID).To(gomega.Equal(map[string]string{"ApplicationSet": "set", "Wave": "wave"}[one.Kind]))
				seen = append(seen, audit.Record{
					Operation: one.Operation, Action: one.Action, Reason: one.Reason, Kind: one.Kind, Message: one.Message,
				})
			}
			g.Expect(seen).To(gomega.Equal(test.want))
		})
	}
}
