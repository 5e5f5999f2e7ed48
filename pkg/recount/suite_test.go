package recount

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestRecount(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(20 * time.Second) // a busy machine is late, and is not wrong
	RunSpecs(t, "Reading rollouts from a real API server")
}

var _ = Describe("a list of rollouts", func() {
	It("goes on by name when the API server has forgotten how things were at its beginning", func(ctx SpecContext) {
		log.SetLogger(GinkgoLogr)
		// The API server forgets what is older than that, by default five minutes.
		plane, err := cluster.Start(ctx, cluster.Options{Progress: GinkgoWriter, ServerFlags: map[string]string{"etcd-compaction-interval": "1s"}})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(plane.Stop)
		Expect(plane.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		for _, name := range names(130) {
			Expect(plane.Client().Create(ctx, rolloutOf(name))).To(Succeed())
		}
		rollouts, err := NewRollouts(plane.Config)
		Expect(err).NotTo(HaveOccurred())
		kind := rollout.Kind{Group: "argoproj.io", Name: "ApplicationSet", Resource: "applicationsets", Versions: []string{"v1alpha1"}, Namespaced: true}

		var seen []string
		for found, err := range rollouts.all(ctx, kind) {
			Expect(err).NotTo(HaveOccurred())
			if seen = append(seen, found.Metadata.Name); len(seen) != 1 {
				continue
			}
			By("deleting and creating rollouts until the rest of the list has expired")
			Expect(plane.Client().Delete(ctx, rolloutOf("w-000"))).To(Succeed())
			Expect(plane.Client().Delete(ctx, rolloutOf("w-100"))).To(Succeed())
			Expect(plane.Client().Create(ctx, rolloutOf("w-110-new"))).To(Succeed())
			expire(ctx, plane.Client())
		}
		want := append(names(130)[:100], names(130)[101:111]...)
		want = append(append(want, "w-110-new"), names(130)[111:]...)
		Expect(seen).To(Equal(want), "each once: as it was up to the page that was read, and as it is from there on")
	}, SpecTimeout(4*time.Minute))
})

// expire returns when a list that began before has expired.
func expire(ctx SpecContext, from client.Client) {
	GinkgoHelper()
	const limit = 2 * time.Minute
	list := func(next string) (*unstructured.UnstructuredList, error) {
		found := &unstructured.UnstructuredList{}
		found.SetAPIVersion("argoproj.io/v1alpha1")
		found.SetKind("ApplicationSetList")
		return found, from.List(ctx, found, client.Limit(1), client.Continue(next))
	}
	begun, err := list("")
	Expect(err).NotTo(HaveOccurred())
	Eventually(func(g Gomega) error {
		// The API server forgets nothing while nothing happens.
		touched := rolloutOf("w-129")
		touched.SetAnnotations(map[string]string{"at": time.Now().String()})
		g.Expect(from.Patch(ctx, touched, client.Merge)).To(Succeed())
		_, err := list(begun.GetContinue())
		return err
	}).WithTimeout(limit).WithPolling(time.Second / 2).Should(Satisfy(apierrors.IsResourceExpired))
}

func rolloutOf(name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
		"metadata": map[string]any{"namespace": metav1.NamespaceDefault, "name": name},
		"spec": map[string]any{
			"generators": []any{map[string]any{"list": map[string]any{"elements": []any{}}}},
			"template": map[string]any{
				"metadata": map[string]any{"name": "a"},
				"spec":     map[string]any{"project": "default", "destination": map[string]any{"name": "a", "namespace": "a"}},
			},
		},
	}}
}
