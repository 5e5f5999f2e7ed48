package admission_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// named takes what is written for the UID of what starts.
type named struct{}

func (named) Read(write gate.Request) (*gate.Started, error) {
	uid := types.UID(write.Object)
	return &gate.Started{Start: gate.Start{Environment: gate.Environment{UID: uid}}, Automated: true}, nil
}

// filling admits as many starts as there is room for.
type filling struct {
	ungated

	room int
}

func (f *filling) Judge(context.Context, *gate.Started, bool) (starts.Judgement, error) {
	f.room--
	held := f.room < 0
	verdict := starts.Verdict{Decision: gate.Decision{Held: held, Admitted: !held}, Holds: true}
	return starts.Judgement{Verdicts: []starts.Verdict{verdict}}, nil
}

// TestWhatIsLeftOfAnAttemptIsRefused has a slot become free after the first write of an attempt.
func TestWhatIsLeftOfAnAttemptIsRefused(t *testing.T) {
	const attempt = 500 * time.Millisecond
	for name, test := range map[string]struct {
		within time.Duration
		uid    string
		dryRun bool
		after  time.Duration
		passes bool
	}{
		"the next write of the attempt":             {within: attempt, uid: "a", after: attempt - 1},
		"the next attempt":                          {within: attempt, uid: "a", after: attempt, passes: true},
		"the start of another":                      {within: attempt, uid: "b", passes: true},
		"one on trial":                              {within: attempt, uid: "a", dryRun: true, passes: true},
		"one of a system whose attempts are single": {uid: "a", passes: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := gomega.NewWithT(t)
				judge := &filling{}
				kinds := map[schema.GroupKind]admission.StartsOf{{Kind: "Kustomization"}: {Reader: named{}, Attempt: test.within}}
				handler := &admission.Starts{Judge: judge, Kinds: kinds, Sink: audit.Sinks{}, Ready: func() error { return nil }}
				write := func(uid string, dryRun bool) bool {
					return handler.Handle(t.Context(), ctrladmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
						Kind: metav1.GroupVersionKind{Kind: "Kustomization"}, Operation: admissionv1.Update,
						Object: runtime.RawExtension{Raw: []byte(uid)}, DryRun: &dryRun,
					}}).Allowed
				}
				g.Expect(write("a", false)).To(gomega.BeFalse())
				judge.room = 1
				time.Sleep(test.after)
				g.Expect(write(test.uid, test.dryRun)).To(gomega.Equal(test.passes))
			})
		})
	}
}
