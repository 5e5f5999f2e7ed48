package applicationset

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// side is one object of a write with the Applications it stands for.
type side struct {
	spec *specification
	apps map[string]*app
	// open are the entries whose Applications cannot be counted.
	open     []openEntry
	warnings []string
	status   status
}

// app is an Application of a side.
type app struct {
	application

	// copies is the number of parameter sets that render to the name.
	copies  int
	cluster *argocd.Cluster
}

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
	// beside is that of an openError, and rest tells whether an entry is the same but for it.
	beside *closedChild
	rest   string
}

// nothing is the side of an object that does not exist.
func nothing() *side {
	return &side{spec: &specification{policy: syncPolicy{update: true, remove: true}}, apps: map[string]*app{}}
}

// side reads an object. Its error is that of the context: whatever is wrong with the
// object itself leaves an open entry.
func (r *reading) side(object *object) (*side, error) {
	read := nothing()
	read.status = decodeStatus(object.Status)
	tree := object.spec()
	spec, err := r.decodeSpec(tree)
	read.spec = spec
	if err != nil {
		return read, read.leaveOpen(withoutPacing(tree), err)
	}
	r.sets, r.spent = 0, 0
	templates := map[uintptr]*appTemplate{}
	entries, _ := spec.generators.list()
	for i := range entries {
		entry := spec.generators.item(i)
		apps, err := r.entry(entry, spec, templates)
		if err == nil {
			read.add(apps)
			read.warnUnrecognized(r.generators, entry)
			continue
		}
		if err := read.leaveOpen(entry.raw, err); err != nil {
			return nil, err
		}
	}
	return read, nil
}

// entry renders the Applications of one entry of spec.generators.
func (r *reading) entry(entry value, spec *specification, templates map[uintptr]*appTemplate) ([]*app, error) {
	all, err := r.expand(entry, spec)
	if err != nil {
		return nil, err
	}
	var apps []*app
	for _, made := range all {
		identity := reflect.ValueOf(made.template).Pointer()
		if templates[identity] == nil {
			templates[identity] = r.compile(spec, made.template)
		}
		for i, set := range made.sets {
			if err := r.ctx.Err(); err != nil {
				return nil, err
			}
			rendered, err := templates[identity].render(set.values)
			if err != nil {
				return nil, notRendered(err, made.sets[i])
			}
			if err := r.spend(made.config, rendered.weight()); err != nil {
				return nil, err
			}
			apps = append(apps, &app{application: rendered, copies: 1, cluster: set.cluster})
		}
	}
	return apps, nil
}

func notRendered(err error, set parameters) error {
	var field *broken
	if errors.As(err, &field) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return rendering(field, set.describe())
	}
	return err
}

func (p parameters) describe() string {
	if p.cluster != nil {
		return "cluster " + rollout.Quote(p.cluster.Name)
	}
	return p.origin()
}

func (s *side) add(apps []*app) {
	for _, added := range apps {
		present, found := s.apps[added.name]
		if !found {
			s.apps[added.name] = added
			continue
		}
		present.copies++
		present.digest = mix(present.digest, binary.LittleEndian.AppendUint64(nil, added.digest))
		present.kept = present.kept && added.kept
	}
}

// mix adds to a digest; it is the same for the same digests in the same order.
func mix(digest uint64, more []byte) uint64 {
	const prime = 1099511628211 // FNV-1a
	for _, b := range more {
		digest = (digest ^ uint64(b)) * prime
	}
	return digest
}

// leaveOpen notes an entry that cannot be counted; any other error is returned.
func (s *side) leaveOpen(entry any, err error) error {
	var unresolved *rollout.UnresolvedError
	if !errors.As(err, &unresolved) {
		return err
	}
	key, marshalErr := json.Marshal(entry)
	if marshalErr != nil {
		return marshalErr
	}
	noted := openEntry{key: string(key), err: unresolved, aborts: true}
	_, noted.bound = errors.AsType[*boundError](err)
	if open, ok := errors.AsType[*openError](err); ok {
		noted.aborts, noted.beside = false, open.beside
		if noted.rest, marshalErr = open.beside.rest(entry); marshalErr != nil {
			return marshalErr
		}
	}
	s.open = append(s.open, noted)
	return nil
}

// warnUnrecognized warns of an entry without any generator, such as "clusters:" with
// nothing behind it: Argo CD takes no notice of it (utils.go, CheckInvalidGenerators).
func (s *side) warnUnrecognized(known []generator, entry value) {
	for _, generator := range known {
		if !entry.field(generator.key).absent() {
			return
		}
	}
	s.warnings = append(s.warnings, entry.path+" holds no generator and yields no Application")
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

// shape is what every Application of an entry depends on beside the entry itself.
func (s *specification) shape() []any {
	template := value{raw: s.template}
	return []any{s.dialect, s.patch, template.field("spec").raw, template.field("metadata").field("name").raw}
}

// sideLike reads an object, and renders nothing anew if only what paces and permits has
// changed since before.
func (r *reading) sideLike(object *object, before *side) (*side, error) {
	tree := object.spec()
	spec, err := r.decodeSpec(tree)
	same := err == nil && reflect.DeepEqual(withoutPacing(tree), withoutPacing(before.spec.tree)) &&
		spec.policy.preserve == before.spec.policy.preserve
	if !same {
		return r.side(object)
	}
	return &side{spec: spec, apps: before.apps, open: before.open, warnings: before.warnings, status: decodeStatus(object.Status)}, nil
}
