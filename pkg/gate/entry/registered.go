package entry

import (
	"encoding/json"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// begins is the condition, of the chart, that holds for each start.
const begins = "has(object.operation) && object.operation != null && has(object.operation.sync) && object.operation.sync != null && " +
	"(request.operation == 'CREATE' || !has(oldObject.operation) || oldObject.operation == null || object.operation != oldObject.operation)"

// registered is what is kept of a ValidatingWebhookConfiguration.
type registered struct {
	// hook is nil where it has no webhook of starts.
	hook *hook
}

// hook is what is read of a webhook.
type hook struct {
	Name              string         `json:"name"`
	Rules             []rule         `json:"rules"`
	FailurePolicy     string         `json:"failurePolicy"`
	NamespaceSelector map[string]any `json:"namespaceSelector"`
	ObjectSelector    map[string]any `json:"objectSelector"`
	MatchConditions   []struct {
		Expression string `json:"expression"`
	} `json:"matchConditions"`

	// conditions are those that say more than that something is a start.
	conditions []condition
}

type rule struct {
	Operations  []string `json:"operations"`
	APIGroups   []string `json:"apiGroups"`
	APIVersions []string `json:"apiVersions"`
	Resources   []string `json:"resources"`
	Scope       string   `json:"scope"`
}

// read reads the webhook of starts, if there is one. One that cannot be read is none.
func read(sent metav1.Object, _ *inventory.Texts) (registered, error) {
	content, is := sent.(runtime.Unstructured)
	if !is {
		return registered{}, nil
	}
	found := hookOf(content.UnstructuredContent())
	text, err := json.Marshal(found)
	if found == nil || err != nil {
		return registered{}, err
	}
	kept := &hook{}
	if err := json.Unmarshal(text, kept); err != nil {
		return registered{}, err
	}
	for _, one := range kept.MatchConditions {
		if strings.Join(strings.Fields(one.Expression), " ") != begins {
			kept.conditions = append(kept.conditions, compile(one.Expression))
		}
	}
	return registered{kept}, nil
}

// shown returns what a snapshot holds: of all webhooks that of starts alone.
func shown(object *unstructured.Unstructured) map[string]any {
	found := hookOf(object.Object)
	if found == nil {
		return map[string]any{}
	}
	kept := map[string]any{}
	for _, field := range []string{"name", "rules", "failurePolicy", "namespaceSelector", "objectSelector", "matchConditions"} {
		if value, is := found[field]; is {
			kept[field] = value
		}
	}
	return map[string]any{"webhooks": []any{kept}}
}

func hookOf(content map[string]any) map[string]any {
	hooks, _, _ := unstructured.NestedSlice(content, "webhooks") // which are none where they are no list
	for _, one := range hooks {
		if one, is := one.(map[string]any); is && one["name"] == Hook {
			return one
		}
	}
	return nil
}

// gap says which starts the webhook is not asked about whatever they are of; nothing if there are none.
func (h *hook) gap() string {
	switch {
	case h.FailurePolicy != "Fail" && h.FailurePolicy != "":
		return "failurePolicy of webhook " + Hook + " is " + h.FailurePolicy
	case len(h.NamespaceSelector) > 0:
		return "webhook " + Hook + " has a namespaceSelector"
	case len(h.ObjectSelector) > 0:
		return "webhook " + Hook + " has an objectSelector"
	case !slices.ContainsFunc(h.Rules, rule.covers):
		return "the rules of webhook " + Hook + " leave writes of Applications out"
	}
	return ""
}

// covers tells whether the rule is of all that writes Applications.
func (r rule) covers() bool {
	has := func(list []string, wanted string) bool {
		return slices.Contains(list, wanted) || slices.Contains(list, "*")
	}
	return has(r.Operations, "CREATE") && has(r.Operations, "UPDATE") && has(r.APIGroups, "argoproj.io") &&
		has(r.APIVersions, "v1alpha1") && (has(r.Resources, "applications") || slices.Contains(r.Resources, "*/*")) &&
		r.Scope != "Cluster"
}
