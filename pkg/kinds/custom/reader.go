package custom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	defaultRemedy = "make waves of at most " + rollout.PerWave + " environments"
	removeRemedy  = "drop at most " + rollout.PerWave + " environments in one write"
	// No wave of the RolloutKind paces what is dropped.
	apartRemedy = ", and drop environments in writes of their own, at most " + rollout.PerWave + " in each"
)

// reader reads a kind that a RolloutKind describes.
type reader struct {
	Inventories

	programs *programs
	kind     string
	remedy   string
}

// side is the rollout before or after a write.
type side struct {
	// names are the environments, or else count is their number.
	names        []string
	environments rollout.Environments
	count        int
	counted      bool
	waves        any
	desired      any
}

// Read implements rollout.Reader.
func (r *reader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	change, err := r.read(ctx, write)
	if err != nil && untouched(write) {
		return rollout.Change{}, nil // whatever the expressions make of it
	}
	return change, err
}

func (r *reader) read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	stored, written, err := rollout.Sides(write, func(object *rollout.Object) (*map[string]any, error) {
		var members map[string]any
		err := rollout.DecodeJSON(object.JSON, &members)
		return &members, err
	})
	if err != nil {
		return rollout.Change{}, err
	}
	before, after := &side{}, &side{}
	if stored != nil {
		before, err = r.evaluate(ctx, *stored, nil)
		if err != nil && (write.Operation == rollout.Delete || !rollout.IsFinding(err)) {
			return rollout.Change{}, err
		}
		if err != nil {
			before = &side{} // what is stored was judged when it was written
		}
	}
	if written != nil {
		var old map[string]any
		if stored != nil {
			old = *stored
		}
		if after, err = r.evaluate(ctx, *written, old); err != nil {
			return rollout.Change{}, r.unknown(ctx, write, stored, *written, err)
		}
	}
	return r.change(before, after, write)
}

// unknown returns the error of a write whose environments cannot be counted: none, if it leaves
// the spec and the desired state as they are. If only the latter stays, nobody is known to change.
func (r *reader) unknown(ctx context.Context, write rollout.Write, stored *map[string]any, written map[string]any, err error) error {
	unresolved, is := errors.AsType[*rollout.UnresolvedError](err)
	if !is || stored == nil || write.Rewritten {
		return err
	}
	before, failed := r.begin(ctx, *stored, nil).run(r.programs.desiredState)
	after, fails := r.begin(ctx, written, *stored).run(r.programs.desiredState)
	switch {
	case failed != nil || fails != nil || !reflect.DeepEqual(before, after):
		return err
	case write.SameSpec():
		return nil
	}
	unresolved.AtLeast = 0
	return err
}

// untouched tells whether an update leaves all of the object but its bookkeeping as it is.
func untouched(write rollout.Write) bool {
	return write.SameSpec() && write.SameLabels() && maps.Equal(write.OldMetadata().Annotations, write.Metadata().Annotations)
}

func (r *reader) evaluate(ctx context.Context, object, old map[string]any) (*side, error) {
	evaluation := r.begin(ctx, object, old)
	result := &side{}
	value, err := evaluation.run(r.programs.environments)
	if err != nil {
		return nil, err
	}
	if err := r.enumerate(result, value, namespaceOf(object)); err != nil {
		return nil, err
	}
	if r.programs.waves != nil {
		if result.waves, err = evaluation.run(*r.programs.waves); err != nil {
			return nil, err
		}
	}
	result.desired, err = evaluation.run(r.programs.desiredState)
	return result, err
}

// unresolved is the finding about an expression of the RolloutKind, with the fields of the rollout that
// it reads: whoever wrote the rollout knows nothing else of it.
func (r *reader) unresolved(field, problem string, args ...any) *rollout.UnresolvedError {
	found := r.incomplete(field, problem, args...)
	found.Problem += r.programs.reading(field, found.Problem)
	return found
}

