package inventory

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func application(namespace, name string, owners ...any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
		"metadata": map[string]any{
			"namespace": namespace, "name": name, "ownerReferences": owners,
			"annotations": map[string]any{"kargo.akuity.io/authorized-stage": "shop:test, shop:prod", "other": "x"},
		},
	}}
}

func owner(kind, uid string, controller bool) map[string]any {
	return map[string]any{"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "name": "tenants", "uid": uid, "controller": controller}
}

func TestApplicationsOwned(t *testing.T) {
	g := NewWithT(t)
	applications := NewApplications(NewStaticRegistry(Static{Objects: []*unstructured.Unstructured{
		application("argocd", "b", owner("ApplicationSet", "1", true)),
		application("argocd", "a", owner("Other", "1", false), owner("ApplicationSet", "1", true)),
		application("argocd", "of-another", owner("ApplicationSet", "2", true)),
		application("argocd", "not-controlled", owner("ApplicationSet", "1", false)),
		application("argocd", "of-another-kind", owner("Application", "1", true)),
		application("argocd", "of-nobody"),
		application("elsewhere", "c", owner("ApplicationSet", "1", true)),
	}}))
	names, known := applications.Owned("argocd", "1")
	g.Expect(known).To(BeTrue())
	g.Expect(names).To(Equal([]string{"a", "b"}))

	_, known = NewApplications(NewRegistry()).Owned("argocd", "1")
	g.Expect(known).To(BeFalse(), "nothing was read yet")
}

func TestApplicationAuthorizedFor(t *testing.T) {
	g := NewWithT(t)
	applications := NewApplications(NewStaticRegistry(Static{Objects: []*unstructured.Unstructured{application("argocd", "a")}}))
	a, err := applications.Get("argocd", "a")
	g.Expect(err).NotTo(HaveOccurred())
	for stage, want := range map[string]bool{"test": true, "prod": true, "pro": false, "": false} {
		g.Expect(a.Value.AuthorizedFor("shop", stage)).To(Equal(want), stage)
	}
	g.Expect(a.Value.AuthorizedFor("other", "test")).To(BeFalse())
}
