package custom

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	defaultRemedy = "make waves of at most " + rollout.PerWave + " environments"
	removeRemedy  = "drop at most " + rollout.PerWave + " environments in one write"
)

// reader reads a kind that a RolloutKind describes.
type reader struct {
	programs *programs
	targets  *inventory.Collection[map[string]any] // nil without an inventory
	kind     string
	remedy   string
}

// side is the rollout before or after a write.
type side struct {
	// names are the environments, or else count is their number.
	names   []string
	count   int
	counted bool
	waves   any
	desired any
}

// Read implements rollout.Reader.
func (r *reader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	var targets []any
	if r.targets != nil {
		var err error
		if targets, err = r.list(); err != nil {
			return rollout.Change{}, err
		}
	}
	old, err := decode(write.OldObject)
	if err != nil {
		return rollout.Change{}, err
	}
	written, err := decode(write.Object)
	if err != nil {
		return rollout.Change{}, err
	}
	before, after := &side{}, &side{}
	if old != nil {
		before, err = r.evaluate(ctx, old, nil, targets)
		if err != nil {
			if write.Operation == rollout.Delete {
				return rollout.Change{}, err
			}
			before = &side{} // what is stored was judged when it was written
		}
	}
	if written != nil && write.Operation != rollout.Delete {
		if after, err = r.evaluate(ctx, written, old, targets); err != nil {
			return rollout.Change{}, err
		}
	}
	change, err := r.change(before, after)
	if write.Operation == rollout.Delete {
		change.Environments = before.size()
	}
	return change, err
}

func decode(object []byte) (map[string]any, error) {
	if len(object) == 0 {
		return nil, nil
	}
	var members map[string]any
	err := rollout.Decode(object, &members)
	return members, err
}

// list returns the inventory as the expressions see it.
func (r *reader) list() ([]any, error) {
	objects, err := r.targets.List("", labels.Everything())
	if err != nil {
		return nil, err
	}
	all := make([]any, len(objects))
	for i, object := range objects {
		members := maps.Clone(object.Value)
		if members == nil {
			members = map[string]any{}
		}
		metadata := map[string]any{"name": object.Name, "labels": object.Labels}
		if object.Namespace != "" {
			metadata["namespace"] = object.Namespace
		}
		if object.Labels == nil {
			metadata["labels"] = map[string]string{}
		}
		members["metadata"] = metadata
		all[i] = members
	}
	return all, nil
}

func (r *reader) evaluate(ctx context.Context, object, old map[string]any, targets []any) (*side, error) {
	variables := map[string]any{objectVariable: object, oldObjectVariable: nil, targetsVariable: targets}
	if old != nil {
		variables[oldObjectVariable] = old
	}
	run := func(program program) (any, error) {
		value, err := program.run(ctx, variables)
		if err != nil {
			return nil, r.unresolved(program.path, "fails: %s", rollout.Quote(err.Error()))
		}
		return value, nil
	}
	result := &side{}
	value, err := run(r.programs.environments)
	if err != nil {
		return nil, err
	}
	if err := r.enumerate(result, value); err != nil {
		return nil, err
	}
	if r.programs.waves != nil {
		if result.waves, err = run(*r.programs.waves); err != nil {
			return nil, err
		}
	}
	result.desired, err = run(r.programs.desiredState)
	return result, err
}

func (r *reader) enumerate(result *side, value any) error {
	if number, isNumber := value.(int64); isNumber {
		var inRange bool
		if result.count, inRange = count(number); !inRange {
			return r.unresolved("spec.environments", "yields %d: want 0 to %d", number, risk.MaxEnvironments)
		}
		result.counted = true
		return nil
	}
	names, isList := texts(value)
	if !isList {
		return r.unresolved("spec.environments", "yields %s: want a list of names or a number", spell(value))
	}
	slices.Sort(names)
	result.names = slices.Compact(names)
	return nil
}

func (r *reader) unresolved(field, problem string, args ...any) error {
	return rollout.Unresolved("RolloutKind "+r.kind+": "+field, problem, args...)
}

func spell(value any) string {
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

func (s *side) environments() rollout.Environments {
	all := make(rollout.Environments, len(s.names))
	for _, name := range s.names {
		all[name] = rollout.Environment{}
	}
	return all
}

// change compares the two sides.
func (r *reader) change(before, after *side) (rollout.Change, error) {
	rewritten := !reflect.DeepEqual(before.desired, after.desired)
	result := rollout.Change{Environments: after.size()}
	waves, err := r.plan(after)
	if err != nil {
		return rollout.Change{}, err
	}
	released := false
	if old, err := r.plan(before); err == nil && before.size() > 0 {
		released = !rewritten && looser(old, waves)
	}
	if after.counted || before.counted {
		r.changeOfCounts(&result, before.size(), after.size(), rewritten || released, waves)
		return result, nil
	}
	effect := func(string) (rollout.Effect, bool) {
		if rewritten {
			return rollout.Changed, true
		}
		return rollout.Released, released
	}
	staying, removed := rollout.Split(rollout.Delta(before.environments(), after.environments(), effect))
	result.Steps, result.Held = waves.steps(staying, r.paceRemedy())
	result.Steps = append(result.Steps, rollout.Steps(rollout.AtOnce(removed, removeRemedy))...)
	return result, nil
}

// changeOfCounts is a change of environments that have no names.
func (r *reader) changeOfCounts(result *rollout.Change, before, after int, all bool, waves plan) {
	affected := max(0, after-before)
	if all {
		affected = after
	}
	result.Steps = waves.stepsOf(affected, r.paceRemedy())
	if gone := before - after; gone > 0 {
		result.Steps = append(result.Steps, rollout.Step{
			Declared: gone, InFlight: gone, PaceRemedy: removeRemedy, SplitRemedy: removeRemedy,
		})
	}
	if affected > 0 {
		result.Evidence = "the number that RolloutKind " + r.kind + " yields"
	}
}

func (r *reader) paceRemedy() string {
	if r.remedy != "" {
		return r.remedy
	}
	return defaultRemedy
}

// New returns the kind that a RolloutKind describes. The registry reads its inventory until
// the function that comes with it is called.
func New(source *v1alpha1.RolloutKind, registry *inventory.Registry) (kind rollout.Kind, forget func(), err error) {
	compiled, problems := compile(&source.Spec)
	if len(problems) > 0 {
		return rollout.Kind{}, nil, problems.ToAggregate()
	}
	spec := source.Spec
	reader := &reader{programs: compiled, kind: source.Name, remedy: spec.Remedy}
	forget = func() {}
	if spec.Inventory != nil {
		reader.targets = inventory.Register[map[string]any](registry, inventory.Source{
			Group: spec.Inventory.Group, Versions: spec.Inventory.Versions, Resource: spec.Inventory.Resource, Kind: spec.Inventory.Kind,
			MetadataOnly: len(spec.Inventory.Fields) == 0, Fields: paths(spec.Inventory.Fields),
		})
		forget = func() { inventory.Unregister(registry, reader.targets) }
	}
	return rollout.Kind{
		Group: spec.Group, Versions: spec.Versions, Resource: spec.Resource, Name: spec.Kind,
		Namespaced: spec.Scope != v1alpha1.ScopeCluster, Reader: reader,
	}, forget, nil
}

func paths(fields []string) [][]string {
	all := make([][]string, len(fields))
	for i, field := range fields {
		all[i] = strings.Split(field, ".")
	}
	return all
}
