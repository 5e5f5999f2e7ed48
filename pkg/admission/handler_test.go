package admission_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// readerFunc is a kind whose answer a test chooses.
type readerFunc func(context.Context, rollout.Write) (rollout.Change, error)

func (f readerFunc) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	return f(ctx, write)
}

func changes(n int) readerFunc {
	return func(context.Context, rollout.Write) (rollout.Change, error) {
		return rollout.Change{Environments: n + 1, Held: 1, Steps: []rollout.Step{{Declared: n, InFlight: n, PaceRemedy: "set spec.most to {n}"}}}, nil
	}
}

// namespaces is a map of the namespaces that exist; those that are nil are terminating.
type namespaces map[string]labels.Set

func (n namespaces) Get(_ context.Context, name string) (labels.Labels, bool, error) {
	found, exists := n[name]
	if !exists {
		return nil, false, errors.New("no such namespace")
	}
	return found, found == nil, nil
}

// records remembers what was recorded.
type records struct {
	mutex sync.Mutex
	list  []audit.Record
}

func (r *records) Record(_ context.Context, record audit.Record) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.list = append(r.list, record)
}

// discard keeps no records.
type discard struct{}

func (discard) Record(context.Context, audit.Record) {}

var waveKind = schema.GroupKind{Group: "example.com", Kind: "Wave"}

func newHandler(tb testing.TB, reader rollout.Reader, operations ...v1alpha1.Operation) (*admission.Handler, *records) {
	tb.Helper()
	source := &v1alpha1.WavePolicy{}
	source.Name = "default"
	source.Spec.MaxWaveFailureProbability = "0.2"
	source.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99"}
	source.Spec.Match = &v1alpha1.WavePolicyMatch{Operations: operations}
	compiled, err := policy.Compile(source)
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	set := &policy.Set{}
	set.Put(compiled)
	kept := &records{}
	return &admission.Handler{Sink: kept, Evaluator: &evaluate.Evaluator{
		Kinds:      kinds.NewSet([]rollout.Kind{{Group: waveKind.Group, Name: waveKind.Kind, Reader: reader}}),
		Policies:   set,
		Namespaces: namespaces{"apps": {}, "ending": nil},
		Overrides:  policy.NewOverrides("seawall-system"),
		Uses:       &ledger{},
	}}, kept
}

func request(operation admissionv1.Operation) ctrladmission.Request {
	object := runtime.RawExtension{Raw: []byte(`{"metadata":{"name":"w"}}`)}
	r := ctrladmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID: "u1", Kind: metav1.GroupVersionKind{Group: waveKind.Group, Version: "v1", Kind: waveKind.Kind},
		Namespace: "apps", Name: "w", Operation: operation,
		UserInfo: authenticationv1.UserInfo{Username: "jane"},
	}}
	if operation != admissionv1.Delete {
		r.Object = object
	}
	if operation != admissionv1.Create {
		r.OldObject = object
	}
	return r
}

const denial = `Wave apps/w: wave 1 syncs 100 environments at 0.99 each (the policy's successRate.default): 63.4% chance that at least one fails, ` +
	`policy "default" allows 20%. At most 22 per wave: set spec.most to 22 (5 waves).`

func TestDenialIsForbiddenAndOnTheRecord(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, kept := newHandler(t, changes(100))
	response := handler.Handle(t.Context(), request(admissionv1.Create))
	g.Expect(response.Allowed).To(gomega.BeFalse())
	g.Expect(response.Result.Code).To(gomega.BeEquivalentTo(http.StatusForbidden))
	g.Expect(response.Result.Reason).To(gomega.Equal(metav1.StatusReasonForbidden))
	g.Expect(response.Result.Message).To(gomega.Equal(denial))
	g.Expect(response.AuditAnnotations).To(gomega.Equal(map[string]string{
		"decision": "Deny", "reason": "WaveOverLimit", "policy": "default", "environments": "100",
		"total-environments": "101", "held-environments": "1",
		"wave-environments": "100", "failure-probability": "0.633968", "limit": "0.2", "success-rate": "0.99",
		"message": strings.TrimPrefix(denial, "Wave apps/w: "),
	}))
	g.Expect(kept.list).To(gomega.HaveLen(1))
	g.Expect(kept.list[0].User).To(gomega.Equal("jane"))
	g.Expect(handler.Handle(t.Context(), request(admissionv1.Create)).Result.Message).To(gomega.Equal(denial), "the same write gets the same bytes")
}

