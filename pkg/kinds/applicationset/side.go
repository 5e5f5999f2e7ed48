package applicationset

import (
	"encoding/json"
	"errors"
	"reflect"
)

// side is one object of a write with the Applications it stands for.
type side struct {
	spec *specification
	// turn says whether it is the stored or the written object.
	turn turn
	apps *apps
	// open are the entries whose Applications cannot be counted.
	open []openEntry
	// refused are the sets of parameters whose Applications the API server refuses.
	refused  refusals
	warnings []string

	rawStatus json.RawMessage
	status    *status
	// owned returns the names of the Applications that exist; nil if nobody knows them.
	owned func() ([]string, error)
}

// turn is the place of an object in a write.
type turn int

const (
	theStored turn = iota
	theWritten
)

// nothing is the side of an object that does not exist.
func nothing() *side {
	return &side{spec: &specification{policy: syncPolicy{update: true, remove: true}}, apps: &apps{}}
}

// side reads an object. Its error is a failure of Seawall's own: whatever is wrong with the
// object itself leaves an open entry.
func (r *reading) side(object *object) (*side, error) {
	spec := object.spec
	read := &side{spec: spec, turn: object.turn, apps: r.borrow(), rawStatus: object.Status}
	if err := r.account.Err(); err != nil {
		return nil, err
	}
	if object.err != nil {
		return read, read.leaveOpen(r, withoutPacing(spec.tree), object.err)
	}
	r.sets, r.spent, r.turn = 0, 0, object.turn
	r.apps = read.apps
	templates := map[uintptr]*appTemplate{}
	entries, _ := spec.generators.list()
	for i := range entries {
		if err := r.account.Err(); err != nil {
			return nil, err
		}
		entry := spec.generators.item(i)
		r.refused = refusals{}
		err := r.entry(entry, spec, templates)
		if err == nil {
			read.apps.keep()
			read.refused.add(r.refused)
			read.warnUnrecognized(r.generators, entry)
			continue
		}
		read.apps.drop()
		if err := read.leaveOpen(r, entry.raw, err); err != nil {
			return nil, err
		}
		r.countSets(entry, spec, &read.open[len(read.open)-1], err)
	}
	return read, r.account.Err() //nolint:wrapcheck // a failure of Seawall's own
}

// countSets counts the sets of parameters of an entry whose Applications do not render.
func (r *reading) countSets(entry value, spec *specification, noted *openEntry, why error) {
	if !noted.aborts || noted.bound {
		return
	}
	sets, spent, count := r.sets, r.spent, 0
	err := r.expand(entry, spec, func(value, map[string]any) yieldFunc {
		return func(*parameters) error {
			count++
			return nil
		}
	})
	r.sets, r.spent = sets, spent
	if err == nil {
		noted.least, noted.exact = count, true
		_, noted.refused = errors.AsType[*refusedError](why)
		noted.aborts = !noted.refused
	}
}

// entry adds the Applications of one entry of spec.generators.
func (r *reading) entry(entry value, spec *specification, templates map[uintptr]*appTemplate) error {
	return r.expand(entry, spec, func(config value, template map[string]any) yieldFunc {
		identity := reflect.ValueOf(template).Pointer()
		if templates[identity] == nil {
			templates[identity] = r.compile(spec, template)
		}
		compiled := templates[identity]
		return func(set *parameters) error {
			rendered, err := compiled.render(set)
			if err != nil {
				return err
			}
			if rendered.refused {
				r.refused.add(refusals{1, string(rendered.name)})
				return nil
			}
			if !r.apps.add(rendered.name, &rendered.app) {
				return nil
			}
			if err := r.account.Spend(appWeight); err != nil {
				return err
			}
			return r.spend(config, parameterWeight+len(rendered.name))
		}
	})
}

// warnUnrecognized warns of an entry without any generator, such as "clusters:" with
// nothing behind it: Argo CD takes no notice of it (utils.go, CheckInvalidGenerators).
func (s *side) warnUnrecognized(known []generator, entry value) {
	for _, generator := range known {
		if !entry.field(generator.key).absent() {
			return
		}
	}
	s.warnings = append(s.warnings, entry.spelled()+" holds no generator and yields no Application")
}

// withoutPacing is what a spec holds beside what paces and permits.
func withoutPacing(tree value) any {
	members, isObject := tree.raw.(map[string]any)
	if !isObject {
		return tree.raw
	}
	rest := make(map[string]any, len(members))
	for key, member := range members {
		if key != "strategy" && key != "syncPolicy" {
			rest[key] = member
		}
	}
	return rest
}

// sideLike reads the written object, and renders nothing anew if only what paces and permits has
// changed since before.
func (r *reading) sideLike(object *object, before *side) (*side, error) {
	spec := object.spec
	same := object.err == nil && !r.moves(object.RawSpec) && reflect.DeepEqual(withoutPacing(spec.tree), withoutPacing(before.spec.tree)) &&
		spec.policy.preserve == before.spec.policy.preserve
	if !same {
		return r.side(object)
	}
	return &side{
		spec: spec, turn: object.turn, apps: before.apps, open: before.open, refused: before.refused, warnings: before.warnings,
	}, nil
}
