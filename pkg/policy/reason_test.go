package policy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/policy"
)

// TestEveryReasonMeansSomething holds that no reason is left out of the table: one that is
// would object and could not be told from the others.
func TestEveryReasonMeansSomething(t *testing.T) {
	g := gomega.NewWithT(t)
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	reasons := map[policy.Reason]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, is := node.(*ast.ValueSpec)
		if is && spec.Type != nil && spec.Type.(*ast.Ident).Name == "Reason" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			reasons[policy.Reason(text)] = true
		}
		return true
	})
	g.Expect(reasons).To(gomega.HaveLen(13))
	satisfied := []policy.Reason{policy.Within, policy.NotJudged, policy.NoChange, policy.UnresolvedAdmitted, policy.Overridden, policy.Gated}
	for reason := range reasons {
		if (policy.Verdict{Reason: reason}).Satisfied() {
			g.Expect(satisfied).To(gomega.ContainElement(reason))
			continue
		}
		g.Expect(satisfied).NotTo(gomega.ContainElement(reason))
		first := policy.Decide([]policy.Verdict{{Policy: "a", Reason: reason}, {Policy: "b"}})
		g.Expect(first.Verdict.Policy).To(gomega.Equal("b"), "%s is told after what nobody knows", reason)
	}
}

func TestWhatAReasonSaysOfARollout(t *testing.T) {
	for reason, want := range map[policy.Reason]policy.State{
		policy.Within: policy.StateWithin, policy.Gated: policy.StateWithin, policy.WindowFull: policy.StateWithin, policy.NoChange: policy.StateWithin, policy.NotJudged: policy.StateWithin,
		policy.WaveOverLimit: policy.StateOverLimit, policy.RolloutOverLimit: policy.StateOverLimit, policy.Overridden: policy.StateOverridden,
		policy.AnnotationMalformed: policy.StateUnresolved, policy.PolicyInvalid: policy.StateUnresolved,
		policy.SuccessRateMissing: policy.StateUnresolved, policy.Unresolved: policy.StateUnresolved,
		policy.UnresolvedAdmitted: policy.StateUnresolved, "": policy.StateUnresolved,
	} {
		gomega.NewWithT(t).Expect(reason.State()).To(gomega.Equal(want), string(reason))
	}
}
