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
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// StartsPath is where starts are admitted.
const StartsPath = "/validate-starts"

// NotAStart is the reason of writes of Applications that begin no sync.
const NotAStart = "NotAStart"

// StartJudge concludes about starts.
type StartJudge interface {
	// Judge has a start in the ledgers if it is admitted, unless it is on trial. The error says why it cannot
	// be told.
	Judge(ctx context.Context, started *argocd.Started, trial bool) (starts.Judgement, error)
}

// Starts admits the syncs of Argo CD Applications, or holds them back. What it cannot judge it refuses,
// whatever Handler does: nothing is lost, as Argo CD asks again.
type Starts struct {
	Judge  StartJudge
	Reader argocd.Reader
	Sink   audit.Sink
	// Ready returns why nothing can be judged: that it is not known which policies there are, say, without which
	// nothing would be held.
	Ready func() error
	// Authenticated and Help are those of Handler.
	Authenticated bool
	Help          string
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
	started *argocd.Started
	failure *failure
}

func (s *Starts) decide(ctx context.Context, request admission.Request) (result begun) {
	if request.SubResource != "" || request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return result
	}
	err := budget.From(ctx).Refused()
	if unknown := s.Ready(); err == nil && unknown != nil {
		err = fmt.Errorf("%w: %w", evaluate.ErrNotReady, unknown)
	}
	if err == nil {
		result.started, err = s.Reader.Read(request.Object.Raw, request.OldObject.Raw, request.UserInfo.Username, time.Now())
	}
	if err == nil && result.started != nil {
		result.Judgement, err = s.Judge.Judge(ctx, result.started, isDryRun(request))
	}
	if err != nil {
		result.failure = failureOf(ctx, err)
	}
	return result
}

// explains returns the verdict that explains what is done about the start, and what that is; nil if no policy
// gates it.
func (b begun) explains() (*starts.Verdict, string) {
	if refused := b.Refused(); refused != nil {
		return refused, audit.Deny
	}
	if would := b.Would(); would != nil && would.Warns {
		return would, audit.Warn
	} else if would != nil {
		return would, audit.Audit
	}
	for i := range b.Verdicts {
		if b.Verdicts[i].Override != nil || i == len(b.Verdicts)-1 {
			return &b.Verdicts[i], audit.Allow
		}
	}
	return nil, audit.Allow
}

func (b begun) record(request admission.Request) audit.Record {
	verdict, action := b.explains()
	record := audit.Record{
		UID: string(request.UID), Time: time.Now(), Action: action, Reason: NotAStart, Routine: verdict == nil,
		Group: request.Kind.Group, Version: request.Kind.Version, Kind: request.Kind.Kind,
		Namespace: request.Namespace, Name: request.Name, Operation: audit.Start, User: request.UserInfo.Username,
		DryRun: isDryRun(request),
	}
	if b.started != nil {
		record.Reason, record.RolloutUID = "NotJudged", string(b.started.UID)
	}
	if verdict != nil {
		record.Policy, record.Reason, record.Message = verdict.Policy, verdict.Reason, verdict.Whole
		record.Environments, record.WaveEnvironments = verdict.Wave.N(), verdict.Wave.N()
		record.Probability, record.Limit = verdict.Probability, verdict.Limit
	}
	for i, override := range b.Overrides() {
		if i > 0 {
			record.Override, record.OverrideReason = record.Override+", ", record.OverrideReason+"; "
		}
		record.Override, record.OverrideReason = record.Override+override.String(), record.OverrideReason+override.Reason
	}
	if b.failure != nil {
		record.Action, record.Reason, record.Message, record.Routine = audit.Error, b.failure.reason, b.failure.err.Error(), false
	}
	return record
}

func (s *Starts) respond(record audit.Record, result begun) admission.Response {
	subject := record.Kind + " " + qualified(record) + ": "
	verdict, action := result.explains()
	var response admission.Response
	switch {
	case result.failure != nil:
		response = refused(result.failure.code(), metav1.StatusReasonServiceUnavailable,
			fmt.Sprintf("Seawall could not judge the start of %s%s (not a denial)", subject, result.failure.err))
	case action == audit.Deny:
		response = refused(http.StatusForbidden, metav1.StatusReasonForbidden, subject+verdict.Message+" "+s.next(result.started, verdict))
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

// next says what the reader of a denial can do: nothing, where Argo CD itself is the one.
func (s *Starts) next(started *argocd.Started, verdict *starts.Verdict) string {
	if started.Automated {
		return "Argo CD tries again by itself."
	}
	said := "Try again later"
	if verdict.Wave.N() > 0 {
		said += fmt.Sprintf(", and see who is in flight with: kubectl get wave %s -o yaml", verdict.LedgerName())
	}
	return strings.TrimSpace(said + ". " + s.Help)
}
