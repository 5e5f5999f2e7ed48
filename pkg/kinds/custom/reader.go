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
