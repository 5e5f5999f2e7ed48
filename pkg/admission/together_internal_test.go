package admission

import (
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/starts"
)

func TestWhatIsSaidOfStartsThatBeginTogether(t *testing.T) {
	approved := &policy.Override{NamespacedName: types.NamespacedName{Namespace: "argocd", Name: "o"}}
	verdict := func(holds, warns bool, by *policy.Override) outcome {
		return outcome{Judgement: evaluate.NotJudged(), together: starts.Judgement{Verdicts: []starts.Verdict{{
			Decision: gate.Decision{Held: by == nil, Admitted: !holds}, Policy: "p", Reason: "WaveFull",
			Message: "held: one", Whole: "held: a", Holds: holds, Warns: warns, Override: by,
		}}}}
	}
	for name, test := range map[string]struct {
		of       outcome
		passes   bool
		action   string
		message  string
		override string
		warnings []string
	}{
		"held":                        {verdict(true, false, nil), false, audit.Deny, "held: a", "", nil},
		"told that it should be held": {verdict(false, true, nil), true, audit.Warn, "held: a", "", []string{"not held: one"}},
		"recorded":                    {verdict(false, false, nil), true, audit.Audit, "held: a", "", nil},
		"overridden": {verdict(true, false, approved), true, audit.Allow, "held: a",
			"argocd/o", []string{approved.Warning()}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			record := test.of.Record()
			test.of.told(&record)
			g.Expect(test.of.passes()).To(gomega.Equal(test.passes))
			g.Expect(record.Action).To(gomega.Equal(test.action))
			g.Expect(record.Message).To(gomega.Equal(test.message), "the record names all")
			g.Expect(record.Policy).To(gomega.Equal("p"))
			g.Expect(record.Override).To(gomega.Equal(test.override))
			g.Expect(test.of.warnings()).To(gomega.Equal(test.warnings))
			if !test.passes {
				g.Expect(test.of.because(record)).To(gomega.Equal("held: one"), "the writer is told of nobody else")
			}
		})
	}
}
