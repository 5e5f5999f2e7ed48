package starts

import (
	"context"
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// kept are ledgers by the names of policies: those of one group.
type kept map[string]gate.Ledger

func (k kept) Update(_ context.Context, key waves.Key, change func(gate.Ledger) (gate.Ledger, bool)) (gate.Ledger, error) {
	if after, changes := change(k[key.Policy]); changes {
		k[key.Policy] = after
	}
	return k[key.Policy], nil
}

func (kept) Wave(context.Context, waves.Key) (*v1alpha1.Wave, error) {
	return nil, nil //nolint:nilnil // as Ledgers says
}

// judging returns a judge of policies by their names and specs, and its ledgers.
func judging(around *world, specs map[string]v1alpha1.WavePolicySpec) (*Judge, kept) {
	set := &policy.Set{}
	for name, spec := range specs {
		compiled, _ := policy.Compile(&v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec})
		set.Put(compiled)
	}
	ledgers := kept{}
	return &Judge{
		Policies: set, Kept: &policy.KeptRules{}, Namespaces: around, Systems: Systems{around},
		Ledgers: ledgers, Overrides: &policy.Overrides{},
	}, ledgers
}

func gated(limit v1alpha1.Probability) v1alpha1.WavePolicySpec {
	return v1alpha1.WavePolicySpec{
		MaxWaveFailureProbability: limit, SuccessRate: &v1alpha1.SuccessRate{Default: "0.99"}, SyncGate: &v1alpha1.SyncGate{},
	}
}

func starting(name, owner string) *gate.Started {
	of := gate.Environment{Kind: "Application", Namespace: "a", Name: name, UID: types.UID(name)}
	return &gate.Started{
		Start: gate.Start{Environment: of, Release: gate.Release{Line: "main", Revision: "b"}, At: time.Unix(1_800_000_000, 0)},
		Of: gate.Member{
			Environment: of, Facts: gate.Facts{Owner: owner}, Rollout: gate.Subject{Group: "argoproj.io", Kind: "ApplicationSet"},
		},
	}
}

func empty() *world {
	return &world{members: map[string]gate.Member{}, changed: map[string]bool{}, namespaces: map[string]labels.Set{}}
}

func TestAStartTakesASlotOfAllPoliciesOrOfNone(t *testing.T) {
	g := gomega.NewWithT(t)
	judge, ledgers := judging(empty(), map[string]v1alpha1.WavePolicySpec{"a-three": gated("0.03"), "b-one": gated("0.01")})
	first, err := judge.Judge(t.Context(), starting("one", "set"), false)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(first.Refused()).To(gomega.BeNil())
	g.Expect(first.Verdicts).To(gomega.HaveLen(2))

	second, err := judge.Judge(t.Context(), starting("two", "set"), false)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(second.Refused().Policy).To(gomega.Equal("b-one"))
	for name, ledger := range ledgers {
		g.Expect(ledger.InFlight).To(gomega.HaveLen(1), name)
		g.Expect(ledger.Peak).To(gomega.Equal(1), "%s: what was given back never was in flight", name)
	}
}

func TestATrialTakesNothingAndIsToldOfAll(t *testing.T) {
	g := gomega.NewWithT(t)
	judge, ledgers := judging(empty(), map[string]v1alpha1.WavePolicySpec{"a-one": gated("0.01"), "b-three": gated("0.03")})
	_, err := judge.Judge(t.Context(), starting("one", "set"), false)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	before := ledgers["b-three"]
	trial, err := judge.Judge(t.Context(), starting("two", "set"), true)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(trial.Refused().Policy).To(gomega.Equal("a-one"))
	g.Expect(trial.Verdicts).To(gomega.HaveLen(2))
	g.Expect(ledgers["b-three"]).To(gomega.Equal(before))
}

func TestOneThatCannotBeReadConcernsItsOwnGroup(t *testing.T) {
	ordered := gated("0.03")
	ordered.SyncGate.Order = v1alpha1.SyncOrder{Source: v1alpha1.TraitApplicationLabel, Key: "env", Values: []string{"dev"}}
	for name, test := range map[string]struct {
		spec  v1alpha1.WavePolicySpec
		owner string
		told  bool
	}{
		"its group, where it may come first":  {spec: ordered, owner: "broken"},
		"another group":                       {spec: ordered, owner: "set", told: true},
		"its group, where nobody comes first": {spec: gated("0.03"), owner: "broken", told: true},
	} {
		t.Run(name, func(t *testing.T) {
			around := empty()
			around.members["app"] = gate.Member{
				Environment: gate.Environment{Kind: "Application", Namespace: "a", Name: "app"}, Facts: gate.Facts{Owner: "broken"},
				Rollout: gate.Subject{Group: "argoproj.io", Kind: "ApplicationSet"}, Unreadable: errUnreadable,
			}
			around.changed["app"] = true
			judge, _ := judging(around, map[string]v1alpha1.WavePolicySpec{"policy": test.spec})
			_, err := judge.Judge(t.Context(), starting("one", test.owner), false)
			g := gomega.NewWithT(t)
			if test.told {
				g.Expect(err).NotTo(gomega.HaveOccurred())
				return
			}
			g.Expect(err).To(gomega.MatchError(errUnreadable))
		})
	}
}

func TestWhetherAnyStartIsJudged(t *testing.T) {
	g := gomega.NewWithT(t)
	none, _ := judging(empty(), map[string]v1alpha1.WavePolicySpec{"writes": {MaxWaveFailureProbability: "0.2"}})
	g.Expect(none.Idle()).To(gomega.BeTrue())
	some, _ := judging(empty(), map[string]v1alpha1.WavePolicySpec{"starts": gated("0.03")})
	g.Expect(some.Idle()).To(gomega.BeFalse())
	some.Policies.(*policy.Set).Delete("starts")
	g.Expect(some.Idle()).To(gomega.BeFalse(), "what it has held may drain")
}
