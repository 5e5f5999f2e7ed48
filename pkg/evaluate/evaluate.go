// Package evaluate judges writes of rollouts for whoever asks: the webhook, the re-count, the
// preview of a policy, the command line. The same question gets the same answer, and the same
// words.
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/budget"
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

// Namespaces answers what is to be known of a namespace.
type Namespaces interface {
	// Get returns the labels of a namespace and whether it is being deleted.
	Get(ctx context.Context, name string) (namespaceLabels labels.Labels, terminating bool, err error)
}

// Overrides answers which overrides there are.
type Overrides interface {
	// For returns those of a rollout.
	For(rollout policy.Reference) []*policy.Override
}

// Evaluator judges writes. Kinds, Policies, Namespaces and Overrides are required.
type Evaluator struct {
	Kinds      Kinds
	Policies   Policies
	Namespaces Namespaces
	Overrides  Overrides
	// Uses keeps count of the overrides that writes use.
	Uses Uses
	// Starts may be nil, where there is no gate.
	Starts Starts
	// Windows may be nil, where nothing is known of writes before the one that is judged.
	Windows Windows
	// Ready, if not nil, returns why it is not known by what to judge: then nothing is judged.
	Ready func() error
	// Excluded are the namespaces whose rollouts the webhook is not asked about: those that
	// exist there are not judged.
	Excluded []string
	// Budget is what all that is judged at once may cost together.
	Budget *budget.Pool
}

// Write is a write of a rollout, and who makes it.
type Write struct {
	rollout.Write

	Kind schema.GroupKind
	// User is the name of who writes, empty when nobody does, and Groups are those of that user.
	User   string
	Groups []string
	// Unread is why nothing but metadata could be read of an object.
	Unread error
	// Authenticated says that it is the API server that asks.
	Authenticated bool
	// Trial says that the write is not made, at least not now, so that it uses no override.
	Trial bool
}

// Existing returns the write that stands for a rollout which exists: one that changes the
// desired state of all its environments. The error is the one with which the object was cut.
func Existing(kind schema.GroupKind, object *rollout.Object, unread error) Write {
	return Write{Kind: kind, Trial: true, Unread: unread, Write: rollout.Write{
		Operation: rollout.Update,
		Namespace: object.Metadata.Namespace,
		Name:      object.Metadata.Name,
		Object:    object,
		OldObject: object,
		Rewritten: true,
	}}
}

// Judgement is what became of a write.
type Judgement struct {
	Decision policy.Decision
	// Verdicts are those of the policies that select the write, in their order.
	Verdicts []policy.Verdict
	// Change is what the write does; it is zero if no policy selects it or it cannot be
	// counted.
	Change rollout.Change
	// Phases are the times that the steps took.
	Phases audit.Phases

	// taken is what the write takes of windows, and claimed are the overrides for one use that it uses up by use.
	taken   []policy.Claim
	claimed []*policy.Override
	use     policy.Use
}

// NotJudged is the judgement of a write that no policy selects.
func NotJudged() Judgement { return Judgement{Decision: policy.Decide(nil)} }

// ErrNotReady says that it is not known by what to judge.
var ErrNotReady = errors.New("it is not known by what to judge")

// ready returns an error that wraps ErrNotReady.
func (e *Evaluator) ready() error {
	if e.Ready == nil {
		return nil
	}
	if err := e.Ready(); err != nil {
		return fmt.Errorf("%w: %w", ErrNotReady, err)
	}
	return nil
}

// Asks tells whether any policy may judge a write. The error wraps ErrNotReady.
func (e *Evaluator) Asks(kind schema.GroupKind, operation rollout.Operation) (bool, error) {
	return len(e.Policies.Candidates(kind, operation)) > 0, e.ready()
}

// ErrInternal is a fault of Seawall's, such as a panic, of which the log tells more.
var ErrInternal = errors.New("an internal error, which the log of the webhook tells")

// Evaluate decides about a write, and uses the overrides without which it would be denied. The
// error is a failure of Seawall's own and says nothing about the write. It never panics.
func (e *Evaluator) Evaluate(ctx context.Context, write Write) (judgement Judgement, err error) {
	var took audit.Phases
	defer func() {
		if panicked := recover(); panicked != nil {
			log.FromContext(ctx).Error(fmt.Errorf("panic: %v", panicked), "judging a write",
				"kind", write.Kind, "namespace", write.Namespace, "name", write.Name, "stack", string(debug.Stack()))
			judgement, err = Judgement{}, ErrInternal
		}
		judgement.Phases = took
	}()
	counted, err := e.Count(ctx, write, e.Policies.Candidates(write.Kind, write.Operation), &took)
	if err != nil || counted == nil {
		return NotJudged(), err
	}
	_, judging := step(ctx, "judge", &took.Judge)
	defer judging.end()
	return e.conclude(ctx, write, counted)
}

// Counted is what is known of a write that some policies select.
type Counted struct {
	policy.Case

	subject  policy.Subject
	selected []*policy.Policy
}

