package main

import (
	"testing"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

func TestHeldByNamesTheWavesThatHold(t *testing.T) {
	wave := func(name string, held int32, rule v1alpha1.WavePolicySpec) v1alpha1.Wave {
		return v1alpha1.Wave{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: v1alpha1.WaveStatus{Held: &held, Rule: rule}}
	}
	kept := v1alpha1.WavePolicySpec{SyncGate: &v1alpha1.SyncGate{}}
	g := gomega.NewWithT(t)
	g.Expect(heldBy(nil)).To(gomega.Succeed())
	g.Expect(heldBy([]v1alpha1.Wave{{}, wave("a", 0, kept), wave("warns", 3, v1alpha1.WavePolicySpec{})})).To(gomega.Succeed())
	g.Expect(heldBy([]v1alpha1.Wave{wave("a", 2, kept), wave("b", 0, kept), wave("c", 5, kept)})).To(gomega.MatchError(
		gomega.HavePrefix("starts are held, which would all begin at once without Seawall: a holds 2, c holds 5. ")))
}
