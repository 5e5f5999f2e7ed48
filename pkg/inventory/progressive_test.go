package inventory

import (
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
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
	g.Expect(NewArgoCD("argocd", ProgressiveSyncsEnabled).ProgressiveSyncs()).To(BeTrue())
	g.Expect(NewArgoCD("argocd", ProgressiveSyncsDisabled).ProgressiveSyncs()).To(BeFalse())
	g.Expect(NewStaticArgoCD(true).ProgressiveSyncs()).To(BeTrue())
	g.Expect(NewStaticArgoCD(false).ProgressiveSyncs()).To(BeFalse())
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
			NewWithT(t).Expect(progressiveSyncs(&corev1.ConfigMap{Data: tt.data})).To(Equal(tt.want))
		})
	}
}