// Count finds out what a write does, if any of the policies selects it, and returns nil
// otherwise. It notes in took how long it waited and counted. The error is a failure of
// Seawall's own.
func (e *Evaluator) Count(ctx context.Context, write Write, policies []*policy.Policy, took *audit.Phases) (*Counted, error) {
	if err := e.ready(); err != nil {
		return nil, err
	}
	if len(policies) == 0 {
		return nil, nil //nolint:nilnil // no policy, nothing to count
	}
	subject, err := e.subject(ctx, write)
	if err != nil || subject == nil {
		return nil, err
	}
	counted := &Counted{subject: *subject, selected: policy.Select(ctx, policies, *subject)}
	if len(counted.selected) == 0 {
		return nil, nil //nolint:nilnil // as above
	}
	counting, leave, err := e.enter(ctx, write, took)
	defer leave()
	switch {
	case err != nil && write.Rewritten && errors.Is(err, budget.ErrExceeded):
		write.Unread = err
	case err != nil:
		return nil, err
	}
	counting, reading := step(counting, "count", &took.Count)
	defer reading.end()
	return counted, e.readFor(counting, counted, write)
}

// readFor finds out what the policies that select a write have to know of it.
func (e *Evaluator) readFor(ctx context.Context, counted *Counted, write Write) (err error) {
	write.Starts = slices.ContainsFunc(counted.selected, func(p *policy.Policy) bool { return p.Gate() != nil })
	counted.Case, err = e.read(ctx, write)
	if err != nil || !counted.Change.RestsOnDeclaration() || !slices.ContainsFunc(counted.selected, (*policy.Policy).IgnoresDeclared) {
		return err
	}
	write.Undeclared = true
	found, err := e.read(ctx, write)
	counted.Undeclared = &policy.Undeclared{Change: found.Change, Err: found.Err}
	return err
}

// enter waits for room among what is judged at once: beside the wait for reading the write.
func (e *Evaluator) enter(ctx context.Context, write Write, took *audit.Phases) (counting context.Context, leave func(), err error) {
	before := budget.From(ctx).Waited()
	_, waiting := step(ctx, "wait", &took.Wait)
	defer func() {
		waiting.end()
		took.Wait += before
	}()
	return e.Budget.Open(ctx, write.size())
}

// subject returns what policies select a write by; nil for one that is never judged.
func (e *Evaluator) subject(ctx context.Context, write Write) (*policy.Subject, error) {
	if write.Rewritten && (write.Object.Metadata.DeletionTimestamp != nil || slices.Contains(e.Excluded, write.Namespace)) {
		return nil, nil //nolint:nilnil // there is a write, but no subject
	}
	subject := &policy.Subject{
		Kind: write.Kind, Operation: write.Operation, Namespaced: write.Namespace != "", Variables: variablesOf(ctx, write),
	}
	if write.Object != nil {
		subject.Labels = write.Object.Metadata.Labels
	}
	if write.OldObject != nil {
		subject.OldLabels = write.OldObject.Metadata.Labels
	}
	if !subject.Namespaced {
		return subject, nil
	}
	found, terminating, err := e.Namespaces.Get(ctx, write.Namespace)
	if err != nil {
		return nil, fmt.Errorf("reading namespace %s: %w", write.Namespace, err)
	}
	if terminating && (write.Operation == rollout.Delete || write.Rewritten) {
		return nil, nil //nolint:nilnil // as above
	}
	subject.NamespaceLabels = found
	return subject, nil
}

// read returns what the write does, and what else policies conclude from.
func (e *Evaluator) read(ctx context.Context, write Write) (policy.Case, error) {
	var change rollout.Change
	err := write.Unread
	if err == nil {
		change, err = e.Kinds.Lookup(write.Kind).Reader.Read(ctx, write.Write)
	}
	if spent := budget.From(ctx).Err(); spent != nil && rollout.IsFinding(err) {
		err = spent // what has been cut short finds nothing
	}
	if write.Rewritten {
		change = change.Staying() // what it has dropped it does not select any more
		if errors.Is(err, budget.ErrExceeded) {
			err = rollout.Unresolved("the object", "cannot be judged: %s", err) // the others are judged all the same
		}
	}
	if err != nil && !rollout.IsFinding(err) {
		return policy.Case{}, err
	}
	var stored map[string]string
	if old := write.OldMetadata(); old != nil {
		stored = old.Annotations
	}
	if change.Starts != nil {
		change.Starts.Unasked = e.unasked(write.Namespace, change)
	}
	return policy.Case{
		Change: change, Err: err, Metadata: *write.Metadata(), Stored: stored,
		Overrides: e.Overrides.For(policy.Reference{GroupKind: write.Kind, Namespace: write.Namespace, Name: write.Name}),
		Use:       policy.Use{At: time.Now()},
	}, nil
}

// Conclude returns what policies make of a write: those that select it.
func (c *Counted) Conclude(ctx context.Context, policies []*policy.Policy) Judgement {
	return c.judge(policy.Select(ctx, policies, c.subject))
}

func (c *Counted) judge(selected []*policy.Policy) Judgement {
	return c.decide(policy.Judge(selected, c.Case))
}

func (c *Counted) decide(verdicts []policy.Verdict) Judgement {
	judgement := Judgement{Decision: policy.Decide(verdicts), Verdicts: verdicts, Change: c.Change}
	if len(verdicts) > 0 && judgement.Decision.Verdict.Reason != policy.NoChange {
		judgement.Decision.Warnings = append(judgement.Decision.Warnings, c.Change.Warnings...)
	}
	return judgement
}
