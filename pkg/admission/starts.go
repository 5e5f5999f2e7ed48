package admission

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// StartsPath is where starts are admitted.
const StartsPath = "/validate-starts"

// NotAStart is the reason of writes that begin no sync.
const NotAStart = "NotAStart"

// notJudged is that of starts that no policy gates.
const notJudged = "NotJudged"

// StartJudge concludes about starts.
type StartJudge interface {
	// Judge has a start in the ledgers if it is admitted, unless it is on trial. The error says why it cannot
	// be told.
	Judge(ctx context.Context, started *gate.Started, trial bool) (starts.Judgement, error)
	// Idle tells whether no start is judged at all, whatever it is of.
	Idle() bool
}

// StartReader reads what writes of one kind begin.
type StartReader interface {
	// Read returns what a write begins; nil if that is no sync.
	Read(write gate.Request) (*gate.Started, error)
}

// StartsOf is what is to be known of the starts of one kind.
type StartsOf struct {
	Reader StartReader
	// SubResource is by writes of what these begin; empty for the objects themselves.
	SubResource string
	// System is the name of what begins them, and tries again what is held.
	System string
	// Attempt is for how long after a write was refused others of the same attempt come, which are refused as well; zero
	// where an attempt is a single write.
	Attempt time.Duration
}

// Starts admits the syncs of environments, or holds them back. What it cannot judge it refuses, whatever
// Handler does: nothing is lost, as their systems ask again.
type Starts struct {
	Judge StartJudge
	// Kinds are those of the environments.
	Kinds map[schema.GroupKind]StartsOf
	Sink  audit.Sink
	// Ready returns why nothing can be judged: that it is not known which policies there are, say, without which
	// nothing would be held.
	Ready func() error
	// Authenticated and Help are those of Handler.
	Authenticated bool
	Help          string

	refused refusals
}

var _ admission.Handler = &Starts{}

// Handle implements controller-runtime's admission.Handler.
func (s *Starts) Handle(ctx context.Context, request admission.Request) admission.Response {
	began := time.Now()
	result := s.decide(ctx, request)
	record := result.record(request)
	record.Authenticated = s.Authenticated
	record.Duration = time.Since(began)
	record = record.Clean()
	describe(trace.SpanFromContext(ctx), record)
	s.Sink.Record(ctx, record)
	return s.respond(record, result)
}

// begun is what became of one request.
type begun struct {
	starts.Judgement

	// started is nil for a write that begins nothing.
	started *gate.Started
	// unread says that nobody has looked what the write begins, because no start is judged.
	unread bool
	// system is the name of what begins such a start.
	system  string
	failure *failure
}

func (s *Starts) decide(ctx context.Context, request admission.Request) (result begun) {
	of, known := s.Kinds[kindOf(request)]
	if !known || request.SubResource != of.SubResource ||
		request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return result
	}
	result.system = of.System
	err := budget.From(ctx).Refused()
	if unknown := s.Ready(); err == nil && unknown != nil {
		err = fmt.Errorf("%w: %w", evaluate.ErrNotReady, unknown)
	}
	if err == nil {
		err = s.judge(ctx, of, request, &result)
	}
	if err != nil {
		result.failure = failureOf(ctx, err)
	}
	return result
}

// judge reads what is begun and judges it, unless no start is judged at all: then nothing need be known of it.
func (s *Starts) judge(ctx context.Context, of StartsOf, request admission.Request, result *begun) (err error) {
	if s.Judge.Idle() {
		result.unread = true
		return nil
	}
	result.started, err = of.Reader.Read(gate.Request{
		Object: request.Object.Raw, Old: request.OldObject.Raw, User: request.UserInfo.Username, At: time.Now(),
	})
	if err == nil && result.started != nil {
		result.Judgement, err = s.judgeAttempt(ctx, of.Attempt, result.started, isDryRun(request))
	}
	return err
}

func kindOf(request admission.Request) schema.GroupKind {
	return schema.GroupKind{Group: request.Kind.Group, Kind: request.Kind.Kind}
}

func (b begun) record(request admission.Request) audit.Record {
	verdict, action := explains(b.Judgement)
	record := audit.Record{
		UID: string(request.UID), Time: time.Now(), Action: action, Reason: NotAStart, Routine: verdict == nil,
		Group: request.Kind.Group, Version: request.Kind.Version, Kind: request.Kind.Kind,
		Namespace: request.Namespace, Name: request.Name, Operation: audit.Start, User: request.UserInfo.Username,
		DryRun: isDryRun(request),
	}
	if b.unread {
		record.Reason = notJudged
	}
	if b.started != nil {
		record.Reason, record.RolloutUID = notJudged, string(b.started.UID)
	}
	if verdict != nil {
		put(&record, verdict, action)
	}
	passed(&record, b.Overrides())
	if b.failure != nil {
		record.Action, record.Reason, record.Message, record.Routine = audit.Error, b.failure.reason, b.failure.err.Error(), false
	}
	return record
}

func (s *Starts) respond(record audit.Record, result begun) admission.Response {
	subject := record.Kind + " " + qualified(record) + ": "
	verdict, action := explains(result.Judgement)
	var response admission.Response
	switch {
	case result.failure != nil:
		response = refused(result.failure.code(), metav1.StatusReasonServiceUnavailable,
			fmt.Sprintf("Seawall could not judge the start of %s%s (not a denial)", subject, result.failure.err))
	case action == audit.Deny:
		response = refused(http.StatusForbidden, metav1.StatusReasonForbidden, subject+verdict.Message+" "+s.next(result, verdict))
	case action == audit.Warn:
		response = allowed(audit.Clean(subject + "not " + verdict.Message))
	default:
		response = allowed()
	}
	for _, override := range result.Overrides() {
		response.Warnings = append(response.Warnings, audit.Clean(subject+override.Warning()))
	}
	response.AuditAnnotations = record.Annotations()
	return response
}

// next says what the reader of a denial can do: nothing, where the system itself is the one.
func (s *Starts) next(result begun, verdict *starts.Verdict) string {
	if result.started.Automated {
		return result.system + " tries again by itself."
	}
	said := "Try again later"
	if verdict.Wave.N() > 0 {
		said += fmt.Sprintf(", and see who is in flight with: kubectl get wave %s -o yaml", verdict.LedgerName())
	}
	return strings.TrimSpace(said + ". " + s.Help)
}
