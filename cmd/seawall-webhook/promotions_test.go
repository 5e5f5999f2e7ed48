package main_test

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	corev1 "k8s.io/api/core/v1"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	kargoUser    = "system:serviceaccount:kargo:kargo-controller"
	kargoProject = "shop"
)

// promotion is one that syncs some Applications at once.
func promotion(name string, applications ...string) *unstructured.Unstructured {
	var apps []any
	for _, application := range applications {
		apps = append(apps, map[string]any{"name": application})
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "kargo.akuity.io/v1alpha1", "kind": "Promotion",
		"metadata": map[string]any{"namespace": kargoProject, "name": name},
		"spec": map[string]any{
			"stage": "test", "freight": "f1",
			"steps": []any{map[string]any{"uses": "argocd-update", "config": map[string]any{"apps": apps}}},
		},
	}}
}

// authorize opens Applications to the Stage.
func (g *gated) authorize(ctx context.Context, names ...string) {
	GinkgoHelper()
	for _, name := range names {
		Eventually(func() error {
			return g.change(ctx, g.admin, name, func(app map[string]any) {
				app["metadata"].(map[string]any)["annotations"] = map[string]any{"kargo.akuity.io/authorized-stage": kargoProject + ":test"}
			})
		}).Should(Succeed())
	}
}

// promote begins the sync of an Application as Kargo 1.11 does for a Promotion, by a client.
func (g *gated) promote(ctx context.Context, by client.Client, name, promotion string) error {
	return g.change(ctx, by, name, func(app map[string]any) {
		app["operation"] = map[string]any{
			"sync":        map[string]any{"revisions": []any{}},
			"initiatedBy": map[string]any{"username": "kargo-controller", "automated": true},
			"info": []any{
				map[string]any{"name": "Reason", "value": "Promotion triggered a sync of this Application resource."},
				map[string]any{"name": "kargo.akuity.io/promotion", "value": promotion},
			},
		}
		delete(app["status"].(map[string]any), "operationState")
	})
}

// conclude ends a Promotion.
func (g *gated) conclude(ctx context.Context, name, phase string) {
	GinkgoHelper()
	ended := promotion(name)
	Expect(g.admin.Get(ctx, client.ObjectKeyFromObject(ended), ended)).To(Succeed())
	ended.Object["status"] = map[string]any{"phase": phase}
	Expect(g.admin.Status().Update(ctx, ended)).To(Succeed())
}

// inFlightOf returns who is in flight for a Promotion.
func (g *gated) inFlightOf(ctx context.Context, name string) []string {
	GinkgoHelper()
	names := []string{}
	for _, wave := range g.waves(ctx) {
		for i := range wave.Status.InFlight {
			if wave.Status.InFlight[i].Promotion == kargoProject+"/"+name {
				names = append(names, wave.Status.InFlight[i].Name)
			}
		}
	}
	return names
}

// heldBack matches the API server's error for a Promotion that is held.
func heldBack(text string) OmegaMatcher {
	return And(
		Satisfy(apierrors.IsForbidden),
		MatchError(HavePrefix(`admission webhook "waves.seawall.dev" denied the request: Promotion shop/`)),
		MatchError(ContainSubstring(text)),
	)
}

