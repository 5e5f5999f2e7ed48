package resourceset

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"regexp"
	"strings"
	"text/template"
	"unicode"

	sprig "github.com/go-task/slim-sprig/v3"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	// mostObjects bounds how many objects a ResourceSet may render, those included that it
	// renders again.
	mostObjects = 100_000
	// mostText bounds, in bytes, all that a ResourceSet renders to.
	mostText = 32 << 20
)

const (
	reconcileAnnotation = group + "/reconcile"
	pruneAnnotation     = group + "/prune"
	disabled            = "disabled"
)

// functions returns what Flux Operator documents for templates.
func functions() gotemplate.Functions {
	all := template.FuncMap(sprig.GenericFuncMap())
	maps.Copy(all, template.FuncMap{"toYaml": gotemplate.ToYAML, "mustToYaml": gotemplate.ToYAML, "slugify": slugify})
	return gotemplate.NewFunctions(all)
}

// slugify makes a label value of a text. Letters of other alphabets stay, where Flux
// Operator spells them in Latin ones: two texts that it tells apart must not become one.
func slugify(text string) string {
	const longest = 63
	text = strings.NewReplacer("&", "-and-", "@", "-at-").Replace(strings.ToLower(text))
	slug := strings.Join(strings.FieldsFunc(text, func(char rune) bool {
		return char != '_' && !unicode.IsLetter(char) && !unicode.IsDigit(char)
	}), "-")
	return strings.Trim(slug[:min(len(slug), longest)], "-_")
}

// object is what Seawall keeps of a rendered object.
type object struct {
	group, kind, namespace, name string
	// digest is that of everything but the metadata, and references those of the objects
	// that it may refer to.
	digest     uint64
	references []string
	// suspended appliers sync nothing, kept ones leave what they applied.
	suspended, kept bool
	step            int
}

// key tells objects apart, as Flux Operator does.
func (o *object) key() string { return reference(o.kind, o.namespace, o.name) + " " + o.group }

func reference(kind, namespace, name string) string { return kind + " " + namespace + "/" + name }

// applier tells whether the object makes a Flux controller sync something.
func (o *object) applier() bool {
	return o.group == "kustomize.toolkit.fluxcd.io" && o.kind == "Kustomization" ||
		o.group == "helm.toolkit.fluxcd.io" && o.kind == "HelmRelease"
}

// press renders a ResourceSet.
type press struct {
	ctx       context.Context //nolint:containedctx // a press lives as long as the call whose context it is
	engine    *gotemplate.Engine
	namespace string
	seed      maphash.Seed
	objects   map[string]*object
	// rendered counts the objects, and text their bytes.
	rendered, text int
	// unpruned says that the annotation common to all objects keeps them.
	unpruned bool
}

// render returns the objects of a ResourceSet, by key.
func (r reader) render(ctx context.Context, namespace string, spec *spec, sets []map[string]any) (map[string]*object, error) {
	press := &press{
		ctx: ctx,
		engine: gotemplate.NewEngine(ctx, gotemplate.Language{
			Left: "<<", Right: ">>", Root: "inputs", Options: []string{"missingkey=error"},
		}, r.functions),
		namespace: namespace, seed: r.seed, objects: map[string]*object{},
		unpruned: spec.CommonMetadata.Annotations[pruneAnnotation] == disabled,
	}
	steps := spec.Steps
	if len(steps) == 0 {
		steps = []step{{Resources: spec.Resources, ResourcesTemplate: spec.ResourcesTemplate}}
	}
	for i, step := range steps {
		path := "spec"
		if len(spec.Steps) > 0 {
			path = fmt.Sprintf("spec.steps[%d]", i)
		}
		for r, resource := range step.Resources {
			text, err := yaml.JSONToYAML(resource)
			if err != nil {
				return nil, rollout.Unresolved(fmt.Sprintf("%s.resources[%d]", path, r), "cannot be read: %s", rollout.Quote(err.Error()))
			}
			if err := press.print(fmt.Sprintf("%s.resources[%d]", path, r), string(text), sets, i); err != nil {
				return nil, err
			}
		}
		if err := press.print(path+".resourcesTemplate", step.ResourcesTemplate, sets, i); err != nil {
			return nil, err
		}
	}
	return press.objects, nil
}

