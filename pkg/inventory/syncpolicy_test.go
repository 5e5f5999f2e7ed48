package inventory

import (
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
)

// Argo CD's applicationset-controller: the flags --policy and --enable-policy-override, and
// applicationset/utils/policy.go.
func TestSyncPolicyOfAConfigMap(t *testing.T) {
	tests := map[string]struct {
		policy, override, asked string
		want                    string
	}{
		"what is asked for holds":                        {"", "", "create-only", "create-only"},
		"nothing is asked for":                           {"", "", "", ""},
		"no override allows nothing but the default":     {"", "false", "create-only", ""},
		"no override, in any case":                       {"", "False", "create-only", ""},
		"an override that is no word leaves the default": {"", "0", "create-only", "create-only"},
		"a policy holds for all":                         {"sync", "", "create-only", "sync"},
		"a policy, and an override that is no word":      {"create-update", "1", "create-only", "create-update"},
		"a policy that may be overridden":                {"create-update", "True", "create-only", "create-only"},
		"a policy that may be overridden, and is not":    {"create-update", "true", "", "create-update"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			params := &corev1.ConfigMap{Data: map[string]string{policyKey: tt.policy, overrideKey: tt.override}}
			NewWithT(t).Expect(syncPolicyOf(params).of(tt.asked)).To(Equal(tt.want))
		})
	}
}
