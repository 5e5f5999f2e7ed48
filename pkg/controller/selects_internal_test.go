package controller

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

func TestSelects(t *testing.T) {
	set, bundle := v1alpha1.KindReference{Group: "argoproj.io", Kind: "ApplicationSet"}, v1alpha1.KindReference{Group: "fleet.cattle.io", Kind: "Bundle"}
	production := &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "production"}}
	teams := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
		{Key: "team", Operator: metav1.LabelSelectorOpIn, Values: []string{"a", "b"}}, {Key: "canary", Operator: metav1.LabelSelectorOpDoesNotExist},
	}}
	for want, spec := range map[string]v1alpha1.WavePolicySpec{
		"all kinds": {},
		"all kinds; on Delete": {Match: &v1alpha1.WavePolicyMatch{
			Operations: []v1alpha1.Operation{v1alpha1.OperationDelete},
		}},
		"ApplicationSet,Bundle; namespaces tier=production": {Match: &v1alpha1.WavePolicyMatch{
			Kinds: []v1alpha1.KindReference{set, bundle}, NamespaceSelector: production,
			Operations: []v1alpha1.Operation{v1alpha1.OperationUpdate, v1alpha1.OperationCreate},
		}},
		"all kinds but Bundle; labels !canary,team in (a,b); if weekdays,not-argo": {
			Match: &v1alpha1.WavePolicyMatch{ExcludeKinds: []v1alpha1.KindReference{bundle}, ObjectSelector: teams},
			MatchConditions: []v1alpha1.MatchCondition{
				{Name: "weekdays", Expression: "true"}, {Name: "not-argo", Expression: "true"},
			},
		},
		"Policy.a.example.com,Policy.b.example.com,Bundle; namespaces all": {Match: &v1alpha1.WavePolicyMatch{
			Kinds:             []v1alpha1.KindReference{{Group: "a.example.com", Kind: "Policy"}, {Group: "b.example.com", Kind: "Policy"}, bundle},
			NamespaceSelector: &metav1.LabelSelector{},
		}},
		"all kinds; labels " + strings.Repeat("x", 63) + "=" + strings.Repeat("y", 17) + "…": {Match: &v1alpha1.WavePolicyMatch{
			ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{strings.Repeat("x", 63): strings.Repeat("y", 63)}},
		}},
	} {
		gomega.NewWithT(t).Expect(selects(spec)).To(gomega.Equal(want))
	}
}
