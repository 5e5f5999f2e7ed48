package custom

import (
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// selects returns the function "selects": selector.selects(labels) tells whether a label
// selector of Kubernetes, with matchLabels and matchExpressions, selects labels. As
// everywhere in Kubernetes an empty one selects all.
func selects() cel.EnvOption {
	return cel.Function("selects", cel.MemberOverload("selector_selects_labels", []*cel.Type{cel.DynType, cel.DynType}, cel.BoolType,
		cel.BinaryBinding(func(selector, labels ref.Val) ref.Val {
			selected, err := selected(selector, labels)
			if err != nil {
				return types.WrapErr(err)
			}
			return types.Bool(selected)
		})))
}

func selected(selector, set ref.Val) (bool, error) {
	var read struct {
		Selector metav1.LabelSelector `json:"selector"`
		Labels   labels.Set           `json:"labels"`
	}
	written, err := native(selector)
	if err != nil {
		return false, err
	}
	carried, err := native(set)
	if err != nil {
		return false, err
	}
	// Strict: a selector whose terms are misspelt would select everything.
	err = runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(
		map[string]any{"selector": written, "labels": carried}, &read, true)
	if err != nil {
		return false, err
	}
	compiled, err := metav1.LabelSelectorAsSelector(&read.Selector)
	if err != nil {
		return false, err
	}
	return compiled.Matches(read.Labels), nil
}
