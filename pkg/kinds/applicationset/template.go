package applicationset

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// appTemplate is a template of Applications, ready to be rendered.
type appTemplate struct {
	renderer *renderer
	// source is what was compiled; while it is held nothing else has its address.
	source map[string]any
	name   *snippet
	labels [][2]*snippet
	// kept are the keys of the labels that steps look at.
	kept       map[string]bool
	finalizers []*snippet
	// others are rendered for their errors only.
	others []leaf
	spec   skeleton
	patch  *snippet
	policy syncPolicy
}

// leaf is a string of a template and its path.
type leaf struct {
	*snippet

	path string
}

// application is a rendered Application.
type application struct {
	name string
	// labels are those that a step of either object looks at.
	labels map[string]string
	// digest is equal for two Applications of one write whose specs are equal.
	digest uint64
	// kept says that deleting the Application tears nothing down.
	kept bool
}

// weight is what an Application costs of the expansion's budget.
func (a application) weight() int {
	weight := parameterWeight + len(a.name)
	for key, text := range a.labels {
		weight += parameterWeight + len(key) + len(text)
	}
	return weight
}

// compile parses a template whose types have been checked.
func (r *reading) compile(spec *specification, template map[string]any) *appTemplate {
	renderer := r.renderer(spec.dialect)
	tree := value{path: "spec.template", raw: template}
	metadata := tree.field("metadata")
	name, _ := metadata.field("name").text()
	finalizers, _ := metadata.field("finalizers").texts()
	compiled := &appTemplate{
		renderer: renderer,
		source:   template,
		name:     renderer.snippet(name),
		kept:     r.stepLabels,
		policy:   spec.policy,
		spec:     r.printer.skeleton(renderer, tree.field("spec")),
	}
	labels, _ := metadata.field("labels").textMap()
	for _, key := range sorted(labels) {
		compiled.labels = append(compiled.labels, [2]*snippet{renderer.snippet(key), renderer.snippet(labels[key])})
	}
	for _, finalizer := range finalizers {
		compiled.finalizers = append(compiled.finalizers, renderer.snippet(finalizer))
	}
	namespace, _ := metadata.field("namespace").text()
	compiled.other(metadata.path+".namespace", namespace)
	annotations, _ := metadata.field("annotations").textMap()
	for _, key := range sorted(annotations) {
		compiled.other(metadata.path+".annotations", key)
		compiled.other(metadata.path+".annotations", annotations[key])
	}
	if spec.patch != nil {
		compiled.patch = renderer.snippet(*spec.patch)
	}
	return compiled
}

func (t *appTemplate) other(path, text string) {
	if parsed := t.renderer.snippet(text); parsed.execute != nil {
		t.others = append(t.others, leaf{path: path, snippet: parsed})
	}
}

func sorted[T any](members map[string]T) []string {
	keys := make([]string, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// broken says which field of a template does not render.
type broken struct {
	path string
	err  error
}

func (b *broken) Error() string { return b.path + ": " + b.err.Error() }

// pen renders one Application and remembers the first error.
type pen struct {
	params   map[string]any
	verbatim bool
	failed   *broken
}

func (p *pen) write(path string, text *snippet) string {
	if p.failed != nil || p.verbatim {
		return text.text
	}
	rendered, err := text.render(p.params)
	if err != nil {
		p.failed = &broken{path: path, err: err}
	}
	return rendered
}

const (
	// longestName is the longest name that the API server takes. A longer one is cut, so
	// that templates cannot fill the memory: its Application is never created.
	longestName = 253
	// longestLabel is past what the API server takes.
	longestLabel = 512
)

// render renders an Application. Argo CD leaves the template as it is for an empty set of
// parameters (applicationset/utils/utils.go, RenderTemplateParams), but not the patch.
func (t *appTemplate) render(params map[string]any) (application, error) {
	pen := &pen{params: params, verbatim: len(params) == 0}
	rendered := application{name: pen.write("spec.template.metadata.name", t.name)}
	for _, label := range t.labels {
		key := pen.write("spec.template.metadata.labels", label[0])
		text := pen.write("spec.template.metadata.labels."+label[0].text, label[1])
		t.label(&rendered, key, text)
	}
	var finalizers []string
	for _, finalizer := range t.finalizers {
		finalizers = append(finalizers, pen.write("spec.template.metadata.finalizers", finalizer))
	}
	if len(finalizers) == 0 && !t.policy.preserve && !pen.verbatim {
		finalizers = []string{resourcesFinalizer}
	}
	for _, other := range t.others {
		pen.write(other.path, other.snippet)
	}
	rendered.digest = t.spec.digest(pen)
	if pen.failed == nil && t.patch != nil {
		pen.verbatim = false
		finalizers = append(finalizers, t.applyPatch(pen, &rendered)...)
	}
	rendered.kept = !slices.ContainsFunc(finalizers, tearsDown)
	if pen.failed != nil {
		return application{}, pen.failed
	}
	rendered.name = rendered.name[:min(len(rendered.name), longestName)]
	return rendered, nil
}

// label keeps a label if a step looks at it.
func (t *appTemplate) label(rendered *application, key, text string) {
	if !t.kept[key] {
		return
	}
	if rendered.labels == nil {
		rendered.labels = map[string]string{}
	}
	rendered.labels[key] = text[:min(len(text), longestLabel)]
}

// tearsDown says whether a finalizer makes Argo CD delete what an Application deployed.
func tearsDown(finalizer string) bool {
	return slices.Contains([]string{
		resourcesFinalizer, resourcesFinalizer + "/foreground", resourcesFinalizer + "/background",
	}, finalizer)
}

// rendering returns the error of a parameter set that does not render.
func rendering(err *broken, set string) error {
	return rollout.Unresolved(err.path, "does not render for %s: %s", set, oneLine(err.err))
}
