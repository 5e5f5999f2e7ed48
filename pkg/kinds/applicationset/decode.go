package applicationset

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// resourcesFinalizer makes Argo CD tear down what an Application deployed, and lets the
// controller see the deletion of an ApplicationSet coming.
const resourcesFinalizer = "resources-finalizer.argocd.argoproj.io"

// object is an ApplicationSet with its spec decoded.
type object struct {
	*rollout.Object

	turn turn
	spec *specification
	// err says what is wrong with the spec.
	err error
}

// decode decodes a spec. What stands behind it is valid JSON.
func (r *reading) decode(of *rollout.Object, turn turn) *object {
	tree := root("spec", parseSpec(r.account, string(of.RawSpec)))
	spec := &specification{tree: tree, generators: tree.field("generators")}
	err := spec.decode(tree)
	spec.policy.permit(r.switches.SyncPolicy(spec.asked))
	r.look(spec.strategy, turn)
	return &object{of, turn, spec, err}
}

// specification is what is read of an ApplicationSet's spec.
type specification struct {
	tree       value
	generators value
	dialect    dialect
	template   map[string]any
	patch      *string
	// asked is spec.syncPolicy.applicationsSync; policy is what comes of it.
	asked  string
	policy syncPolicy
	// ignored are the rules of spec.ignoreApplicationDifferences.
	ignored  []any
	strategy strategy
}

// syncPolicy is what the controller may do to Applications that exist.
type syncPolicy struct {
	update, remove bool
	preserve       bool
}

func (s *specification) decode(tree value) error {
	if _, err := tree.object(); err != nil {
		return err
	}
	for _, decode := range []func(*specification, value) error{
		decodeStrategy, decodePolicy, decodeDialect, decodeTemplate,
	} {
		if err := decode(s, tree); err != nil {
			return err
		}
	}
	return decodeGenerators(s.generators)
}

func decodeGenerators(generators value) error {
	entries, err := generators.list()
	for i := range entries {
		if _, err := generators.item(i).object(); err != nil {
			return err
		}
	}
	return err
}

func decodeTemplate(spec *specification, tree value) error {
	if err := checkTemplate(tree.field("template")); err != nil {
		return err
	}
	spec.template, _ = tree.field("template").object()
	patch := tree.field("templatePatch")
	text, err := patch.text()
	if !patch.absent() {
		spec.patch = &text
	}
	return err
}

// checkTemplate makes sure of the types that rendering relies on.
func checkTemplate(template value) error {
	if _, err := template.object(); err != nil {
		return err
	}
	metadata := template.field("metadata")
	if _, err := metadata.object(); err != nil {
		return err
	}
	for _, key := range []string{"name", "namespace"} {
		if _, err := metadata.field(key).text(); err != nil {
			return err
		}
	}
	for _, key := range []string{"labels", "annotations"} {
		texts := metadata.field(key)
		if _, err := texts.object(); err != nil {
			return err
		}
		for name := range texts.members() {
			if _, err := texts.field(name).text(); err != nil {
				return err
			}
		}
	}
	if _, err := metadata.field("finalizers").texts(); err != nil {
		return err
	}
	_, err := template.field("spec").object()
	return err
}

func decodePolicy(spec *specification, tree value) error {
	field := tree.field("syncPolicy")
	if _, err := field.object(); err != nil {
		return err
	}
	var err error
	if spec.asked, err = field.field("applicationsSync").text(); err != nil {
		return err
	}
	if spec.policy.preserve, err = field.field("preserveResourcesOnDeletion").flag(); err != nil {
		return err
	}
	spec.ignored, err = tree.field("ignoreApplicationDifferences").list()
	return err
}

// permit sets what the controller may do under a policy.
func (p *syncPolicy) permit(policy string) {
	p.update = slices.Contains([]string{"", "sync", "create-update"}, policy)
	p.remove = slices.Contains([]string{"", "sync", "create-delete"}, policy)
}

func decodeDialect(spec *specification, tree value) (err error) {
	if spec.dialect.goTemplate, err = tree.field("goTemplate").flag(); err != nil {
		return err
	}
	options := tree.field("goTemplateOptions")
	if spec.dialect.options, err = options.texts(); err != nil || !spec.dialect.goTemplate {
		return err
	}
	for i, option := range spec.dialect.options {
		// text/template panics on any other.
		if !slices.Contains([]string{"missingkey=default", "missingkey=invalid", "missingkey=zero", "missingkey=error"}, option) {
			return options.item(i).wrong("missingkey=default, missingkey=invalid, missingkey=zero or missingkey=error")
		}
	}
	return nil
}

// preserves says whether an annotation of an Application that exists stays as it is.
func (s *specification) preserves(annotation string) bool {
	kept, _ := s.tree.field("preservedFields").field("annotations").texts()
	return slices.Contains(kept, annotation)
}
