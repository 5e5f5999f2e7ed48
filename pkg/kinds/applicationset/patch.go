package applicationset

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
)

var (
	errPatch     = gotemplate.NewFault("renders to something other than an object with metadata of strings", nil)
	errDirective = gotemplate.NewFault("renders to a patch directive, which Seawall does not apply", nil)
)

// applyPatch renders spec.templatePatch and applies its metadata; its spec goes into the
// digest, so that a different patch is a different desired state. Argo CD merges it
// strategically (applicationset/controllers/template/patch.go), but an Application has
// only maps and whole lists to merge. It returns the finalizers that the patch adds.
func (t *appTemplate) applyPatch(rendered *application) []string {
	text := t.pen.write(t.patch)
	if t.pen.failed != nil {
		return nil
	}
	finalizers, err := t.patched(text, rendered)
	if err != nil {
		t.pen.failed = &broken{path: t.patch.path, err: err}
	}
	return finalizers
}

func (t *appTemplate) patched(text string, rendered *application) ([]string, error) {
	tree, err := patchTree(t.reading.account, text)
	if err != nil || tree == nil {
		return nil, err
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
	if err := t.patchLabels(rendered, metadata.field("labels")); err != nil {
		return nil, err
	}
	finalizers, err := metadata.field("finalizers").texts()
	if err != nil {
		return nil, errPatch
	}
	return finalizers, printPatch(patch.field("spec"), rendered)
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

// directed says whether a patch does more than merge into the objects that Seawall reads: by a
// directive, or by null for a whole part.
func directed(objects ...value) bool {
	for _, object := range objects {
		members, _ := object.raw.(map[string]any)
		for key, member := range members {
			if strings.HasPrefix(key, "$") || member == nil && slices.Contains([]string{"metadata", "spec", "labels"}, key) {
				return true
			}
		}
	}
	return false
}

func (t *appTemplate) patchLabels(rendered *application, labels value) error {
	members, err := labels.object()
	if err != nil {
		return errPatch
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

func printPatch(spec value, rendered *application) error {
	members, err := spec.object()
	if err != nil {
		return errPatch
	}
	delete(members, "project") // Argo CD lets no patch change it
	if len(members) == 0 {
		return nil
	}
	canonical, err := json.Marshal(members)
	if err != nil {
		return errPatch
	}
	rendered.app.digest = mix(rendered.app.digest, canonical)
	return nil
}
