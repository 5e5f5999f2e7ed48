package applicationset

import (
	"encoding/json"
	"strings"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
)

var (
	errPatch     = gotemplate.NewFault("renders to something other than an object with metadata of strings", nil)
	errDirective = gotemplate.NewFault("renders to a patch directive, which Seawall does not apply", nil)
)

// applyPatch renders spec.templatePatch and applies it. Argo CD merges it strategically
// (applicationset/controllers/template/patch.go), but an Application has only maps and whole
// lists to merge. It returns the finalizers that the patch adds.
func (t *appTemplate) applyPatch(rendered *application, of *whole) []string {
	text := t.pen.write(t.patch)
	if t.pen.failed != nil {
		return nil
	}
	finalizers, err := t.patched(text, rendered, of)
	if err != nil {
		t.pen.failed = &broken{path: t.patch.path, err: err}
	}
	return finalizers
}

func (t *appTemplate) patched(text string, rendered *application, of *whole) ([]string, error) {
	tree, err := patchTree(t.reading.account, text)
	if err != nil || tree == nil {
		return nil, err
	}
	if mistyped("", tree) {
		return nil, errTyped
	}
	patch := root("spec.templatePatch", tree)
	metadata := patch.field("metadata")
	switch _, err := metadata.object(); {
	case err != nil:
		return nil, errPatch
	case directed(patch, metadata, metadata.field("labels")):
		return nil, errDirective
	}
	name, err := metadata.field("name").text()
	if err != nil {
		return nil, errPatch
	}
	if name != "" {
		rendered.name = []byte(name)
	}
	if err := t.patchLabels(rendered, metadata); err != nil {
		return nil, err
	}
	finalizers, err := metadata.field("finalizers").texts()
	if err != nil {
		return nil, errPatch
	}
	if err := of.annotate(metadata.field("annotations")); err != nil {
		return nil, err
	}
	of.operation = patch.field("operation").raw
	return finalizers, of.patchSpec(patch)
}

// annotate puts the annotations of a patch on those that matter.
func (w *whole) annotate(annotations value) error {
	members, err := annotations.object()
	if err != nil {
		return errPatch
	}
	if w.annotations == nil && len(members) > 0 {
		w.annotations = map[string]string{}
	}
	for key, member := range members {
		text, isText := member.(string)
		switch {
		case member == nil:
			delete(w.annotations, key)
		case !isText:
			return errPatch
		default:
			w.annotations[key] = text
		}
	}
	return nil
}

// patchSpec merges the spec of a patch. Argo CD lets no patch change the project.
func (w *whole) patchSpec(patch value) error {
	spec := patch.field("spec")
	members, err := spec.object()
	if err != nil {
		return errPatch
	}
	if _, named := patch.members()["spec"]; named && spec.absent() {
		w.spec = map[string]any{"project": w.spec["project"]} // null takes all of it away
		return nil
	}
	project, found := w.spec["project"]
	w.spec = covers(w.spec, members)
	delete(w.spec, "project")
	if found {
		w.spec["project"] = project
	}
	return nil
}

// patchTree parses a patch as Argo CD does: what begins with a brace is JSON.
func patchTree(account *budget.Account, text string) (tree map[string]any, err error) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		if err := account.Borrow(budget.Tree([]byte(text))); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(text), &tree); err != nil {
			return nil, gotemplate.NewFault("renders to no JSON object", err)
		}
		return tree, nil
	}
	return gotemplate.ParseYAML[map[string]any](account, text)
}

// directed says whether a patch does more than merge into the objects that Seawall reads.
func directed(objects ...value) bool {
	for _, object := range objects {
		members, _ := object.raw.(map[string]any)
		for key := range members {
			if directive(key) {
				return true
			}
		}
	}
	return false
}

func (t *appTemplate) patchLabels(rendered *application, metadata value) error {
	labels := metadata.field("labels")
	members, err := labels.object()
	if err != nil {
		return errPatch
	}
	if _, named := metadata.members()["labels"]; named && labels.absent() {
		clear(rendered.labels) // null takes all away
	}
	for key, member := range members {
		switch member := member.(type) {
		case nil:
			delete(rendered.labels, key)
		case string:
			t.label(rendered, key, member)
		default:
			return errPatch
		}
	}
	return nil
}
