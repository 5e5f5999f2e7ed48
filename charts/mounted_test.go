package charts_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// remove deletes what was applied, but for the CRDs, whose leaving another test looks at.
func remove(ctx context.Context, objects []unstructured.Unstructured) {
	GinkgoHelper()
	for i := range objects {
		if objects[i].GetKind() == "CustomResourceDefinition" || objects[i].GetKind() == "Namespace" {
			continue
		}
		Expect(client.IgnoreNotFound(plane.Client().Delete(ctx, &objects[i]))).To(Succeed())
	}
}

// removeReportDefinitions deletes the CRDs of reports, which the chart keeps.
func removeReportDefinitions(ctx context.Context) {
	GinkgoHelper()
	for _, name := range []string{"reports.openreports.io", "clusterreports.openreports.io"} {
		output, err := plane.Kubectl(ctx, nil, "delete", "crd", name, "--ignore-not-found", "--wait")
		Expect(err).NotTo(HaveOccurred())
		Expect(output.Code).To(BeZero(), output.Stderr)
	}
}

func pair(directory string) (bundle string) {
	GinkgoHelper()
	certificate, key, err := cert.GenerateSelfSignedCertKey("localhost", nil, []string{"seawall." + cluster.Namespace + ".svc"})
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(filepath.Join(directory, "tls.key"), key, 0o600)).To(Succeed())
	Expect(os.WriteFile(filepath.Join(directory, "tls.crt"), certificate, 0o600)).To(Succeed())
	return base64.StdEncoding.EncodeToString(certificate)
}

func unpaced() *unstructured.Unstructured {
	elements := make([]any, 100)
	for i := range elements {
		elements[i] = map[string]any{"name": "tenant-" + string(rune('a'+i%26)) + string(rune('a'+i/26))}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
		"metadata": map[string]any{"name": "unpaced", "namespace": cluster.ArgoCDNamespace},
		"spec": map[string]any{
			"goTemplate": true,
			"generators": []any{map[string]any{"list": map[string]any{"elements": elements}}},
			"template": map[string]any{
				"metadata": map[string]any{"name": "{{.name}}"},
				"spec":     map[string]any{"project": "default", "destination": map[string]any{}},
			},
		},
	}}
}

var _ = Describe("a certificate of the operator's own", func() {
	It("is served from its files, and nothing passes unjudged when the webhook is gone", func(ctx SpecContext) {
		Expect(plane.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		mounted := GinkgoT().TempDir()
		bundle := pair(mounted)
		webhook, err := plane.StartWebhook(context.Background(), cluster.WebhookOptions{
			Values: map[string]any{"certificates": map[string]any{
				"mode": "existingSecret", "existingSecret": map[string]any{"name": "own", "caBundle": bundle},
			}},
			Args: []string{"--certificate-directory=" + mounted},
		})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func(ctx SpecContext) { remove(ctx, webhook.Objects) })

		create := func() error { return plane.Client().Create(ctx, unpaced(), client.DryRunAll) }
		Expect(create()).To(And(
			Satisfy(apierrors.IsForbidden),
			MatchError(ContainSubstring("enable progressive syncs on the ApplicationSet controller")),
		))

		By("stopping it: writes fail closed, deletions do not")
		Expect(webhook.Stop()).To(Succeed())
		Expect(create()).To(MatchError(ContainSubstring(`failed calling webhook "waves.seawall.dev"`)))
		Expect(plane.Client().Delete(ctx, unpaced())).To(Satisfy(apierrors.IsNotFound))
	})
})

var _ = Describe("config/", func() {
	It("is accepted by the API server as kustomize builds it", func(ctx SpecContext) {
		for _, folder := range []string{"../config/crd", "../config/default", "../config/samples"} {
			if strings.HasSuffix(folder, "samples") {
				Expect(plane.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
				// Nothing runs behind the webhook configuration of config/default.
				output, err := plane.Kubectl(ctx, nil, "delete", "validatingwebhookconfiguration", "seawall")
				Expect(err).NotTo(HaveOccurred())
				Expect(output.Code).To(BeZero(), output.Stderr)
			}
			output, err := plane.Kubectl(ctx, nil, "apply", "--server-side", "--validate=strict", "-k", folder)
			Expect(err).NotTo(HaveOccurred())
			Expect(output.Code).To(BeZero(), output.Stderr)
			if folder == "../config/crd" {
				output, err = plane.Kubectl(ctx, nil, "wait", "--for=condition=Established", "crd/wavepolicies.seawall.dev")
				Expect(err).NotTo(HaveOccurred())
				Expect(output.Code).To(BeZero(), output.Stderr)
			}
		}
		for _, folder := range []string{"../config/samples", "../config/default"} {
			// The CRD and the namespace are left for the other tests.
			output, err := plane.Kubectl(ctx, nil, "kustomize", folder)
			Expect(err).NotTo(HaveOccurred())
			objects, err := cluster.ParseManifests([]byte(output.Stdout))
			Expect(err).NotTo(HaveOccurred())
			remove(ctx, objects)
		}
	})
})