// incomplete is the finding of an expression that itself says that it cannot count.
func (r *reader) incomplete(field, problem string, args ...any) *rollout.UnresolvedError {
	return rollout.Unresolved("RolloutKind "+r.kind+": "+field, problem, args...)
}

// number spells a number that an expression yields, unless it may be made of the inventory.
func (r *reader) number(value int64) string {
	if !r.none() {
		return "another number"
	}
	return strconv.FormatInt(value, 10)
}

// spell says what an expression yields, and only of what sort that is if it may be made of the
// inventory.
func (r *reader) spell(value any) string {
	if !r.none() {
		return rollout.SortOf(value)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("a %T", value)
	}
	return rollout.Quote(strings.TrimSpace(string(text)))
}

func (s *side) size() int {
	if s.counted {
		return s.count
	}
	return len(s.names)
}

// change compares the two sides.
func (r *reader) change(before, after *side, write rollout.Write) (rollout.Change, error) {
	waves, err := r.plan(after)
	if err != nil {
		return rollout.Change{}, err
	}
	result := rollout.Change{Environments: after.size()}
	if write.Operation == rollout.Delete {
		result.Environments = before.size()
	}
	rewritten := write.Rewritten || !reflect.DeepEqual(before.desired, after.desired)
	pairs := staying(before, after)
	freed := make([]bool, len(pairs))
	// What is stored and cannot be read paced nothing.
	if paced, err := r.plan(before); err == nil && !rewritten {
		freed = sooner(paced, waves, pairs)
	}
	if after.counted || before.counted {
		r.changeOfCounts(&result, before.size(), after.size(), rewritten, freed, waves)
		return result, r.declare(&result, before, after, write, rewritten)
	}
	released := map[string]bool{}
	for i, pair := range pairs {
		if freed[i] {
			released[after.names[pair[1]]] = true
		}
	}
	effect := func(name string) (rollout.Effect, bool) {
		if rewritten {
			return rollout.Changed, true
		}
		return rollout.Released, released[name]
	}
	staying, removed := rollout.Split(rollout.Delta(before.environments, after.environments, effect))
	result.Steps = rollout.Removing(waves.steps(after.names, staying, r.paceRemedy()), rollout.AtOnce(removed, removeRemedy), apartRemedy)
	return result, r.declare(&result, before, after, write, rewritten)
}

// declare adds the environments that the annotation of a rollout declares beyond those that the
// expressions know, where all of them are affected. A rollout of none has not started.
func (r *reader) declare(result *rollout.Change, before, after *side, write rollout.Write, rewritten bool) error {
	if after.size() == 0 || len(result.Steps) == 0 || before.size() > 0 && !rewritten {
		return nil
	}
	declared, found, err := write.Declared()
	missing := declared - after.size()
	if err != nil || !found || missing <= 0 {
		return err
	}
	first := &result.Steps[0] // nothing says of which wave they are
	first.Declared += missing
	first.InFlight += missing
	result.Environments, result.Evidence = declared, rollout.DeclaredEvidence
	return nil
}

// changeOfCounts is a change of environments that have no names: the last of them are new.
func (r *reader) changeOfCounts(result *rollout.Change, before, after int, rewritten bool, freed []bool, waves plan) {
	affected := map[int]int{}
	for i, wave := range waves.wave {
		if rewritten || i >= before || freed[i] {
			affected[wave]++
		}
	}
	result.Steps = waves.stepsOf(affected, r.paceRemedy())
	if len(affected) > 0 {
		result.Evidence = "the number that RolloutKind " + r.kind + " yields"
	}
	if gone := before - after; gone > 0 {
		result.Steps = rollout.Removing(result.Steps, rollout.Step{
			Gone: gone, InFlight: gone, PaceRemedy: removeRemedy, SplitRemedy: removeRemedy,
		}, apartRemedy)
	}
}

func (r *reader) paceRemedy() string {
	if r.remedy != "" {
		return r.remedy
	}
	return defaultRemedy
}
