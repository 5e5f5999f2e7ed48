package rollout

import (
	"slices"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Selector compiles a label selector; nil selects nothing. The path is that of the selector
// for the error, which is an *UnresolvedError.
func Selector(path string, selector *metav1.LabelSelector) (labels.Selector, error) {
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil, Unresolved(path, "is no label selector: %s", Quote(err.Error()))
	}
	return compiled, nil
}

// Tolerated tells whether tolerations cover every taint, by the rules of Pods and Nodes.
func Tolerated(taints []corev1.Taint, tolerations []corev1.Toleration) bool {
	return !slices.ContainsFunc(taints, func(taint corev1.Taint) bool {
		return !slices.ContainsFunc(tolerations, func(toleration corev1.Toleration) bool {
			// The logger is told of operators that compare numbers only, which are off.
			return toleration.ToleratesTaint(logr.Discard(), &taint, false)
		})
	})
}
