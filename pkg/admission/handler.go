// Package admission answers the API server's AdmissionReviews: it reads what a write does,
// asks the policies, and says why. It is thin; the judgement is in pkg/policy.
package admission

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/trace"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Policies answers which policies may judge a write of a kind.
type Policies interface {
	Candidates(kind schema.GroupKind, operation rollout.Operation) []*policy.Policy
}

// Kinds answers how to read the rollouts of a kind.
type Kinds interface {
	// Lookup returns a kind whose Reader finds nothing that it can count when the kind is
	// not known.
	Lookup(kind schema.GroupKind) rollout.Kind
}

// Namespaces answers what a policy and a deletion need to know of a namespace.
type Namespaces interface {
	// Get returns the labels of a namespace and whether it is being deleted.
	Get(ctx context.Context, name string) (labels map[string]string, terminating bool, err error)
}

// Handler judges writes of rollouts. Every field but AllowOnError is required.
type Handler struct {
	Kinds      Kinds
	Policies   Policies
	Namespaces Namespaces
	Overrides  Overrides
	Uses       Uses
	Sink       audit.Sink
	// Limiter bounds how many writes are judged at once.
	Limiter Limiter
	// AllowOnError admits a write that Seawall itself could not judge, instead of refusing
	// it.
	AllowOnError bool
}

var _ admission.Handler = &Handler{}

// Handle implements controller-runtime's admission.Handler. It always answers in time when
// ctx has the deadline of the API server's call, and never panics.
func (h *Handler) Handle(ctx context.Context, request admission.Request) admission.Response {
	started := time.Now()
	var took audit.Phases
	outcome := h.decide(ctx, request, &took)
	record := recordOf(request, outcome)
	record.Phases, record.Duration = took, time.Since(started)
	describe(trace.SpanFromContext(ctx), record)
	h.Sink.Record(ctx, record)
	return respond(record, outcome)
}

// outcome is what became of one request: a decision, or a failure of Seawall's own.
type outcome struct {
	decision policy.Decision
	change   rollout.Change
	failure  *failure
	// admitted says that a failure is answered by admitting the write.
	admitted bool
}

func (h *Handler) decide(ctx context.Context, request admission.Request, took *audit.Phases) (result outcome) {
	defer func() {
		if panicked := recover(); panicked != nil {
			log.FromContext(ctx).Error(fmt.Errorf("panic: %v", panicked), "judging a write", "stack", string(debug.Stack()))
			result = h.failed(&failure{reason: failurePanic, err: errors.New("an internal error, which the log of the webhook tells")})
		}
	}()
	release, err := h.wait(ctx, took)
	if err != nil {
		return h.failed(&failure{reason: failureOverload, err: err})
	}
	defer release()
	decision, change, err := h.judge(ctx, request, took)
	if err != nil {
		return h.failed(failureOf(ctx, err))
	}
	return outcome{decision: decision, change: change}
}

func (h *Handler) failed(failure *failure) outcome {
	return outcome{failure: failure, admitted: h.AllowOnError}
}

func (h *Handler) wait(ctx context.Context, took *audit.Phases) (release func(), err error) {
	ctx, end := phase(ctx, "wait", &took.Wait)
	defer end()
	return h.Limiter.acquire(ctx)
}

func (h *Handler) judge(ctx context.Context, request admission.Request, took *audit.Phases) (policy.Decision, rollout.Change, error) {
	nothing := policy.Decide(nil)
	operation, judged := operationOf(request)
	if !judged {
		return nothing, rollout.Change{}, nil
	}
	groupKind := schema.GroupKind{Group: request.Kind.Group, Kind: request.Kind.Kind}
	candidates := h.Policies.Candidates(groupKind, operation)
	if len(candidates) == 0 {
		return nothing, rollout.Change{}, nil
	}
	found, subject, err := h.count(ctx, request, operation, took)
	if err != nil || subject == nil {
		return nothing, rollout.Change{}, err
	}
	ctx, end := phase(ctx, "judge", &took.Judge)
	defer end()
	decision, err := h.conclude(ctx, request, candidates, *subject, found)
	return decision, found.Change, err
}

// count finds out what a write does; without a subject the write is never judged.
func (h *Handler) count(
	ctx context.Context, request admission.Request, operation rollout.Operation, took *audit.Phases,
) (policy.Case, *policy.Subject, error) {
	ctx, end := phase(ctx, "count", &took.Count)
	defer end()
	write, subject, err := h.read(ctx, request, operation)
	if err != nil || write == nil {
		return policy.Case{}, nil, err
	}
	change, err := h.Kinds.Lookup(subject.Kind).Reader.Read(ctx, *write)
	if err != nil && !rollout.IsFinding(err) {
		return policy.Case{}, nil, err
	}
	return policy.Case{Change: change, Err: err, Metadata: *write.Metadata()}, subject, nil
}

// read returns the write and what policies select it by; a nil write is never judged.
func (h *Handler) read(
	ctx context.Context, request admission.Request, operation rollout.Operation,
) (*rollout.Write, *policy.Subject, error) {
	write := &rollout.Write{
		Operation: operation,
		Namespace: request.Namespace,
		Name:      nameOf(request),
	}
	subject := &policy.Subject{
		Kind:       schema.GroupKind{Group: request.Kind.Group, Kind: request.Kind.Kind},
		Operation:  operation,
		Namespaced: request.Namespace != "",
	}
	if subject.Namespaced {
		labels, terminating, err := h.Namespaces.Get(ctx, request.Namespace)
		if err != nil {
			return nil, nil, fmt.Errorf("reading namespace %s: %w", request.Namespace, err)
		}
		if terminating && operation == rollout.Delete {
			return nil, nil, nil
		}
		subject.NamespaceLabels = labels
	}
	if operation != rollout.Create {
		old, err := rollout.Cut(request.OldObject.Raw)
		if err != nil {
			return nil, nil, fmt.Errorf("old object: %w", err)
		}
		write.OldObject, subject.OldLabels = old, old.Metadata.Labels
	}
	if operation != rollout.Delete {
		object, err := rollout.Cut(request.Object.Raw)
		if err != nil {
			return nil, nil, fmt.Errorf("object: %w", err)
		}
		write.Object, subject.Labels = object, object.Metadata.Labels
	}
	return write, subject, nil
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

// nameOf returns the name of the object, or its generateName when it has no name yet.
func nameOf(request admission.Request) string {
	if request.Name != "" {
		return request.Name
	}
	var object struct {
		Metadata struct {
			GenerateName string `json:"generateName"`
		} `json:"metadata"`
	}
	// The name is for messages only: an object that cannot be decoded fails elsewhere.
	_ = json.Unmarshal(request.Object.Raw, &object)
	return object.Metadata.GenerateName
}
