package resourceset

import (
	"fmt"
	"hash/fnv"
	"maps"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	apiVersion = group + "/v1"
	// mostSets is how many sets of inputs Flux Operator takes from permutations.
	mostSets = 10_000
	// setWeight is what a set of inputs takes, and inputWeight each input in it.
	setWeight, inputWeight = 800, 100
)

type provider = *inventory.Object[providerFields]

type providerFields struct {
	Spec struct {
		Type          string         `json:"type"`
		DefaultValues map[string]any `json:"defaultValues"`
	} `json:"spec"`
	Status struct {
		ExportedInputs []map[string]any   `json:"exportedInputs"`
		Conditions     []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

// exported returns the sets of inputs that a provider has found.
func exported(p provider) ([]map[string]any, error) {
	if len(p.Value.Status.ExportedInputs) > 0 {
		return p.Value.Status.ExportedInputs, nil
	}
	if p.Value.Spec.Type == "Static" {
		return []map[string]any{p.Value.Spec.DefaultValues}, nil
	}
	for _, condition := range p.Value.Status.Conditions {
		if condition.Type == "Ready" && condition.Status == metav1.ConditionTrue {
			return nil, nil
		}
	}
	return nil, rollout.Unresolved("ResourceSetInputProvider "+p.Namespace+"/"+p.Name, "is not ready: it has exported no inputs yet")
}

// origin is where sets of inputs come from.
type origin struct {
	kind, namespace, name string
	sets                  []map[string]any
}

// withBuiltIns returns the sets with the fields that Flux Operator adds.
func (o origin) withBuiltIns(account *budget.Account) ([]map[string]any, error) {
	all := make([]map[string]any, len(o.sets))
	for i, set := range o.sets {
		if err := account.Spend(setWeight + inputWeight*len(set)); err != nil {
			return nil, err
		}
		all[i] = maps.Clone(set)
		if all[i] == nil {
			all[i] = map[string]any{}
		}
		if _, has := set["id"]; !has || o.kind == kindName {
			all[i]["id"] = checksum(fmt.Sprint(o.kind, "/", o.namespace, "/", o.name, "/", i))
		}
		all[i]["provider"] = map[string]any{
			"apiVersion": apiVersion, "kind": o.kind, "name": o.name, "namespace": o.namespace,
		}
	}
	return all, nil
}

// checksum stands for Flux Operator's, whose form is its own: what counts is that equal
// inputs have equal ones, and others have others.
func checksum(text string) string {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(text))
	return strconv.FormatUint(hash.Sum64(), 10)
}

// inputSets returns the sets of inputs that a ResourceSet is rendered with: one without
// inputs, if nothing asks for any.
func (r reader) inputSets(account *budget.Account, namespace, name string, spec *spec) ([]map[string]any, error) {
	var origins []origin
	if len(spec.Inputs) > 0 {
		origins = append(origins, origin{kindName, namespace, name, spec.Inputs})
	}
	providers, err := r.providers(namespace, spec.InputsFrom)
	if err != nil {
		return nil, err
	}
	for _, p := range providers {
		sets, err := exported(p)
		if err != nil {
			return nil, err
		}
		origins = append(origins, origin{providerKind, p.Namespace, p.Name, sets})
	}
	if len(origins) == 0 && len(spec.InputsFrom) == 0 {
		return []map[string]any{{}}, nil
	}
	switch spec.InputStrategy.Name {
	case "", "Flatten":
		var all []map[string]any
		for _, origin := range origins {
			sets, err := origin.withBuiltIns(account)
			if err != nil {
				return nil, err
			}
			all = append(all, sets...)
		}
		return all, nil
	case "Permute":
		return permute(account, origins, spec.InputStrategy.IncludeEmptyProviders)
	default:
		return nil, rollout.Unresolved("spec.inputStrategy.name", "is %s: want Flatten or Permute", rollout.Quote(spec.InputStrategy.Name))
	}
}

// providers returns those that are named or selected, each once.
func (r reader) providers(namespace string, references []inputsFrom) ([]provider, error) {
	var found []provider
	seen := map[string]bool{}
	for i, reference := range references {
		path := fmt.Sprintf("spec.inputsFrom[%d]", i)
		chosen, err := r.referenced(namespace, path, reference)
		if err != nil {
			return nil, err
		}
		for _, p := range chosen {
			if !seen[p.Name] {
				seen[p.Name] = true
				found = append(found, p)
			}
		}
	}
	return found, nil
}

func (r reader) referenced(namespace, path string, reference inputsFrom) ([]provider, error) {
	if (reference.Name == "") == (reference.Selector == nil) {
		return nil, rollout.Unresolved(path, "has name %s and selector %t: want one of the two",
			rollout.Quote(reference.Name), reference.Selector != nil)
	}
	if reference.Name != "" {
		p, err := r.inventory.providers.Get(namespace, reference.Name)
		if err == nil && p == nil {
			err = rollout.Unresolved(path+".name", "is %s: there is no such ResourceSetInputProvider", rollout.Quote(reference.Name))
		}
		return []provider{p}, err
	}
	selector, err := rollout.Selector(path+".selector", reference.Selector)
	if err != nil {
		return nil, err
	}
	return r.inventory.providers.List(namespace, selector)
}

// permute returns the product of the origins, each under its normalized name.
func permute(account *budget.Account, origins []origin, includeEmpty bool) ([]map[string]any, error) {
	product := []map[string]any{{}}
	for _, origin := range origins {
		sets, err := origin.withBuiltIns(account)
		if err != nil {
			return nil, err
		}
		if len(sets) == 0 && !includeEmpty {
			continue
		}
		if len(product)*len(sets) > mostSets {
			return nil, &rollout.UnresolvedError{
				Field: "spec.inputStrategy", Problem: fmt.Sprintf("permutes to more than %d sets of inputs", mostSets), AtLeast: mostSets,
			}
		}
		key, longer := normalized(origin.name), make([]map[string]any, 0, len(product)*len(sets))
		for _, combined := range product {
			for _, set := range sets {
				if err := account.Spend(setWeight + inputWeight*len(combined)); err != nil {
					return nil, err
				}
				with := maps.Clone(combined)
				with[key] = set
				with["id"] = checksum(fmt.Sprint(combined["id"], "/", set["id"]))
				longer = append(longer, with)
			}
		}
		product = longer
	}
	if len(product) == 1 && len(product[0]) == 0 {
		return nil, nil // no origin has inputs
	}
	return product, nil
}

// normalized returns the key under which inputs of an object stand in a permutation.
func normalized(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(char rune) bool {
		return char == '_' || char == ' ' || char > 0 && char < 128 && !isAlphanumeric(char)
	})
	for i, word := range words {
		words[i] = strings.Map(func(char rune) rune {
			if isAlphanumeric(char) {
				return char
			}
			return -1
		}, word)
	}
	return strings.Join(words, "_")
}

func isAlphanumeric(char rune) bool { return char >= 'a' && char <= 'z' || char >= '0' && char <= '9' }
