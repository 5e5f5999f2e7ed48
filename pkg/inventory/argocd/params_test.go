package argocd

import (
	"testing"

	. "github.com/onsi/gomega"
)

const (
	progressiveKey = "applicationsetcontroller.enable.progressive.syncs"
	policyKey      = "applicationsetcontroller.policy"
	overrideKey    = "applicationsetcontroller.enable.policy.override"
)

func TestParseProgressiveSyncs(t *testing.T) {
	for _, mode := range []ProgressiveSyncs{ProgressiveSyncsAuto, ProgressiveSyncsEnabled, ProgressiveSyncsDisabled} {
		t.Run(string(mode), func(t *testing.T) {
			NewWithT(t).Expect(ParseProgressiveSyncs(string(mode))).To(Equal(mode))
		})
	}
	for _, refused := range []string{"", "auto", "true", "Enabled "} {
		t.Run("refuses "+refused, func(t *testing.T) {
			_, err := ParseProgressiveSyncs(refused)
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring("want Auto, Enabled or Disabled")))
		})
	}
}

func TestProgressiveSyncsOfAMode(t *testing.T) {
	g := NewWithT(t)
	g.Expect(configured(ProgressiveSyncsEnabled, "argocd", paramsName, nil).ProgressiveSyncs()).To(BeTrue())
	g.Expect(configured(ProgressiveSyncsDisabled, "argocd", paramsName, map[string]string{progressiveKey: "true"}).ProgressiveSyncs()).To(BeFalse())
	g.Expect(NewStatic(true).ProgressiveSyncs()).To(BeTrue())
	g.Expect(NewStatic(false).ProgressiveSyncs()).To(BeFalse())
}

// Argo CD's env.ParseBoolFromEnv reads the words true and false alone.
func TestProgressiveSyncsOfAConfigMap(t *testing.T) {
	tests := map[string]struct {
		data map[string]string
		want bool
	}{
		"true":                     {map[string]string{progressiveKey: "true"}, true},
		"true in any case":         {map[string]string{progressiveKey: "True"}, true},
		"false":                    {map[string]string{progressiveKey: "false"}, false},
		"a number is not a word":   {map[string]string{progressiveKey: "1"}, false},
		"a letter is not a word":   {map[string]string{progressiveKey: "t"}, false},
		"a space is not left out":  {map[string]string{progressiveKey: "true "}, false},
		"an empty value":           {map[string]string{progressiveKey: ""}, false},
		"another key":              {map[string]string{"applicationsetcontroller.dryrun": "true"}, false},
		"no data in the ConfigMap": {nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(configured(ProgressiveSyncsAuto, "argocd", paramsName, tt.data).ProgressiveSyncs()).To(Equal(tt.want))
		})
	}
}

func TestOtherConfigMapsSwitchNothing(t *testing.T) {
	data := map[string]string{progressiveKey: "true", policyKey: "create-update"}
	for name, argo := range map[string]*ArgoCD{
		"another name":      configured(ProgressiveSyncsAuto, "argocd", "another", data),
		"another namespace": configured(ProgressiveSyncsAuto, "elsewhere", paramsName, data),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(argo.ProgressiveSyncs()).To(BeFalse())
			g.Expect(argo.SyncPolicy("create-only")).To(Equal("create-only"))
		})
	}
}

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
			argo := configured(ProgressiveSyncsAuto, "argocd", paramsName, map[string]string{policyKey: tt.policy, overrideKey: tt.override})
			NewWithT(t).Expect(argo.SyncPolicy(tt.asked)).To(Equal(tt.want))
		})
	}
}