var _ = Describe("a Promotion at the sync gate", Ordered, func() {
	var gate *gated
	var kargo client.Client
	var names []string

	BeforeAll(func(ctx SpecContext) {
		lasting := context.WithoutCancel(ctx)
		gate = startGateWith(lasting, map[string]any{"kargo": map[string]any{"enabled": true}}, func(spec *v1alpha1.WavePolicySpec) {
			spec.Match = &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{{Group: "argoproj.io", Kind: "ApplicationSet"}}}
		})
		err := gate.plane.InstallCRDs(ctx, "kargo", "promotions.kargo.akuity.io", "stages.kargo.akuity.io")
		if errors.Is(err, cluster.ErrUnavailable) {
			Skip(err.Error())
		}
		Expect(err).NotTo(HaveOccurred())
		Expect(gate.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: kargoProject}})).To(Succeed())
		kargo = gate.as(kargoUser)
		names = gate.applications(ctx, "promoted", 6)
		gate.authorize(ctx, names...)
	})

	It("is one start of all its Applications", func(ctx SpecContext) {
		Eventually(func() error { return gate.admin.Create(ctx, promotion("try", names[:4]...), client.DryRunAll) }).
			WithTimeout(30 * second).Should(heldBack(`held: it begins 4 of ApplicationSet argocd/promoted together, and policy "three" allows 3 at a limit of 3%`))
		Expect(gate.admin.Create(ctx, promotion("first", names[:2]...), client.DryRunAll)).To(Succeed())
		Expect(gate.inFlightOf(ctx, "first")).To(BeEmpty(), "a dry run takes no slot")
		Expect(gate.admin.Create(ctx, promotion("first", names[:2]...))).To(Succeed())
		Expect(gate.inFlightOf(ctx, "first")).To(ConsistOf(names[:2]))
		Expect(gate.admin.Create(ctx, promotion("second", names[2:4]...))).To(heldBack(
			"Promotion shop/second: held: 2 of ApplicationSet argocd/promoted are in flight (2 that are not named here)"))
		Expect(gate.inFlightOf(ctx, "second")).To(BeEmpty(), "all of them, or none")
	})

	It("begins what was admitted, and nothing else", func(ctx SpecContext) {
		Expect(gate.begin(ctx, names[2], "b")).To(Succeed(), "there is room for one more")
		Expect(gate.promote(ctx, kargo, names[3], "first")).To(held("3 of"), "an Application that is none of the Promotion")
		Expect(gate.promote(ctx, kargo, names[0], "first")).To(Succeed())
		gate.end(ctx, names[0], "b", "Healthy")
		Expect(gate.promote(ctx, kargo, names[0], "first")).To(Succeed(), "again, as later steps may")
		gate.end(ctx, names[0], "b", "Healthy")
		gate.end(ctx, names[2], "b", "Healthy")
	})

	It("is in flight until it is over", func(ctx SpecContext) {
		Expect(gate.promote(ctx, kargo, names[1], "first")).To(Succeed())
		gate.end(ctx, names[1], "b", "Healthy")
		Consistently(func() []string { return gate.inFlightOf(ctx, "first") }).WithTimeout(4 * second).Should(ConsistOf(names[:2]))
		Expect(gate.admin.Create(ctx, promotion("second", names[2:4]...))).To(heldBack("2 of ApplicationSet argocd/promoted"))
		gate.conclude(ctx, "first", "Succeeded")
		Eventually(func() error { return gate.admin.Create(ctx, promotion("second", names[2:4]...)) }).WithTimeout(20 * second).Should(Succeed())
		Expect(gate.inFlightOf(ctx, "second")).To(ConsistOf(names[2:4]))
	})

	It("frees what it never began", func(ctx SpecContext) {
		gate.conclude(ctx, "second", "Errored")
		Eventually(func() []string { return gate.inFlightOf(ctx, "second") }).WithTimeout(20 * second).Should(BeEmpty())
		Expect(gate.admin.Create(ctx, promotion("third", names[:3]...))).To(Succeed())
	})

	It("halts the others where one of its Applications fails", func(ctx SpecContext) {
		Expect(gate.promote(ctx, kargo, names[0], "third")).To(Succeed())
		gate.end(ctx, names[0], "c", "Degraded")
		gate.conclude(ctx, "third", "Failed")
		Eventually(func() error { return gate.admin.Create(ctx, promotion("fourth", names[4])) }).WithTimeout(20 * second).
			Should(heldBack("failed (one that is not named here)"))
		Expect(gate.promote(ctx, gate.as("mallory"), names[4], "third")).To(held("failed"), "whoever else says so is not believed")
	})
})
