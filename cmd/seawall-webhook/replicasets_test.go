package main_test

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// rewrite changes a stored ManifestWorkReplicaSet.
func rewrite(ctx context.Context, key client.ObjectKey, change func(object map[string]any), options ...client.UpdateOption) error {
	object := stored(ctx, key)
	change(object.Object)
	return api.Update(ctx, object, options...)
}

func stored(ctx context.Context, key client.ObjectKey) *unstructured.Unstructured {
	GinkgoHelper()
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("work.open-cluster-management.io/v1alpha1")
	object.SetKind("ManifestWorkReplicaSet")
	Expect(api.Get(ctx, key, object)).To(Succeed())
	return object
}

func setPace(strategy map[string]any) func(object map[string]any) {
	return func(object map[string]any) {
		ref := map[string]any{"name": "fleet", "rolloutStrategy": strategy}
		Expect(unstructured.SetNestedSlice(object, []any{ref}, "spec", "placementRefs")).To(Succeed())
	}
}

var _ = Describe("a ManifestWorkReplicaSet of 23 clusters, one at a time", Ordered, func() {
	var key client.ObjectKey
	one := map[string]any{"type": "Progressive", "progressive": map[string]any{"maxConcurrency": int64(1)}}
	loosen := func(ctx context.Context) error {
		return rewrite(ctx, key, setPace(map[string]any{"type": "All"}), client.DryRunAll)
	}

	BeforeAll(func(ctx SpecContext) {
		if err := plane.InstallCRDs(ctx, "ocm"); errors.Is(err, cluster.ErrUnavailable) {
			Skip("its definition is not to be had on this machine")
		} else {
			Expect(err).NotTo(HaveOccurred())
		}
		live := liveCase("*", rollout.Kind{Name: "ManifestWorkReplicaSet"})
		for _, object := range live.oneTooMany() {
			place(ctx, object)
		}
		set := kindtest.Objects(GinkgoTB(), []byte(live.object))[0]
		set.SetName("paced")
		setPace(one)(set.Object)
		key = client.ObjectKeyFromObject(set)
		Eventually(func() error { return api.Create(ctx, set.DeepCopy(), client.DryRunAll) }).WithTimeout(30 * second).Should(Succeed())
		place(ctx, set)
	})

	It("releases all of them when nothing says that they are done", func(ctx SpecContext) {
		Eventually(func() error { return loosen(ctx) }).WithTimeout(30 * second).Should(denied("23 environments"))
	})

	It("releases none when the status says so, and was written after the spec", func(ctx SpecContext) {
		Eventually(func() error {
			object := stored(ctx, key)
			now := metav1.Now().UTC()
			Expect(unstructured.SetNestedSlice(object.Object, []any{map[string]any{
				"type": "PlacementRolledOut", "status": "True", "reason": "Complete", "message": now.Format(time.RFC3339Nano),
				"lastTransitionTime": now.Format(time.RFC3339),
			}}, "status", "conditions")).To(Succeed())
			Expect(api.Status().Update(ctx, object)).To(Succeed())
			return loosen(ctx)
		}).WithTimeout(30 * second).Should(Succeed())
	})

	It("releases all of them again once the spec is another", func(ctx SpecContext) {
		Expect(rewrite(ctx, key, func(object map[string]any) {
			Expect(unstructured.SetNestedField(object, "Orphan", "spec", "manifestWorkTemplate", "deleteOption", "propagationPolicy")).To(Succeed())
		})).To(Succeed())
		Expect(loosen(ctx)).To(denied("23 environments"))
	})
})
