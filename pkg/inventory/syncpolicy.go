package inventory

import (
	"cmp"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	policyKey   = "applicationsetcontroller.policy"
	overrideKey = "applicationsetcontroller.enable.policy.override"
)

// syncPolicy is what the ApplicationSet controller may do to the Applications of all
// ApplicationSets.
type syncPolicy struct {
	// policy holds for those that ask for none; empty is "sync".
	policy string
	// fixed says that it holds for all, whatever they ask for.
	fixed bool
}

// syncPolicyOf reads the policy as Argo CD does: one that is set holds for all, unless the
// override is enabled; true and false in any case are all that enables or disables it.
func syncPolicyOf(params *corev1.ConfigMap) syncPolicy {
	read := syncPolicy{policy: params.Data[policyKey]}
	override := params.Data[overrideKey]
	read.fixed = strings.EqualFold(override, "false") || read.policy != "" && !strings.EqualFold(override, "true")
	return read
}

func (p syncPolicy) of(asked string) string {
	if p.fixed {
		return p.policy
	}
	return cmp.Or(asked, p.policy)
}
