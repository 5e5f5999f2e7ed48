package applicationset

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// openEntry is an entry of spec.generators that cannot be counted.
type openEntry struct {
	// key tells whether an entry of the other side is the same.
	key string
	err *rollout.UnresolvedError
	// aborts says that Argo CD fails on the entry and therefore writes no Application at
	// all, not even those of other entries (applicationset_controller.go, Reconcile).
	aborts bool
	// bound says that the entry expands past a bound.
	bound bool
	// least is how many sets of parameters it has at least; exact says that it has no more, and refused
	// that it is Seawall which does not render them.
	least          int
	exact, refused bool
	// nothing says that Argo CD fails on it for certain.
	nothing bool
	// pulls says that it is of pull requests.
	pulls bool
	// shape is that of its Applications.
	shape shape
	// beside is that of an openError, and rest tells whether an entry is the same but for it.
	beside *closedChild
	rest   string
}

// leaveOpen notes an entry that cannot be counted; any other error is returned.
func (s *side) leaveOpen(r *reading, entry any, err error) error {
	var unresolved *rollout.UnresolvedError
	if !errors.As(err, &unresolved) {
		return err
	}
	sets, template := setsOf(entry)
	key, marshalErr := json.Marshal(sets)
	if marshalErr != nil {
		return marshalErr
	}
	noted := openEntry{
		key: string(key), err: unresolved, aborts: true, pulls: !value{raw: entry}.field("pullRequest").absent(),
		shape: r.shape(s.spec, template),
	}
	_, noted.nothing = errors.AsType[*nothingError](err)
	_, noted.bound = errors.AsType[*boundError](err)
	if open, ok := errors.AsType[*openError](err); ok {
		noted.aborts, noted.beside, noted.least = false, open.beside, open.least
		if !(value{raw: entry}).field("selector").absent() {
			noted.least = 0 // it may match none of them
		}
		if noted.rest, marshalErr = open.beside.rest(sets); marshalErr != nil {
			return marshalErr
		}
	}
	s.open = append(s.open, noted)
	return nil
}

// setsOf returns what an entry of generators holds beside how often they are asked, and beside a template
// of its own, which it returns.
func setsOf(entry any) (sets any, template value) {
	generators, isObject := entry.(map[string]any)
	if !isObject {
		return entry, value{}
	}
	kept := maps.Clone(generators)
	for sort, raw := range generators {
		config, isObject := raw.(map[string]any)
		if !isObject {
			continue
		}
		config = maps.Clone(config)
		delete(config, "requeueAfterSeconds")
		if own := (value{raw: config}).field("template"); !own.absent() && template.absent() {
			template = own
			delete(config, "template")
		}
		if children, isList := config["generators"].([]any); isList {
			children = slices.Clone(children)
			for i := range children {
				children[i], _ = setsOf(children[i])
			}
			config["generators"] = children
		}
		kept[sort] = config
	}
	return kept, template
}
