package resourceset

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seawall-dev/seawall/pkg/budget"
)

const (
	externalArtifact = "ExternalArtifact"
	// anyName is that of what an ArtifactGenerator names by the paths that it finds.
	anyName = "*"
)

// state is what tells a change of an applier, of itself and of all that it refers to.
type state struct {
	digest string
	asks   []string
	// suspended says that it, or something that it refers to, is.
	suspended bool
}

// taken returns the states of the appliers, by the names of their environments, and marks what they
// refer to.
func (s *side) taken(account *budget.Account) (map[string]state, error) {
	all := make(referable, len(s.objects))
	for _, object := range s.objects {
		all[reference(object.kind, object.namespace, object.name)] = object
	}
	states := make(map[string]state, len(s.appliers))
	for name, applier := range s.appliers {
		state, err := all.state(account, applier)
		if err != nil {
			return nil, err
		}
		states[name] = state
	}
	return states, nil
}

// referable are objects by what refers to them.
type referable map[string]*object

// find returns what a reference names; nil if it is not of the ResourceSet.
func (r referable) find(reference string) *object {
	found := r[reference]
	if found == nil && strings.HasPrefix(reference, externalArtifact+" ") {
		found = r[reference[:strings.LastIndex(reference, "/")+1]+anyName]
	}
	return found
}

// state returns that of an applier, and marks what it refers to.
func (r referable) state(account *budget.Account, applier *object) (state, error) {
	var parts []string
	var of state
	seen := map[*object]bool{applier: true}
	for queue := []*object{applier}; len(queue) > 0; queue = queue[1:] {
		object := queue[0]
		parts = append(parts, object.key()+" "+strconv.FormatUint(object.digest, 10))
		of.asks = append(of.asks, object.asks...)
		of.suspended = of.suspended || object.suspended
		if err := account.Spend(2*objectWeight + 2*len(object.name)); err != nil {
			return state{}, err
		}
		for _, reference := range object.references {
			if err := account.Work(1); err != nil {
				return state{}, err
			}
			if found := r.find(reference); found != nil && !seen[found] && !found.applier() {
				seen[found], found.referred = true, true
				queue = append(queue, found)
			}
		}
	}
	slices.Sort(parts)
	of.digest = strings.Join(parts, " ")
	return of, nil
}

// asksAnew tells whether an annotation asks for a sync that has not asked before.
func (s state) asksAnew(before state) bool {
	return slices.ContainsFunc(s.asks, func(ask string) bool { return !slices.Contains(before.asks, ask) })
}

// dependencies returns those of spec.dependsOn, which are of the applier's own kind.
func dependencies(applier *object, spec map[string]any) []string {
	var all []string
	listed, _ := spec["dependsOn"].([]any)
	for _, item := range listed {
		if fields, is := item.(map[string]any); is {
			all = referTo(applier.kind, fields, applier.namespace, all)
		}
	}
	return all
}

// sources returns what of a spec holds inputs: what an applier checks, patches and passes on is none.
func sources(of *object, spec map[string]any) any {
	if !of.applier() {
		return spec
	}
	inputs := maps.Clone(spec)
	for _, name := range []string{"healthChecks", "healthCheckExprs", "patches", "postRenderers", "driftDetection"} {
		delete(inputs, name)
	}
	if values, has := inputs["values"]; has {
		inputs["values"] = checksums(values, nil)
	}
	return inputs
}

// checksums returns what of values takes the checksum of other objects.
func checksums(v any, found []any) []any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if key == checksumAnnotation {
				found = append(found, map[string]any{key: member})
			}
			found = checksums(member, found)
		}
	case []any:
		for _, item := range v {
			found = checksums(item, found)
		}
	}
	return found
}

// refer collects what looks like a reference to an object: a kind and a name, or a name
// under secretRef or configMapRef.
func refer(v any, namespace string, found []string) []string {
	switch v := v.(type) {
	case map[string]any:
		kind, _ := v["kind"].(string)
		found = referTo(kind, v, namespace, found)
		for key, member := range v {
			switch named, _ := member.(map[string]any); {
			case strings.HasSuffix(key, "ecretRef"): // certSecretRef, proxySecretRef
				found = referTo("Secret", named, namespace, found)
			case key == "configMapRef":
				found = referTo("ConfigMap", named, namespace, found)
			case key == "repository": // of spec.include
				found = referTo("GitRepository", named, namespace, found)
			case key == checksumAnnotation:
				found = checksummed(member, found)
			}
			found = refer(member, namespace, found)
		}
	case []any:
		for _, item := range v {
			found = refer(item, namespace, found)
		}
	}
	return found
}

// checksummed returns what "Kind/namespace/name", separated by commas, names.
func checksummed(v any, found []string) []string {
	text, _ := v.(string)
	for item := range strings.SplitSeq(text, ",") {
		if parts := strings.Split(strings.TrimSpace(item), "/"); len(parts) == len("knn") {
			found = append(found, reference(parts[0], parts[1], parts[2]))
		}
	}
	return found
}

func referTo(kind string, named map[string]any, namespace string, found []string) []string {
	name, _ := named["name"].(string)
	if kind == "" || name == "" {
		return found
	}
	if within, isText := named["namespace"].(string); isText {
		namespace = within
	}
	return append(found, reference(kind, namespace, name))
}
