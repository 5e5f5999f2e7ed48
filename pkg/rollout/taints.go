package rollout

import (
	"slices"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
)

// Tolerated tells whether tolerations cover every taint, by the rules of Pods and Nodes.
func Tolerated(taints []corev1.Taint, tolerations []corev1.Toleration) bool {
	return !slices.ContainsFunc(taints, func(taint corev1.Taint) bool {
		return !slices.ContainsFunc(tolerations, func(toleration corev1.Toleration) bool {
			// The logger is told of operators that compare numbers only, which are off.
			return toleration.ToleratesTaint(logr.Discard(), &taint, false)
		})
	})
}
