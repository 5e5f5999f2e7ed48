// Package admission answers the API server's AdmissionReviews: it reads what a write is, has it
// judged, and says why. It is thin; the judgement is in pkg/evaluate.
package admission

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/trace"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// Handler judges writes of rollouts. Evaluator and Sink are required.
type Handler struct {
	Evaluator *evaluate.Evaluator
	Sink      audit.Sink
	// Together judges writes that are starts of several environments, too; it may be nil, where there is no gate
	// or no such write.
	Together TogetherJudge
	// AllowOnError admits a write that Seawall itself could not judge, instead of refusing
	// it.
	AllowOnError bool
	// Authenticated says that nobody but the API server is answered, by its client certificate.
	// Without it what is asked may be made up: the records say so, and an override for one use
	// is reserved until its write is seen to be stored.
	Authenticated bool
	// Help ends every denial: where to read more, and how to ask for an override.
	Help string
}

var _ admission.Handler = &Handler{}

// Handle implements controller-runtime's admission.Handler. It always answers in time when
// ctx has the deadline of the API server's call, and never panics.
func (h *Handler) Handle(ctx context.Context, request admission.Request) admission.Response {
	started := time.Now()
	outcome := h.decide(ctx, request)
	record := recordOf(request, outcome)
	record.Authenticated = h.Authenticated
	record.Duration = time.Since(started)
	describe(trace.SpanFromContext(ctx), record)
	h.Sink.Record(ctx, record)
	return h.respond(record, outcome)
}

// outcome is what became of one request: a judgement, or a failure of Seawall's own.
type outcome struct {
	evaluate.Judgement

	// together is what becomes of the starts that the write is.
	together starts.Judgement
	// write is nil when the request is not judged or cannot be read.
	write   *evaluate.Write
	failure *failure
	// admitted says that a failure is answered by admitting the write.
	admitted bool
}

// passes tells whether the write is admitted.
func (o outcome) passes() bool {
	if o.failure != nil {
		return o.admitted
	}
	return o.Decision.Action != policy.Deny && o.together.Refused() == nil
}

func (h *Handler) decide(ctx context.Context, request admission.Request) outcome {
	kind := schema.GroupKind{Group: request.Kind.Group, Kind: request.Kind.Kind}
	operation, judged := operationOf(request)
	if !judged {
		return outcome{Judgement: evaluate.NotJudged()}
	}
	asks, err := h.Evaluator.Asks(kind, operation)
	if err == nil && !asks && !h.begins(kind, operation) {
		return outcome{Judgement: evaluate.NotJudged()}
	}
	var result outcome
	var write *evaluate.Write
	account := budget.From(ctx)
	err = cmp.Or(err, account.Refused())
	result.Phases.Wait = account.Waited()
	if err == nil {
		write, err = read(request, operation)
	}
	if err == nil {
		write.Kind, write.Authenticated, result.write = kind, h.Authenticated, write
		err = h.judge(ctx, &result)
	}
	if err != nil {
		result.failure = failureOf(ctx, err)
		result.admitted = h.AllowOnError && result.failure.reason != failureAccount
	}
	return result
}

// begins tells whether a write is to be judged as starts, too.
func (h *Handler) begins(kind schema.GroupKind, operation rollout.Operation) bool {
	return h.Together != nil && h.Together.Concerns(kind, operation)
}

// judge concludes about the write of an outcome; about the starts that it is only if it passes otherwise, as they are
// in the ledgers then.
func (h *Handler) judge(ctx context.Context, result *outcome) (err error) {
	write := result.write
	result.Judgement, err = h.Evaluator.Evaluate(ctx, *write)
	if err == nil && h.begins(write.Kind, write.Operation) && result.passes() {
		result.together, err = h.Together.Judge(ctx, write.Write, write.User, write.Trial)
		if err != nil || !result.passes() {
			if lost := h.Evaluator.GiveBack(ctx, result.Judgement); lost != nil {
				log.FromContext(ctx).Error(lost, "a write that is held as the starts that it is has used an override up",
					"kind", write.Kind, "namespace", write.Namespace, "name", write.Name)
			}
		}
	}
	return err
}

// read returns the write that a request is about, its objects cut: of one that costs too much to
// read there is the metadata, by which policies select.
func read(request admission.Request, operation rollout.Operation) (*evaluate.Write, error) {
	write := &evaluate.Write{User: request.UserInfo.Username, Groups: request.UserInfo.Groups, Trial: isDryRun(request)}
	write.Operation, write.Namespace, write.Name = operation, request.Namespace, request.Name
	var oldErr, err error
	if operation != rollout.Create {
		write.OldObject, oldErr = rollout.Cut(request.OldObject.Raw)
	}
	if operation != rollout.Delete {
		write.Object, err = rollout.Cut(request.Object.Raw)
	}
	switch {
	case oldErr != nil:
		write.Unread = fmt.Errorf("old object: %w", oldErr)
	case err != nil:
		write.Unread = fmt.Errorf("object: %w", err)
	}
	if operation != rollout.Create && write.OldObject == nil || operation != rollout.Delete && write.Object == nil {
		return nil, write.Unread // without metadata nothing can be selected
	}
	if write.Name == "" {
		write.Name = write.Metadata().GenerateName
	}
	return write, nil
}

// operationOf returns what kind of write a request is, and whether it is ever judged.
func operationOf(request admission.Request) (rollout.Operation, bool) {
	if request.SubResource != "" {
		return "", false
	}
	switch request.Operation {
	case admissionv1.Create:
		return rollout.Create, true
	case admissionv1.Update:
		return rollout.Update, true
	case admissionv1.Delete:
		return rollout.Delete, !isCleaner(request.UserInfo.Username)
	case admissionv1.Connect:
	}
	return "", false
}

// isCleaner tells whether a user deletes what has already been decided elsewhere: objects
// whose owner is gone, and those of a namespace that is being deleted.
func isCleaner(user string) bool {
	return user == "system:serviceaccount:kube-system:generic-garbage-collector" ||
		user == "system:serviceaccount:kube-system:namespace-controller"
}

func isDryRun(request admission.Request) bool { return request.DryRun != nil && *request.DryRun }
