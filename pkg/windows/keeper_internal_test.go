package windows

import (
	"context"
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// shelf holds Waves, and notes which ledgers are changed, and how many writes these have then, and which are forgotten.
type shelf struct {
	client.Reader

	waves     []v1alpha1.Wave
	changed   map[string]int
	forgotten []string
}

func (s *shelf) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	list.(*v1alpha1.WaveList).Items = s.waves
	return nil
}

func (s *shelf) Update(_ context.Context, key waves.Key, change func(gate.Ledger) (gate.Ledger, bool)) (gate.Ledger, error) {
	for i := range s.waves {
		if s.waves[i].Spec.PolicyName == key.Policy {
			after, changed := change(waves.Ledger(&s.waves[i]))
			if changed {
				s.changed[key.Name()] = len(after.Writes)
			}
			return after, nil
		}
	}
	return gate.Ledger{}, nil
}

func (s *shelf) Forget(_ context.Context, key waves.Key) error {
	s.forgotten = append(s.forgotten, key.Policy)
	return nil
}

// gauges are told how full windows are.
type gauges struct{ accounts map[string]Account }

func (g *gauges) Kept(accounts map[string]Account) { g.accounts = accounts }

type policies []*policy.Policy

func (p policies) All() []*policy.Policy { return p }

func TestKeepingWavesOfWrites(t *testing.T) {
	g := gomega.NewWithT(t)
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	wave := func(of string, counts v1alpha1.WaveSubject, observed time.Duration, written ...time.Duration) v1alpha1.Wave {
		made := v1alpha1.Wave{Spec: v1alpha1.WaveSpec{PolicyName: of, Counts: counts}}
		made.Status.ObservedTime = &metav1.MicroTime{Time: now.Add(-observed)}
		for _, ago := range written {
			made.Status.Writes = append(made.Status.Writes, v1alpha1.WaveWrite{
				Kind: "K", Name: ago.String(), Since: &metav1.MicroTime{Time: now.Add(-ago)},
				Wave: []v1alpha1.WaveRate{{SuccessRate: "0.99", Environments: 10}},
			})
		}
		return made
	}
	const minute = time.Minute
	stored := &shelf{changed: map[string]int{}, waves: []v1alpha1.Wave{
		wave("window", v1alpha1.WaveOfWrites, minute, 11*minute, 10*minute, 9*minute),
		wave("fresh", v1alpha1.WaveOfWrites, minute, 9*minute),
		wave("gone", v1alpha1.WaveOfWrites, minute, 25*time.Hour, 23*time.Hour),
		wave("idle", v1alpha1.WaveOfWrites, 61*minute),
		wave("quiet", v1alpha1.WaveOfWrites, 59*minute),
		wave("starts", v1alpha1.WaveOfStarts, 25*time.Hour),
	}}
	var known policies
	for _, name := range []string{"window", "fresh", "unused"} {
		source := &v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
		source.Spec.MaxWaveFailureProbability, source.Spec.WriteWindow.Seconds = "0.2", 600
		compiled, err := policy.Compile(source)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		known = append(known, compiled)
	}
	told := &gauges{}
	keeper := &Keeper{Ledgers: stored, Waves: stored, Policies: known, Meter: told}
	g.Expect(keeper.keep(t.Context(), now)).To(gomega.Succeed())
	name := func(of string) string { return waves.Key{Policy: of, Writes: true}.Name() }
	g.Expect(stored.changed).To(gomega.Equal(map[string]int{name("window"): 1, name("gone"): 1}), "a policy that is gone may come back")
	g.Expect(stored.forgotten).To(gomega.Equal([]string{"idle"}))
	g.Expect(told.accounts).To(gomega.And(
		gomega.HaveLen(3), gomega.HaveKeyWithValue("unused", Account{}),
		gomega.HaveKeyWithValue("window", gomega.HaveField("Environments", 10)),
		gomega.HaveKeyWithValue("fresh", gomega.HaveField("Probability", gomega.BeNumerically("~", 0.0956, 0.0001))), // 1 - 0.99^10
	))
}
