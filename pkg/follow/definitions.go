package follow

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/config/crd"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

const (
	// remedy is how definitions are brought up to date.
	remedy = "kubectl apply --server-side --force-conflicts -f charts/seawall/crds"
	// mostNamed is how many fields a message names.
	mostNamed = 3
)

// Definitions watches whether the CustomResourceDefinitions of the cluster have all fields that this version
// knows. Helm never upgrades them, and an API server drops what they lack from policies without a word.
type Definitions struct {
	// all hold, of each definition, the fields that it lacks.
	all []*inventory.Collection[[]string]
	log logr.Logger
}

// NewDefinitions has a registry read the definitions of some resources of Seawall's own.
func NewDefinitions(registry *inventory.Registry, log logr.Logger, resources ...string) *Definitions {
	d := &Definitions{log: log}
	for _, resource := range resources {
		source := inventory.Source{
			Group: "apiextensions.k8s.io", Versions: []string{"v1"}, Resource: "customresourcedefinitions",
			Kind: "CustomResourceDefinition", Name: resource + "." + v1alpha1.GroupVersion().Group,
		}
		d.all = append(d.all, inventory.Register(registry, source, inventory.ReadBy(lacking(resource))))
	}
	registry.Observe(func(changed inventory.Source, _, _ string) {
		if changed.Resource == "customresourcedefinitions" && !changed.MetadataOnly {
			d.tell(changed.Name)
		}
	})
	return d
}

// lacking reads, of a definition, the fields that it lacks of those that this version knows.
func lacking(resource string) func(metav1.Object, *inventory.Texts) ([]string, error) {
	return func(sent metav1.Object, _ *inventory.Texts) ([]string, error) {
		text, err := crd.Bases.ReadFile("bases/" + v1alpha1.GroupVersion().Group + "_" + resource + ".yaml")
		if err != nil {
			return nil, err
		}
		var known map[string]any
		if err := yaml.Unmarshal(text, &known); err != nil {
			return nil, err
		}
		stored, is := sent.(runtime.Unstructured)
		if !is {
			return nil, fmt.Errorf("got a %T without fields", sent)
		}
		version := v1alpha1.GroupVersion().Version
		missing := missingOf(schemaOf(known, version), schemaOf(stored.UnstructuredContent(), version), "")
		slices.Sort(missing)
		return missing, nil
	}
}

// tell logs of a definition that is older.
func (d *Definitions) tell(name string) {
	for _, definition := range d.all {
		if definition.Source().Name != name {
			continue
		}
		if err := outdated(definition); err != nil {
			d.log.Error(err, "the API server drops what this version of Seawall says or reads")
		}
	}
}

// Check is a readiness check: it returns an error until each definition has been looked at, and as long as one
// lacks a field. One that cannot be read is no reason not to serve.
func (d *Definitions) Check(*http.Request) error {
	for _, definition := range d.all {
		if !definition.Settled() {
			return fmt.Errorf("%s: %w", definition.Source().Name, inventory.ErrNotSynced)
		}
		if err := outdated(definition); err != nil {
			return err
		}
	}
	return nil
}

// Missing returns how many fields each definition lacks; 1 of one that is not there at all. Of those that cannot be
// read it says nothing.
func (d *Definitions) Missing() map[string]int {
	missing := map[string]int{}
	for _, definition := range d.all {
		name := definition.Source().Name
		switch object, err := definition.Get("", name); {
		case err != nil:
		case object == nil:
			missing[name] = 1
		default:
			missing[name] = len(object.Value)
		}
	}
	return missing
}

// outdated returns an error if a definition is missing, or lacks a field.
func outdated(definition *inventory.Collection[[]string]) error {
	name := definition.Source().Name
	object, err := definition.Get("", name)
	switch {
	case err != nil:
		return nil //nolint:nilerr // who may not read it, or not yet, cannot tell
	case object == nil:
		return fmt.Errorf("the API server has no CustomResourceDefinition %s: %s", name, remedy)
	case len(object.Value) > 0:
		named := object.Value[:min(len(object.Value), mostNamed)]
		more := ""
		if rest := len(object.Value) - len(named); rest > 0 {
			more = fmt.Sprintf(" and %d more", rest)
		}
		return fmt.Errorf("the CustomResourceDefinition %s is older than this version of Seawall, so that the API server drops %s%s: %s",
			name, strings.Join(named, ", "), more, remedy)
	}
	return nil
}

// schemaOf returns the schema of one version of a definition; nil if it does not have that.
func schemaOf(definition map[string]any, version string) map[string]any {
	spec, _ := definition["spec"].(map[string]any)
	versions, _ := spec["versions"].([]any)
	for _, one := range versions {
		if fields, _ := one.(map[string]any); fields["name"] == version {
			holder, _ := fields["schema"].(map[string]any)
			schema, _ := holder["openAPIV3Schema"].(map[string]any)
			return schema
		}
	}
	return nil
}

// missingOf returns the paths of the fields that one schema has and another, which is stored, has not. Of a field
// that is missing those in it are not named.
func missingOf(known, stored map[string]any, path string) []string {
	if stored["x-kubernetes-preserve-unknown-fields"] == true {
		return nil
	}
	var missing []string
	properties, _ := known["properties"].(map[string]any)
	kept, _ := stored["properties"].(map[string]any)
	for name, field := range properties {
		at := strings.TrimPrefix(path+"."+name, ".")
		in, has := kept[name].(map[string]any)
		if !has {
			missing = append(missing, at)
			continue
		}
		of, _ := field.(map[string]any)
		missing = append(missing, missingOf(of, in, at)...)
	}
	for _, nested := range []string{"items", "additionalProperties"} {
		if of, is := known[nested].(map[string]any); is {
			in, _ := stored[nested].(map[string]any)
			missing = append(missing, missingOf(of, in, path+"[]")...)
		}
	}
	return missing
}