func TestADenialEndsWithWhereToReadMore(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, kept := newHandler(t, changes(100))
	handler.Help = "More: https://wiki.example.com/waves"
	response := handler.Handle(t.Context(), request(admissionv1.Create))
	g.Expect(response.Result.Message).To(gomega.Equal(denial + " More: https://wiki.example.com/waves"))
	g.Expect(kept.list[0].Message).NotTo(gomega.ContainSubstring("wiki"), "records are not told where to read more")
	g.Expect(handler.Handle(t.Context(), request(admissionv1.Delete)).Warnings).NotTo(gomega.ContainElement(gomega.ContainSubstring("wiki")))
}

// TestWhichRolloutARecordIsAbout proves that tries to create one that is refused are recorded
// as about the same rollout, whatever the API server made up for each.
func TestRecordsSayWhetherTheCallerIsKnown(t *testing.T) {
	for name, authenticated := range map[string]bool{"the API server": true, "whoever reached the port": false} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			handler, kept := newHandler(t, changes(100))
			handler.Authenticated = authenticated
			handler.Handle(t.Context(), request(admissionv1.Create))
			g.Expect(kept.list[0].Authenticated).To(gomega.Equal(authenticated))
		})
	}
}

func TestWhichRolloutARecordIsAbout(t *testing.T) {
	const named, generated = `{"metadata":{"name":"w","uid":"r1"}}`, `{"metadata":{"generateName":"w-","name":"w-x7f2k","uid":"r1"}}`
	for name, test := range map[string]struct {
		operation admissionv1.Operation
		object    string
		n         int
		wantName  string
		wantUID   string
	}{
		"a creation that is denied":                  {admissionv1.Create, named, 100, "w", ""},
		"a creation with a made-up name, denied":     {admissionv1.Create, generated, 100, "w-", ""},
		"an update":                                  {admissionv1.Update, named, 100, "w", "r1"},
		"an update of one that got its name made up": {admissionv1.Update, generated, 100, "w-x7f2k", "r1"},
		"a creation that nobody records":             {admissionv1.Create, generated, 1, "w-x7f2k", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			handler, kept := newHandler(t, changes(test.n))
			r := request(test.operation)
			r.Name, r.Object.Raw = "w", []byte(test.object)
			if test.object == generated {
				r.Name = "w-x7f2k"
			}
			if test.operation == admissionv1.Update {
				r.OldObject.Raw = []byte(test.object)
			}
			before := time.Now()
			response := handler.Handle(t.Context(), r)
			g.Expect(kept.list[0].Name).To(gomega.Equal(test.wantName))
			g.Expect(kept.list[0].RolloutUID).To(gomega.Equal(test.wantUID))
			g.Expect(kept.list[0].APIVersion()).To(gomega.Equal("example.com/v1"))
			g.Expect(kept.list[0].Time).To(gomega.BeTemporally("~", before, time.Second))
			if test.n == 100 {
				g.Expect(response.Result.Message).To(gomega.HavePrefix("Wave apps/" + test.wantName + ": "))
			}
		})
	}
}

func TestRecordsAreClean(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, kept := newHandler(t, changes(100))
	r := request(admissionv1.Create)
	r.UserInfo.Username = "eve\n\u202e" + strings.Repeat("x", 2000)
	handler.Handle(t.Context(), r)
	g.Expect(kept.list[0].User).To(gomega.HavePrefix("eve\ufffd\ufffdx"))
	g.Expect(len(kept.list[0].User)).To(gomega.BeNumerically("<", 1100))
}

