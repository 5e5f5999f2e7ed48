package main_test

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// spares are API servers with the definitions of Argo CD that nobody uses now: to start one takes as long as many a
// spec.
var spares []*cluster.Cluster

// borrow returns an API server with the definitions of Argo CD, on which nothing is installed, until giveBack.
func borrow(ctx context.Context) *cluster.Cluster {
	GinkgoHelper()
	if last := len(spares) - 1; last >= 0 {
		spare := spares[last]
		spares = spares[:last]
		return spare
	}
	made, err := cluster.Start(context.WithoutCancel(ctx), cluster.Options{Progress: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	Expect(made.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io", "applications.argoproj.io")).To(Succeed())
	return made
}

// giveBack makes an API server one on which nothing is installed, for the next one who borrows it. After a failure it
// is ended: nobody knows what is left there.
func giveBack(ctx context.Context, borrowed *cluster.Cluster, installed *cluster.Webhook) {
	GinkgoHelper()
	if CurrentSpecReport().Failed() {
		Expect(borrowed.Stop()).To(Succeed())
		return
	}
	Expect(installed.Uninstall(ctx)).To(Succeed())
	by, err := client.New(borrowed.Config, client.Options{Scheme: api.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	// What is no longer registered is asked for a moment longer, and refuses some of this.
	Eventually(func() error { return sweep(ctx, by, installed.Objects) }).WithTimeout(20 * second).Should(Succeed())
	spares = append(spares, borrowed)
}

// sweep deletes the objects of a chart, but its definitions, and whatever specs write.
func sweep(ctx context.Context, by client.Client, installed []unstructured.Unstructured) error {
	var failures []error
	for _, each := range []client.Object{
		&admissionregistrationv1.ValidatingWebhookConfiguration{}, &admissionregistrationv1.ValidatingAdmissionPolicyBinding{},
		&admissionregistrationv1.ValidatingAdmissionPolicy{}, &v1alpha1.WavePolicy{}, &v1alpha1.Wave{},
	} {
		failures = append(failures, by.DeleteAllOf(ctx, each))
	}
	for _, namespace := range []string{cluster.ArgoCDNamespace, cluster.Namespace} {
		for _, each := range []client.Object{
			applicationSet("", map[string]any{}), new(gated).application("", nil), &v1alpha1.WaveOverride{},
			&openreports.Report{}, &corev1.Event{}, &corev1.Secret{}, &coordinationv1.Lease{},
		} {
			failures = append(failures, by.DeleteAllOf(ctx, each, client.InNamespace(namespace)))
		}
	}
	for i := range installed {
		if kind := installed[i].GetKind(); kind != "CustomResourceDefinition" && kind != "Namespace" {
			failures = append(failures, client.IgnoreNotFound(by.Delete(ctx, installed[i].DeepCopy())))
		}
	}
	return errors.Join(failures...)
}