// print renders one template with every set of inputs.
func (p *press) print(path, text string, sets []map[string]any, step int) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	parsed, err := p.engine.Parse(text)
	if err != nil {
		return rollout.Unresolved(path, "is no template: %s", gotemplate.Message(err))
	}
	if !strings.Contains(text, "<<") {
		sets = sets[:min(1, len(sets))] // the same for every set
	}
	for _, set := range sets {
		if err := p.ctx.Err(); err != nil {
			return err //nolint:wrapcheck // the caller's own
		}
		rendered, err := parsed.Execute(set)
		if err != nil {
			return rollout.Unresolved(path, "does not render: %s", gotemplate.Message(err))
		}
		if p.text += len(rendered); p.text > mostText {
			return &rollout.UnresolvedError{
				Field: path, Problem: fmt.Sprintf("renders to more than %d MiB in all", mostText>>20), AtLeast: len(p.objects),
			}
		}
		for _, document := range regexp.MustCompile(`(?m)^---.*$`).Split(rendered, -1) {
			if err := p.keep(path, document, step); err != nil {
				return err
			}
		}
	}
	return nil
}

// rendered are the fields of a document.
type rendered struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Suspend        bool   `json:"suspend"`
		Prune          bool   `json:"prune"`
		DeletionPolicy string `json:"deletionPolicy"`
	} `json:"spec"`
}

// orphans tells whether deleting a Kustomization leaves what it applied.
func (r *rendered) orphans() bool {
	if r.Kind != "Kustomization" {
		return false
	}
	switch r.Spec.DeletionPolicy {
	case "", "MirrorPrune":
		return !r.Spec.Prune
	default:
		return r.Spec.DeletionPolicy == "Orphan"
	}
}

// keep reads a document and keeps what the count needs; of two with one key the first.
func (p *press) keep(path, document string, step int) error {
	members, err := gotemplate.ParseYAML[map[string]any](document)
	if err != nil {
		return rollout.Unresolved(path, "renders to no YAML: %s", gotemplate.Message(err))
	}
	if len(members) == 0 {
		return nil
	}
	if p.rendered++; p.rendered > mostObjects {
		return &rollout.UnresolvedError{
			Field: path, Problem: fmt.Sprintf("renders to more than %d objects", mostObjects), AtLeast: len(p.objects),
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		return err //nolint:wrapcheck // what YAML holds is JSON, too
	}
	var read rendered
	if err := rollout.DecodeJSON(text, &read); err != nil {
		return err //nolint:wrapcheck // it names the field
	}
	if read.Kind == "" || read.Metadata.Name == "" {
		return rollout.Unresolved(path, "renders to an object without kind or name")
	}
	if read.Metadata.Annotations[reconcileAnnotation] == disabled {
		return nil
	}
	kept := p.summary(&read)
	kept.step = step
	if _, exists := p.objects[kept.key()]; exists {
		return nil
	}
	p.objects[kept.key()] = kept
	return p.digest(kept, members)
}

func (p *press) summary(read *rendered) *object {
	group, _, _ := strings.Cut(read.APIVersion, "/")
	kept := &object{
		group: group, kind: read.Kind, namespace: read.Metadata.Namespace, name: read.Metadata.Name, suspended: read.Spec.Suspend,
		kept: p.unpruned || read.Metadata.Annotations[pruneAnnotation] == disabled || read.orphans(),
	}
	if kept.namespace == "" {
		kept.namespace = p.namespace
	}
	return kept
}

func (p *press) digest(kept *object, members map[string]any) error {
	kept.references = refer(members["spec"], kept.namespace, nil)
	delete(members, "metadata")
	text, err := json.Marshal(members)
	kept.digest = maphash.Bytes(p.seed, text)
	return err //nolint:wrapcheck // it was marshalled a moment ago
}
