package admission_test

import (
	"context"
	"errors"
	"testing"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// together concludes about every write as a test has it.
type together struct {
	judgement starts.Judgement
	err       error
}

func (together) Concerns(schema.GroupKind, rollout.Operation) bool { return true }

func (t together) Judge(context.Context, rollout.Write, string, bool) (starts.Judgement, error) {
	return t.judgement, t.err
}

// rooms count what is in the windows of policies.
type rooms struct{ taken int }

func (r *rooms) Take(_ context.Context, _ policy.Claim, trial bool) (gate.Fit, error) {
	if !trial {
		r.taken++
	}
	return gate.Fit{Taken: true}, nil
}

func (r *rooms) GiveBack(context.Context, policy.Claim) { r.taken-- }

// togetherDecided is what one policy says of a write that is several starts.
func togetherDecided(admitted bool) starts.Judgement {
	return starts.Judgement{Verdicts: []starts.Verdict{{
		Decision: gate.Decision{Held: !admitted, Admitted: admitted}, Policy: "p", Reason: "WaveFull", Holds: true,
	}}}
}

func TestAWriteThatTheGateHoldsTakesNoRoomInAWindow(t *testing.T) {
	for name, test := range map[string]struct {
		of      together
		allowed bool
		taken   int
	}{
		"it begins":            {together{judgement: togetherDecided(true)}, true, 1},
		"it is held":           {together{judgement: togetherDecided(false)}, false, 0},
		"nobody knows whether": {together{err: errors.New("the ledger could not be changed")}, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			source := &v1alpha1.WavePolicy{}
			source.Name, source.Spec.MaxWaveFailureProbability = "default", "0.2"
			source.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99"}
			source.Spec.WriteWindow.Seconds = 60
			compiled, err := policy.Compile(source)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			set, window := &policy.Set{}, &rooms{}
			set.Put(compiled)
			handler, _ := newHandler(t, changes(10))
			handler.Evaluator.Policies, handler.Evaluator.Windows, handler.Together = set, window, test.of
			response := handler.Handle(t.Context(), request(admissionv1.Create))
			g.Expect(response.Allowed).To(gomega.Equal(test.allowed), response.Result.Message)
			g.Expect(window.taken).To(gomega.Equal(test.taken))
		})
	}
}

func TestAWriteThatTheGateHoldsLeavesItsOverrideUnused(t *testing.T) {
	for name, test := range map[string]struct {
		of    together
		taken []string
	}{
		"it begins":            {together{judgement: togetherDecided(true)}, []string{"incident"}},
		"it is held":           {together{judgement: togetherDecided(false)}, []string{}},
		"nobody knows whether": {together{err: errors.New("the ledger could not be changed")}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			handler, _, uses := overridden(t, newOverride(t, "incident", v1alpha1.UsesOnce, nil))
			handler.Together = test.of
			response := handler.Handle(t.Context(), request(admissionv1.Create))
			g.Expect(response.Allowed).To(gomega.Equal(len(test.taken) > 0), response.Result.Message)
			g.Expect(uses.claims).To(gomega.HaveLen(1))
			g.Expect(uses.taken).To(gomega.Equal(test.taken))
		})
	}
}
