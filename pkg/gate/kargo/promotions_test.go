package kargo_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/pkg/gate/kargo"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

func promotionAt(phase string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "kargo.akuity.io/v1alpha1", "kind": "Promotion",
		"metadata": map[string]any{"namespace": "shop", "name": "p-" + phase},
	}}
	if phase != "" {
		object.Object["status"] = map[string]any{"phase": phase}
	}
	return object
}

func TestUnderWay(t *testing.T) {
	registry := inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{
		promotionAt(""), promotionAt("Pending"), promotionAt("Running"), promotionAt("Succeeded"), promotionAt("Failed"),
		promotionAt("Errored"), promotionAt("Aborted"), promotionAt("AnotherOfALaterVersion"),
	}})
	promotions := kargo.NewPromotions(registry)
	for phase, want := range map[string]bool{
		"": true, "Pending": true, "Running": true, "AnotherOfALaterVersion": true,
		"Succeeded": false, "Failed": false, "Errored": false, "Aborted": false,
	} {
		gomega.NewWithT(t).Expect(promotions.UnderWay("shop/p-"+phase, time.Now().Add(-time.Hour))).To(gomega.Equal(want), phase)
	}
	g := gomega.NewWithT(t)
	g.Expect(promotions.UnderWay("shop/unseen", time.Now())).To(gomega.BeTrue(), "one that was admitted a moment ago is to come")
	absent := kargo.NewPromotions(inventory.NewStaticRegistry(inventory.Static{}))
	g.Expect(absent.UnderWay("shop/p-Running", time.Now())).To(gomega.BeTrue())
}
