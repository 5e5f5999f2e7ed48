package argocd

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/pkg/inventory"
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
	applications := NewApplications(inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{
		application("argocd", "b", owner("ApplicationSet", "1", true)),
		application("argocd", "a", owner("Other", "1", false), owner("ApplicationSet", "1", true)),
		application("argocd", "of-another", owner("ApplicationSet", "2", true)),
		application("argocd", "not-controlled", owner("ApplicationSet", "1", false)),
		application("argocd", "of-another-kind", owner("Application", "1", true)),
		application("argocd", "of-nobody"),
		application("elsewhere", "c", owner("ApplicationSet", "1", true)),
	}}))
	names, err := applications.Owned("argocd", "1")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(names).To(Equal([]string{"a", "b"}))

	_, err = NewApplications(inventory.NewRegistry()).Owned("argocd", "1")
	g.Expect(err).To(MatchError(inventory.ErrNotSynced))
}

func TestApplicationsOfNobodyAreNotOwned(t *testing.T) {
	g := NewWithT(t)
	applications := NewApplications(inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{application("argocd", "a")}}))
	names, err := applications.Owned("argocd", "")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(names).To(BeEmpty())
	a, err := applications.Get("argocd", "a")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(a.Value).To(Equal(Application{AuthorizedStages: "shop:test, shop:prod"}))
}
