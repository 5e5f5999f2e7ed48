package applicationset

import (
	"reflect"
	"strconv"
	"strings"
)

// shape is what the Applications of an entry that cannot be counted depend on beside its parameters: its
// template, not rendered, but as Argo CD compares what it renders to.
type shape struct {
	template map[string]any
	// rest is what they all change with, and name what they are named by.
	rest []any
	name any
	// automated is what starts their syncs, and starts says that it does.
	automated any
	starts    bool
	// skip and asks are the annotations by which Argo CD leaves them alone, and by which it starts syncs.
	skip string
	asks [2]string
	// patched says that a patch may change all of that.
	patched bool
}

// shape returns that of an entry with a template of its own, or none.
func (r *reading) shape(spec *specification, own value) shape {
	template := spec.template
	if !own.absent() {
		template, _ = merged(own.raw, spec.template).(map[string]any)
	}
	tree := root("spec.template", template)
	object := without(map[string]any{"spec": tree.field("spec").raw}, r.ignored, "")
	specOf, automated := canonical(object["spec"])
	metadata := tree.field("metadata")
	annotation := func(key string) string {
		text, _ := metadata.field("annotations").field(key).text()
		return text
	}
	return shape{
		template:  template,
		rest:      []any{spec.dialect, r.patchOf(spec), specOf, metadata.field("name").raw},
		name:      metadata.field("name").raw,
		automated: automated, starts: automates(automated),
		skip: annotation(skipReconcile), asks: [2]string{annotation(refresh), annotation(hydrate)},
		patched: spec.patch != nil,
	}
}

// patchOf returns the patch of a spec: what it says if it is the same for every Application, so that it may
// be spelled otherwise, and else its text.
func (r *reading) patchOf(spec *specification) any {
	if spec.patch == nil {
		return nil
	}
	if strings.Contains(*spec.patch, "{{") {
		return *spec.patch
	}
	tree, err := patchTree(r.account, *spec.patch)
	if err != nil {
		return *spec.patch
	}
	return tree
}

// affects says whether the Applications change, or are released, that had another shape before. Preserved
// says that they stay left alone once they have been.
func (s *shape) affects(before *shape, preserved bool) bool {
	patched := s.patched || before.patched // what a patch makes of an annotation is not known
	switch {
	case !patched && (s.skipped() || before.skipped() && preserved):
		return false
	case s.skip != before.skip && (patched || before.skip != ""):
		return true
	case !reflect.DeepEqual(s.rest, before.rest):
		return true
	case s.asks != before.asks && s.asks != [2]string{}:
		return true
	default:
		return s.starts && !reflect.DeepEqual(s.automated, before.automated)
	}
}

// skipped says whether Argo CD leaves all of the Applications alone.
func (s *shape) skipped() bool {
	skips, err := strconv.ParseBool(s.skip)
	return err == nil && skips
}
