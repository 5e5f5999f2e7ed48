package applicationset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// secretType is the label by which Argo CD knows cluster Secrets. It overwrites whatever
// matchLabels ask of it (generators/cluster.go, getSecretsByClusterName), and every
// cluster of the inventory has it.
const secretType = "argocd.argoproj.io/secret-type"

func decodeSelector(field value) (*metav1.LabelSelector, error) {
	if _, err := field.object(); err != nil {
		return nil, err
	}
	matchLabels, err := field.field("matchLabels").textMap()
	if err != nil {
		return nil, err
	}
	selector := &metav1.LabelSelector{MatchLabels: matchLabels}
	expressions := field.field("matchExpressions")
	items, err := expressions.list()
	if err != nil {
		return nil, err
	}
	for i := range items {
		decoded, err := decodeExpression(expressions.item(i))
		if err != nil {
			return nil, err
		}
		selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{
			Key: decoded.key, Operator: metav1.LabelSelectorOperator(decoded.operator), Values: decoded.values,
		})
	}
	return selector, nil
}

// expression is an entry of matchExpressions.
type expression struct {
	key, operator string
	values        []string
}

func decodeExpression(field value) (decoded expression, err error) {
	if _, err = field.object(); err != nil {
		return decoded, err
	}
	if decoded.key, err = field.field("key").text(); err != nil {
		return decoded, err
	}
	if decoded.operator, err = field.field("operator").text(); err != nil {
		return decoded, err
	}
	decoded.values, err = field.field("values").texts()
	return decoded, err
}

// clusterSelector returns the selector of a clusters generator and whether it is empty.
func clusterSelector(field value) (labels.Selector, bool, error) {
	decoded, err := decodeSelector(field)
	if err != nil {
		return nil, false, err
	}
	if len(decoded.MatchLabels)+len(decoded.MatchExpressions) == 0 {
		return labels.Everything(), true, nil
	}
	delete(decoded.MatchLabels, secretType)
	selector, err := metav1.LabelSelectorAsSelector(decoded)
	if err != nil {
		return nil, false, notASelector(field, err)
	}
	return selector, false, nil
}

// notASelector is the finding of a label selector that is none, which err says of what it holds.
func notASelector(field value, err error) error {
	if field.foreign() {
		return rollout.Unresolved(field.spelled(), "is no label selector")
	}
	return rollout.Unresolved(field.spelled(), "is no label selector: %s", rollout.Quote(err.Error()))
}

// filter is the selector beside a generator: it matches the parameters, flattened. Unlike
// a label selector it takes any value, such as a URL (Argo CD's applicationset/utils/selector.go).
// An empty filter matches everything.
type filter []expression

func decodeFilter(field value) (filter, error) {
	decoded, err := decodeSelector(field)
	if err != nil {
		return nil, err
	}
	var all filter
	for _, key := range sorted(decoded.MatchLabels) {
		all = append(all, expression{key: key, operator: "In", values: []string{decoded.MatchLabels[key]}})
	}
	for _, requirement := range decoded.MatchExpressions {
		all = append(all, expression{key: requirement.Key, operator: string(requirement.Operator), values: requirement.Values})
	}
	for _, requirement := range all {
		if problem := requirement.problem(); problem != "" && field.foreign() {
			return nil, rollout.Unresolved(field.spelled(), "has an expression without a label key, or whose values do not fit its operator")
		} else if problem != "" {
			return nil, rollout.Unresolved(field.spelled(), "%s", problem)
		}
	}
	return all, nil
}

func (e expression) problem() string {
	if len(validation.IsQualifiedName(e.key)) > 0 {
		return fmt.Sprintf("has the key %s: want a label key", rollout.Quote(e.key))
	}
	switch e.operator {
	case "In", "NotIn":
		if len(e.values) == 0 {
			return fmt.Sprintf("has no values for the key %s: %s wants at least one", rollout.Quote(e.key), e.operator)
		}
	case "Exists", "DoesNotExist":
		if len(e.values) > 0 {
			return fmt.Sprintf("has values for the key %s: %s wants none", rollout.Quote(e.key), e.operator)
		}
	default:
		return fmt.Sprintf("has the operator %s: want In, NotIn, Exists or DoesNotExist", rollout.Quote(e.operator))
	}
	return ""
}

func (e expression) matches(text string, found bool) bool {
	switch e.operator {
	case "In":
		return found && slices.Contains(e.values, text)
	case "NotIn":
		return !found || !slices.Contains(e.values, text)
	case "Exists":
		return found
	default:
		return !found
	}
}

// matches says whether a set of parameters passes.
func (f filter) matches(reading *reading, set *parameters) (bool, error) {
	if len(f) == 0 {
		return true, nil
	}
	params, err := set.all()
	if err != nil {
		return false, err
	}
	for _, expression := range f {
		if err := reading.account.Work(1 + len(expression.key)/workBytes + len(expression.values)); err != nil {
			return false, err
		}
		if text, found := flattened(params, expression.key); !expression.matches(text, found) {
			return false, nil
		}
	}
	return true, nil
}

// flattened returns the text of what a path names: "metadata.labels.env", "ports.0". Keys may
// hold dots themselves. Objects and lists have no text.
func flattened(v any, path string) (text string, found bool) {
	switch v := v.(type) {
	case map[string]any:
		return flattenedMember(v, path)
	case map[string]string:
		text, found = v[path]
	case []any:
		number, rest, nested := strings.Cut(path, ".")
		index, err := strconv.Atoi(number)
		switch {
		case err != nil || index < 0 || index >= len(v) || strconv.Itoa(index) != number:
		case nested:
			return flattened(v[index], rest)
		case isLeaf(v[index]):
			return fmt.Sprintf("%v", v[index]), true
		}
	}
	return text, found
}

func flattenedMember(members map[string]any, path string) (text string, found bool) {
	if member, exists := members[path]; exists && isLeaf(member) {
		return fmt.Sprintf("%v", member), true
	}
	for at := range path {
		if member, exists := members[path[:at]]; exists && path[at] == '.' {
			if text, found = flattened(member, path[at+1:]); found {
				return text, true
			}
		}
	}
	return "", false
}

func isLeaf(v any) bool {
	switch v.(type) {
	case map[string]any, map[string]string, []any:
		return false
	default:
		return true
	}
}