func TestWhatIsNeverJudged(t *testing.T) {
	judging := readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) { panic("was judged") })
	for name, test := range map[string]struct {
		operations []v1alpha1.Operation
		change     func(*ctrladmission.Request)
		operation  admissionv1.Operation
	}{
		"a write of the status":         {operation: admissionv1.Update, change: func(r *ctrladmission.Request) { r.SubResource = "status" }},
		"a connection":                  {operation: admissionv1.Connect},
		"a deletion nobody asked about": {operation: admissionv1.Delete},
		"a deletion in a namespace that is being deleted": {
			operations: []v1alpha1.Operation{v1alpha1.OperationDelete}, operation: admissionv1.Delete,
			change: func(r *ctrladmission.Request) { r.Namespace = "ending" },
		},
		"a deletion by the garbage collector": {
			operations: []v1alpha1.Operation{v1alpha1.OperationDelete}, operation: admissionv1.Delete,
			change: func(r *ctrladmission.Request) {
				r.UserInfo.Username = "system:serviceaccount:kube-system:generic-garbage-collector"
			},
		},
		"a creation when policies ask for deletions only": {
			operations: []v1alpha1.Operation{v1alpha1.OperationDelete}, operation: admissionv1.Create,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			handler, _ := newHandler(t, judging, test.operations...)
			r := request(test.operation)
			if test.change != nil {
				test.change(&r)
			}
			response := handler.Handle(t.Context(), r)
			g.Expect(response.Allowed).To(gomega.BeTrue())
			g.Expect(response.AuditAnnotations).To(gomega.Equal(map[string]string{"decision": "Allow", "reason": "NotJudged"}))
		})
	}
}

func TestDeletionIsJudgedWhenAskedFor(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, _ := newHandler(t, changes(100), v1alpha1.OperationDelete)
	g.Expect(handler.Handle(t.Context(), request(admissionv1.Delete)).Allowed).To(gomega.BeFalse())
}

func TestFailuresOfItsOwnAreNoDenials(t *testing.T) {
	broken := readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) {
		return rollout.Change{}, errors.New("the cache is gone")
	})
	for name, test := range map[string]struct {
		reader  rollout.Reader
		late    bool
		request func(*ctrladmission.Request)
		busy    bool
		code    int32
		reason  string
		message string
	}{
		"an error":    {reader: broken, code: 500, reason: "Error", message: "the cache is gone"},
		"a panic":     {reader: readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) { panic("boom") }), code: 500, reason: "Panic", message: "an internal error"},
		"a timeout":   {reader: broken, late: true, code: 504, reason: "Timeout", message: "the time that the API server allows is over"},
		"an overload": {reader: changes(1), late: true, busy: true, code: 503, reason: "Overload", message: "too many writes"},
		"a source that is lost": {
			reader: readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) {
				return rollout.Change{}, fmt.Errorf("secrets: %w for 6m0s", rollout.ErrLost)
			}), code: 503, reason: "SourceLost", message: "secrets: the API server has told nothing of it for 6m0s",
		},
		"a namespace it lacks": {reader: changes(1), request: func(r *ctrladmission.Request) { r.Namespace = "gone" }, code: 500, reason: "Error", message: "reading namespace gone"},
		"an object without metadata": {
			reader: changes(1), request: func(r *ctrladmission.Request) { r.Object.Raw = []byte(`{"metadata":7}`) }, code: 500, reason: "Error", message: "reading metadata",
		},
	} {
		for _, allow := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				g := gomega.NewWithT(t)
				handler, kept := newHandler(t, test.reader)
				handler.AllowOnError = allow
				ctx, r := t.Context(), request(admissionv1.Create)
				if test.late {
					late, cancel := context.WithCancel(ctx)
					cancel()
					ctx = late
				}
				if test.request != nil {
					test.request(&r)
				}
				if test.busy {
					handler.Evaluator.Budget = full(t)
				}
				response := handler.Handle(ctx, r)
				g.Expect(response.Allowed).To(gomega.Equal(allow))
				g.Expect(kept.list[0].Action).To(gomega.Equal("Error"))
				g.Expect(kept.list[0].Reason).To(gomega.Equal(test.reason))
				said := strings.Join(response.Warnings, "")
				if !allow {
					g.Expect(response.Result.Code).To(gomega.Equal(test.code))
					said = response.Result.Message
				}
				g.Expect(said).To(gomega.HavePrefix("Seawall could not judge "))
				g.Expect(said).To(gomega.ContainSubstring(test.message))
			})
		}
	}
}

