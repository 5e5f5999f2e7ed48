package resourceset

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"regexp"
	"strings"
	"text/template"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
	sprig "github.com/go-task/slim-sprig/v3"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
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

// objectWeight is what an object takes beside its names, and about what a reference does.
const objectWeight = 64

// object is what Seawall keeps of a rendered object.
type object struct {
	group, kind, namespace, name string
	// digest is that of what appliers take of it, and whole that of what is written to the cluster.
	digest, whole uint64
	// references are those of the objects that it may refer to, and dependencies those of the
	// appliers that it waits for.
	references, dependencies []string
	// asks are the annotations that start a sync.
	asks []string
	// suspended appliers sync nothing, kept ones leave what they applied.
	suspended, kept bool
	step            int
	// set is the index of the set of inputs that rendered it, shared if several did.
	set int
	// referred says that it reaches the cluster through an applier.
	referred bool
}

// shared is the set of an object that several sets of inputs render.
const shared = -1

// key tells objects apart, as Flux Operator does.
func (o *object) key() string { return reference(o.kind, o.namespace, o.name) + " " + o.group }

func reference(kind, namespace, name string) string { return kind + " " + namespace + "/" + name }

// applier tells whether the object makes a Flux controller sync something.
func (o *object) applier() bool {
	return o.group == "kustomize.toolkit.fluxcd.io" && o.kind == "Kustomization" ||
		o.group == "helm.toolkit.fluxcd.io" && o.kind == "HelmRelease"
}

// authorOf says what of a ResourceSet is by its writer: not what providers have found.
func authorOf(spec *spec) gotemplate.Author {
	if len(spec.InputsFrom) > 0 {
		return gotemplate.OfText
	}
	return gotemplate.OfAll
}

// press renders a ResourceSet.
type press struct {
	account   *budget.Account
	engine    *gotemplate.Engine
	namespace string
	seed      maphash.Seed
	objects   map[string]*object
	common    commonMetadata
	// author says whether the inputs are the writer's, too.
	author gotemplate.Author
	// unpruned says that the annotation common to all objects keeps them.
	unpruned bool
}

// render returns the objects of a ResourceSet, by key.
func (r reader) render(ctx context.Context, namespace string, spec *spec, sets []map[string]any) (map[string]*object, error) {
	press := &press{
		account: budget.From(ctx),
		engine: gotemplate.NewEngine(ctx, gotemplate.Language{
			Left: "<<", Right: ">>", Root: "inputs", Options: []string{"missingkey=error"},
		}, r.functions),
		namespace: namespace, seed: r.seed, objects: map[string]*object{},
		author:   authorOf(spec),
		common:   spec.CommonMetadata,
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
			at := fmt.Sprintf("%s.resources[%d]", path, r)
			text, err := press.spell(resource)
			if err != nil {
				return nil, gotemplate.Unresolved(at, "cannot be read", err, gotemplate.OfAll)
			}
			if err := press.print(at, text, sets, i); err != nil {
				return nil, err
			}
		}
		if err := press.print(path+".resourcesTemplate", step.ResourcesTemplate, sets, i); err != nil {
			return nil, err
		}
	}
	return press.objects, nil
}

// renderedWork is how much more than looking at it is done with what has been rendered: it is
// parsed, printed and parsed again.
const renderedWork = 32

// spell writes a resource as Flux Operator renders it: in YAML, whose lines are the longer the
// deeper it nests.
func (p *press) spell(resource []byte) (string, error) {
	indented := 0
	for decoder := jsontext.NewDecoder(bytes.NewReader(resource), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); ; {
		if _, err := decoder.ReadToken(); err != nil {
			break // it is all
		}
		indented += 2 * decoder.StackDepth()
	}
	if err := p.account.Work(len(resource) + indented/16); err != nil { //nolint:mnd // see budget.Account.Work
		return "", err //nolint:wrapcheck // the caller says what is read
	}
	// The text is written into a buffer that grows, copied, and parsed as a template.
	if err := p.account.Borrow(gotemplate.YAMLWeight(string(resource)) + 4*indented); err != nil {
		return "", err //nolint:wrapcheck // as above
	}
	text, err := yaml.JSONToYAML(resource)
	return string(text), err //nolint:wrapcheck // as above
}

// print renders one template with every set of inputs.
func (p *press) print(path, text string, sets []map[string]any, step int) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	parsed, err := p.engine.Parse(text)
	if err != nil {
		return gotemplate.Unresolved(path, "is no template", err, p.author)
	}
	same := !strings.Contains(text, "<<") && len(sets) > 1
	if same {
		sets = sets[:1]
	}
	separator := regexp.MustCompile(`(?m)^---.*$`)
	for number, set := range sets {
		if same {
			number = shared
		}
		rendered, err := parsed.Execute(set)
		if err == nil {
			err = p.account.Work(renderedWork * (1 + len(rendered)/16)) //nolint:mnd // see budget.Account.Work
		}
		if err != nil {
			return gotemplate.Unresolved(path, "does not render", err, p.author)
		}
		for _, document := range separator.Split(rendered, -1) {
			if err := p.keep(path, document, step, number); err != nil {
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
		Labels      map[string]string `json:"labels"`
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
func (p *press) keep(path, document string, step, set int) error {
	members, err := gotemplate.ParseYAML[map[string]any](p.account, document)
	if err != nil {
		return gotemplate.Unresolved(path, "renders to no YAML", err, p.author)
	}
	if len(members) == 0 {
		return nil
	}
	text, err := json.Marshal(members)
	if err != nil {
		return err //nolint:wrapcheck // what YAML holds is JSON, too
	}
	var read rendered
	if err := rollout.DecodeJSON(text, &read); err != nil {
		if p.author != gotemplate.OfAll {
			return rollout.Withhold(err, path, "renders to an object of another shape than Kubernetes has")
		}
		return err //nolint:wrapcheck // it names the field
	}
	if read.Kind == "" || read.Metadata.Name == "" {
		return rollout.Unresolved(path, "renders to an object without kind or name")
	}
	if read.Metadata.Annotations[reconcileAnnotation] == disabled {
		return nil
	}
	kept := p.summary(&read)
	kept.step, kept.set = step, set
	if first, exists := p.objects[kept.key()]; exists {
		if first.set != set {
			first.set = shared
		}
		return nil
	}
	p.objects[kept.key()] = kept
	return p.digest(kept, &read, members)
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
