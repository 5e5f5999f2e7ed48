package applicationset

import (
	"errors"
	"slices"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// appTemplate is a template of Applications, ready to be rendered.
type appTemplate struct {
	reading *reading
	// source is what was compiled; while it is held nothing else has its address.
	source map[string]any
	name   leaf
	// labels are keys and values in turn, of those that a step may look at.
	labels     []leaf
	finalizers []leaf
	// others are rendered for their errors only.
	others []leaf
	spec   skeleton
	// rest is the spec without what is synced from, where it is asked for.
	rest skeleton
	// tree is what spec was laid out from; whole says that each is built, as patches and rules for
	// one Application need it.
	tree  value
	whole bool
	// automation is that of what is not patched, telling are the annotations that matter.
	automation uint32
	telling    map[string]leaf
	renderer   *renderer
	patch      leaf
	policy     syncPolicy
	pen        pen
	// rendered is the Application that was rendered last.
	rendered application
}

// leaf is a string of a template and its path.
type leaf struct {
	*snippet

	path *path
}

// application is a rendered Application. Its name and labels are of use until the next one is
// rendered.
type application struct {
	app  app
	name []byte
	// labels are those that a step of either object looks at.
	labels map[string]string
	// refused says that the API server takes no Application of the name.
	refused bool
}

// compile parses a template whose types have been checked.
func (r *reading) compile(spec *specification, template map[string]any) *appTemplate {
	renderer := r.renderer(spec.dialect)
	tree := root("spec.template", template)
	metadata := tree.field("metadata")
	labels, annotations, finalizers := metadata.field("labels"), metadata.field("annotations"), metadata.field("finalizers")
	compiled := &appTemplate{
		reading: r,
		source:  template,
		name:    renderer.leaf(metadata.field("name")),
		policy:  spec.policy,
		pen:     pen{reading: r},
		tree:    tree.field("spec"),
		whole:   r.patches || spec.patch != nil || slices.ContainsFunc(r.ignored, func(rule ignoring) bool { return rule.name != "" }),
	}
	compiled.renderer = renderer
	compiled.layOut()
	if len(r.ignored) > 0 {
		compiled.tryAll(compiled.tree) // what is ignored may fail all the same
	}
	for _, key := range sorted(labels.members()) {
		name, text := leaf{renderer.snippet(key), labels.where()}, renderer.leaf(labels.field(key))
		if name.templated || r.stepLabels[key] {
			compiled.labels = append(compiled.labels, name, text)
		} else {
			compiled.other(text)
		}
	}
	texts, _ := finalizers.list()
	for i := range texts {
		compiled.finalizers = append(compiled.finalizers, renderer.leaf(finalizers.item(i)))
	}
	compiled.other(renderer.leaf(metadata.field("namespace")))
	for _, key := range sorted(annotations.members()) {
		compiled.other(leaf{renderer.snippet(key), annotations.where()})
		compiled.other(renderer.leaf(annotations.field(key)))
		if slices.Contains([]string{skipReconcile, refresh, hydrate}, key) {
			if compiled.telling == nil {
				compiled.telling = map[string]leaf{}
			}
			compiled.telling[key] = renderer.leaf(annotations.field(key))
		}
	}
	if spec.patch != nil {
		compiled.patch = leaf{renderer.snippet(*spec.patch), root("spec.templatePatch", nil).node}
	}
	return compiled
}

// layOut lays out the spec, without what is ignored of every Application.
func (t *appTemplate) layOut() {
	object := without(map[string]any{"spec": t.tree.raw}, t.reading.ignored, "")
	spec, automated := canonical(object["spec"])
	laid := t.tree
	laid.raw = spec
	t.spec = layOut(t.renderer, laid)
	if t.reading.starts {
		laid.raw = withoutSources(spec)
		t.rest = layOut(t.renderer, laid)
	}
	t.automation = t.reading.automation(automated)
}

// leaf returns the leaf of a string, which is empty where it is absent.
func (r *renderer) leaf(of value) leaf {
	text, _ := of.raw.(string)
	return leaf{r.snippet(text), of.where()}
}

func (t *appTemplate) other(leaf leaf) {
	if leaf.templated {
		t.others = append(t.others, leaf)
	}
}

// tryAll renders every part of a template for its errors.
func (t *appTemplate) tryAll(part value) {
	switch raw := part.raw.(type) {
	case string:
		t.other(t.renderer.leaf(part))
	case []any:
		for i := range raw {
			t.tryAll(part.item(i))
		}
	case map[string]any:
		for _, key := range sorted(raw) {
			t.other(leaf{t.renderer.snippet(key), part.where()})
			t.tryAll(part.field(key))
		}
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
	path *path
	err  error
}

func (b *broken) Error() string { return b.path.String() + ": " + b.err.Error() }

func (b *broken) Unwrap() error { return b.err }

const (
	// longestName is the longest name that the API server takes. A longer one is cut, so
	// that templates cannot fill the memory: its Application is never created.
	longestName = 253
	// longestLabel is past what the API server takes.
	longestLabel = 512
)

// render renders an Application. Argo CD leaves the template as it is for an empty set of
// parameters (applicationset/utils/utils.go, RenderTemplateParams), but not the patch.
func (t *appTemplate) render(set *parameters) (*application, error) {
	pen, rendered := &t.pen, &t.rendered
	pen.begin(set)
	pen.name = pen.add(pen.name[:0], t.name)
	*rendered = application{app: app{cluster: set.cluster}, name: pen.name}
	for i := 0; i < len(t.labels); i += 2 {
		key, text := pen.write(t.labels[i]), pen.write(t.labels[i+1])
		t.label(rendered, key, text)
	}
	finalizers := pen.finalizers[:0]
	for _, finalizer := range t.finalizers {
		finalizers = append(finalizers, pen.write(finalizer))
	}
	if len(finalizers) == 0 && !t.policy.preserve && !set.empty {
		finalizers = append(finalizers, resourcesFinalizer)
	}
	for _, other := range t.others {
		pen.try(other)
	}
	finalizers = append(finalizers, t.renderSpec(rendered)...)
	pen.finalizers = finalizers
	if pen.failed != nil {
		return nil, t.reading.rendering(pen.failed, set, false)
	}
	rendered.app.kept = !slices.ContainsFunc(finalizers, tearsDown)
	rendered.refused = !subdomain(rendered.name) && !t.reading.anyName
	rendered.name = rendered.name[:min(len(rendered.name), longestName)]
	for i := range t.reading.strategies {
		rendered.app.steps[i] = int32(t.reading.strategies[i].step(rendered.labels)) //nolint:gosec // an object has no room for more steps
	}
	return rendered, t.reading.account.Work(pen.work())
}

// renderSpec renders the spec and what else tells an Application from another. It returns the
// finalizers that a patch adds.
func (t *appTemplate) renderSpec(rendered *application) (finalizers []string) {
	if t.whole {
		return t.renderWhole(rendered)
	}
	of := whole{annotations: t.annotationsOf()}
	rendered.app.digest = t.spec.digest(&t.pen)
	if t.reading.starts && t.reading.compares {
		rendered.app.rest = uint32(t.rest.digest(&t.pen)) //nolint:gosec // a hash
	}
	rendered.app.skips = of.skips()
	rendered.app.automation, rendered.app.trigger = t.automation, t.reading.trigger(of)
	return nil
}

// renderWhole does the same by building the whole Application, which takes memory for each.
func (t *appTemplate) renderWhole(rendered *application) (finalizers []string) {
	pen := &t.pen
	of := whole{annotations: t.annotationsOf()}
	of.spec, _ = pen.tree(t.renderer, t.tree).(map[string]any)
	if pen.failed == nil && t.patch.snippet != nil {
		pen.verbatim = false
		finalizers = t.applyPatch(rendered, &of)
	}
	if pen.failed == nil {
		t.finish(rendered, of)
	}
	return finalizers
}

// label keeps a label if a step looks at it.
func (t *appTemplate) label(rendered *application, key, text string) {
	if !t.reading.stepLabels[key] {
		return
	}
	if rendered.labels == nil {
		rendered.labels = t.pen.labels
	}
	rendered.labels[key] = text[:min(len(text), longestLabel)]
}

// tearsDown says whether a finalizer makes Argo CD delete what an Application deployed.
func tearsDown(finalizer string) bool {
	switch finalizer {
	case resourcesFinalizer, resourcesFinalizer + "/foreground", resourcesFinalizer + "/background":
		return true
	default:
		return false
	}
}

// rendering returns the error of a parameter set that does not render. Which cluster it is of is for
// the log.
func (r *reading) rendering(err *broken, set *parameters, interpolated bool) error {
	if budget.Failed(err) {
		return err
	}
	author, cluster := r.author(interpolated), ""
	if set.cluster != (clusterRef{}) {
		cluster = sourceOf(r.cluster(set.cluster))
	}
	found := rollout.Unresolved(err.path.String(), "does not render for %s: %s", set.describe(), gotemplate.Message(err.err, author))
	withheld := gotemplate.Withheld(found, cluster, err.err, author)
	unresolved, is := errors.AsType[*rollout.UnresolvedError](withheld)
	if is && errors.Is(err.err, errTyped) {
		return &nothingError{unresolved}
	}
	name := unresolved != nil && unresolved.Field == "spec.template.metadata.name" // without which nothing is told apart
	if is && !name && (gotemplate.Refused(err.err) || errors.Is(err.err, errDirective)) {
		return &refusedError{unresolved}
	}
	return withheld
}

// refusedError says that Seawall does not render what Argo CD may.
type refusedError struct{ *rollout.UnresolvedError }

func (e *refusedError) Unwrap() error { return e.UnresolvedError }

// sourceOf names the Secret that registers a cluster.
func sourceOf(cluster argocd.Cluster) string {
	return "Secret " + cluster.Namespace() + "/" + cluster.Secret()
}