// lostAccounts are those of which nothing is known.
type lostAccounts struct{ evaluate.Windows }

func (lostAccounts) Take(context.Context, policy.Claim, bool) (gate.Fit, error) {
	return gate.Fit{}, context.DeadlineExceeded
}

// TestWhatCannotBeCountedIsNeverAdmitted holds that no failure makes room for more than a window has.
func TestWhatCannotBeCountedIsNeverAdmitted(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, kept := newHandler(t, changes(1))
	source := &v1alpha1.WavePolicy{}
	source.Name, source.Spec.MaxWaveFailureProbability, source.Spec.WriteWindow.Seconds = "window", "0.2", 60
	source.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99"}
	compiled, err := policy.Compile(source)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	handler.Evaluator.Policies.(*policy.Set).Put(compiled)
	handler.Evaluator.Windows, handler.AllowOnError = lostAccounts{}, true
	response := handler.Handle(t.Context(), request(admissionv1.Create))
	g.Expect(response.Allowed).To(gomega.BeFalse())
	g.Expect(response.Result.Code).To(gomega.BeEquivalentTo(http.StatusServiceUnavailable))
	g.Expect(response.Result.Message).To(gomega.Equal("Seawall could not judge Wave apps/w: the account of the writes that count together (writeWindow) " +
		"could not be kept: context deadline exceeded (not a denial: try again)"))
	g.Expect(kept.list[0].Reason).To(gomega.Equal("AccountLost"))
	g.Expect(kept.list[0].Action).To(gomega.Equal("Error"))
}

// TestNothingPassesBeforePoliciesAreRead holds that no policy at all says nothing as long as it is
// not known whether there is one.
func TestNothingPassesBeforePoliciesAreRead(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, kept := newHandler(t, changes(1))
	handler.Evaluator.Policies = &policy.Set{}
	handler.Evaluator.Ready = func() error { return errors.New("wavepolicies.seawall.dev: the inventory has not been read yet") }
	response := handler.Handle(t.Context(), request(admissionv1.Create))
	g.Expect(response.Allowed).To(gomega.BeFalse())
	g.Expect(response.Result.Code).To(gomega.Equal(int32(503)))
	g.Expect(response.Result.Message).To(gomega.ContainSubstring("it is not known by what to judge: wavepolicies.seawall.dev: the inventory has not been read yet"))
	g.Expect(kept.list[0].Reason).To(gomega.Equal("SourceLost"))
	handler.Evaluator.Ready = nil
	g.Expect(handler.Handle(t.Context(), request(admissionv1.Create)).Allowed).To(gomega.BeTrue())
}

func TestAKindThatNobodyDescribesCannotBeCounted(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, kept := newHandler(t, changes(1))
	r := request(admissionv1.Create)
	r.Kind.Kind = "Ripple"
	response := handler.Handle(t.Context(), r)
	g.Expect(response.Allowed).To(gomega.BeFalse())
	g.Expect(response.Result.Message).To(gomega.ContainSubstring("Ripple.example.com is a kind that no RolloutKind describes"))
	g.Expect(kept.list[0].Reason).To(gomega.Equal("Unresolved"))
}

func TestStepsThatWereReachedAreTimed(t *testing.T) {
	slow := func(err error) readerFunc {
		return func(context.Context, rollout.Write) (rollout.Change, error) {
			time.Sleep(5 * time.Millisecond)
			return rollout.Change{}, err
		}
	}
	for name, test := range map[string]struct {
		reader      rollout.Reader
		busy, judge bool
	}{
		"a write that is judged":      {reader: slow(nil), judge: true},
		"a write that cannot be read": {reader: slow(errors.New("the cache is gone"))},
		"a write that finds no place": {busy: true},
		"a write whose reading panics": {reader: readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) {
			time.Sleep(5 * time.Millisecond)
			panic("boom")
		})},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			handler, kept := newHandler(t, test.reader)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if test.busy {
				handler.Evaluator.Budget = full(t)
			}
			handler.Handle(ctx, request(admissionv1.Create))
			took := kept.list[0].Phases
			g.Expect(took.Wait).To(gomega.BeNumerically(">", 0))
			g.Expect([]bool{took.Wait >= 50*time.Millisecond, took.Count >= 5*time.Millisecond, took.Judge > 0}).To(
				gomega.Equal([]bool{test.busy, !test.busy, test.judge}), "%+v", took)
			g.Expect(kept.list[0].Duration).To(gomega.BeNumerically(">=", took.Wait+took.Count+took.Judge))
		})
	}
}

