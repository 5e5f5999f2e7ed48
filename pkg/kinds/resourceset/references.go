package resourceset

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/seawall-dev/seawall/pkg/budget"
)

// digests returns what tells a change of each environment: the digests of its applier and
// of what that refers to, or of everything.
func (s *side) digests(account *budget.Account) (map[string]string, error) {
	byReference := make(map[string]*object, len(s.objects))
	everything := make([]string, 0, len(s.objects))
	for key, object := range s.objects {
		byReference[reference(object.kind, object.namespace, object.name)] = object
		everything = append(everything, fmt.Sprint(key, object.digest))
	}
	slices.Sort(everything)
	digests := map[string]string{others: fmt.Sprint(everything)}
	for name, applier := range s.appliers() {
		parts := []string{strconv.FormatUint(applier.digest, 10)}
		add := func(referred string) (*object, error) {
			object := byReference[referred]
			if object == nil {
				return nil, account.Work(1)
			}
			parts = append(parts, fmt.Sprint(referred, object.digest))
			return object, account.Spend(2 * (objectWeight + len(referred)))
		}
		for _, referred := range applier.references {
			object, err := add(referred)
			if err != nil {
				return nil, err
			}
			if object == nil {
				continue
			}
			for _, further := range object.references { // such as the repository of a chart
				if _, err := add(further); err != nil {
					return nil, err
				}
			}
		}
		slices.Sort(parts)
		digests[name] = fmt.Sprint(parts)
	}
	return digests, nil
}

// refer collects what looks like a reference to an object: a kind and a name, or a name
// under secretRef or configMapRef.
func refer(v any, namespace string, found []string) []string {
	switch v := v.(type) {
	case map[string]any:
		kind, _ := v["kind"].(string)
		found = referTo(kind, v, namespace, found)
		for key, member := range v {
			switch named, _ := member.(map[string]any); key {
			case "secretRef":
				found = referTo("Secret", named, namespace, found)
			case "configMapRef":
				found = referTo("ConfigMap", named, namespace, found)
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