func TestFindingsAboutTheRolloutAreJudgedByPolicies(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, kept := newHandler(t, readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) {
		return rollout.Change{}, rollout.Unresolved("spec.generators[0].git", "is resolved over the network")
	}))
	handler.AllowOnError = true
	response := handler.Handle(t.Context(), request(admissionv1.Create))
	g.Expect(response.Result.Code).To(gomega.BeEquivalentTo(http.StatusForbidden))
	g.Expect(kept.list[0].Reason).To(gomega.Equal("Unresolved"))
}

func TestControlCharactersDoNotReachMessagesOrRecords(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, _ := newHandler(t, readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) {
		return rollout.Change{}, rollout.Unresolved("spec.x\n\u202e\x1b[31m", "is odd")
	}))
	response := handler.Handle(t.Context(), request(admissionv1.Create))
	for _, text := range []string{response.Result.Message, response.AuditAnnotations["message"]} {
		g.Expect(text).NotTo(gomega.MatchRegexp(`[\x00-\x1f\x{202e}]`))
	}
}

// TestDeadline proves that the API server's own timeout reaches the kind, less what the
// answer needs to get back.
func TestDeadline(t *testing.T) {
	for name, test := range map[string]struct {
		query string
		want  time.Duration
	}{
		"the API server's":               {query: "?timeout=3s", want: 2800 * time.Millisecond},
		"half of one that is very short": {query: "?timeout=100ms", want: 50 * time.Millisecond},
		"the default without one":        {query: "", want: 9800 * time.Millisecond},
		"the default for nonsense":       {query: "?timeout=-1s", want: 9800 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var left time.Duration
			handler, _ := newHandler(t, readerFunc(func(ctx context.Context, _ rollout.Write) (rollout.Change, error) {
				deadline, _ := ctx.Deadline()
				left = time.Until(deadline)
				return rollout.Change{}, nil
			}))
			response := post(t, admission.HTTP(handler, nil, func() bool { return false }), test.query, request(admissionv1.Create))
			g.Expect(response.Result().Header.Get("Connection")).To(gomega.BeEmpty())
			g.Expect(left).To(gomega.BeNumerically("~", test.want, 45*time.Millisecond))
		})
	}
}

func TestConnectionsAreSentElsewhereWhileDraining(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, _ := newHandler(t, changes(1))
	response := post(t, admission.HTTP(handler, nil, func() bool { return true }), "", request(admissionv1.Create))
	g.Expect(response.Result().Header.Get("Connection")).To(gomega.Equal("close"))
	var review admissionv1.AdmissionReview
	g.Expect(json.Unmarshal(response.Body.Bytes(), &review)).To(gomega.Succeed())
	g.Expect(review.Response.Allowed).To(gomega.BeTrue())
	g.Expect(review.Response.UID).To(gomega.BeEquivalentTo("u1"))
}

func post(t *testing.T, handler http.Handler, query string, r ctrladmission.Request) *httptest.ResponseRecorder {
	t.Helper()
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request:  &r.AdmissionRequest,
	})
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	sent := httptest.NewRequestWithContext(t.Context(), http.MethodPost, admission.Path+query, strings.NewReader(string(body)))
	sent.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, sent)
	return recorder
}

// full returns a pool that has no room left.
func full(tb testing.TB) *budget.Pool {
	tb.Helper()
	pool := budget.NewPool(1 << 20)
	_, leave, err := pool.Open(context.Background(), 1<<19)
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	tb.Cleanup(leave)
	return pool
}
