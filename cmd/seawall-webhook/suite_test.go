package main_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	rateKey         = v1alpha1.SyncSuccessRateAnnotation
	paramsConfigMap = "argocd-cmd-params-cm"
	progressiveKey  = "applicationsetcontroller.enable.progressive.syncs"
)

var (
	plane   *cluster.Cluster
	webhook *cluster.Webhook
	api     client.Client
	traces  *receiver
)

func TestWebhook(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(20 * time.Second) // a busy machine is late, and is not wrong
	RunSpecs(t, "Seawall on a real API server")
}

var _ = BeforeSuite(func() {
	ctx := context.Background()
	log.SetLogger(GinkgoLogr)
	traces = startReceiver()
	var err error
	plane, err = cluster.Start(ctx, cluster.Options{AuditLog: true, Progress: GinkgoWriter, TraceReceiver: traces.grpcAddress})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(plane.Stop()).To(Succeed()) })
	Expect(plane.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())

	scheme := runtime.NewScheme()
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	Expect(openreports.Install(scheme)).To(Succeed())
	api, err = client.New(plane.Config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	Expect(api.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: cluster.ArgoCDNamespace, Name: paramsConfigMap},
		Data:       map[string]string{progressiveKey: "true"},
	})).To(Succeed())

	webhook, err = plane.StartWebhook(ctx, cluster.WebhookOptions{
		Args: []string{
			"--log-level=debug", "--override-retention=3s", "--tracing-endpoint=" + traces.httpURL, "--tracing-sampling-ratio=0",
		},
		Values: valuesFile("rolloutkinds-values.yaml"),
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(webhook.Stop()).To(Succeed()) })
})

// valuesFile reads values with which CI renders the chart.
func valuesFile(name string) map[string]any {
	GinkgoHelper()
	text, err := os.ReadFile("../../charts/seawall/ci/" + name)
	Expect(err).NotTo(HaveOccurred())
	values := map[string]any{}
	Expect(yaml.Unmarshal(text, &values)).To(Succeed())
	return values
}

// tenants returns an ApplicationSet of n environments in one step that maxUpdate paces;
// nil leaves maxUpdate out.
func tenants(name string, n int, maxUpdate any) *unstructured.Unstructured {
	elements := make([]any, n)
	for i := range elements {
		elements[i] = map[string]any{"tenant": fmt.Sprintf("%s-%05d", name, i), "version": "v1"}
	}
	step := map[string]any{}
	if maxUpdate != nil {
		step["maxUpdate"] = maxUpdate
	}
	return applicationSet(name, map[string]any{
		"generators": []any{map[string]any{"list": map[string]any{"elements": elements}}},
		"strategy":   map[string]any{"type": "RollingSync", "rollingSync": map[string]any{"steps": []any{step}}},
	})
}

func applicationSet(name string, spec map[string]any) *unstructured.Unstructured {
	spec["goTemplate"] = true
	spec["goTemplateOptions"] = []any{"missingkey=error"}
	if spec["template"] == nil {
		spec["template"] = template("{{.tenant}}", "{{.version}}")
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
		"metadata": map[string]any{
			"name": name, "namespace": cluster.ArgoCDNamespace, "annotations": map[string]any{rateKey: "0.99"},
		},
		"spec": spec,
	}}
}

func template(name, revision string) map[string]any {
	return map[string]any{
		"metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"project":     "default",
			"source":      map[string]any{"repoURL": "https://git.example.com/app.git", "targetRevision": revision, "path": "app"},
			"destination": map[string]any{"server": "https://kubernetes.default.svc", "namespace": "app"},
		},
	}
}

// elements returns the list generator's elements, to be changed in place.
func elements(set *unstructured.Unstructured) []any {
	generators := set.Object["spec"].(map[string]any)["generators"].([]any)
	return generators[0].(map[string]any)["list"].(map[string]any)["elements"].([]any)
}

func setElements(set *unstructured.Unstructured, list []any) {
	generators := set.Object["spec"].(map[string]any)["generators"].([]any)
	generators[0].(map[string]any)["list"].(map[string]any)["elements"] = list
}

// create creates a copy of an ApplicationSet that is deleted again after the spec.
func create(ctx context.Context, set *unstructured.Unstructured, options ...client.CreateOption) error {
	created := set.DeepCopy()
	err := api.Create(ctx, created, options...)
	if err == nil {
		DeferCleanup(func(ctx context.Context) {
			Expect(client.IgnoreNotFound(api.Delete(ctx, created))).To(Succeed())
		})
	}
	return err
}

// grandfather creates an ApplicationSet while nothing is judged.
func grandfather(ctx context.Context, set *unstructured.Unstructured) {
	GinkgoHelper()
	changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "1" })
	Eventually(func() error { return api.Create(ctx, set.DeepCopy(), client.DryRunAll) }).Should(Succeed())
	Expect(create(ctx, set)).To(Succeed())
	restorePolicy(ctx)
}

// get returns the stored ApplicationSet of that name.
func get(ctx context.Context, name string) *unstructured.Unstructured {
	GinkgoHelper()
	set := &unstructured.Unstructured{}
	set.SetGroupVersionKind(applicationSet(name, map[string]any{}).GroupVersionKind())
	Expect(api.Get(ctx, client.ObjectKey{Namespace: cluster.ArgoCDNamespace, Name: name}, set)).To(Succeed())
	return set
}

// changePolicy changes a policy without waiting for the webhook to see it.
func changePolicy(ctx context.Context, name string, change func(*v1alpha1.WavePolicySpec)) {
	GinkgoHelper()
	Eventually(func() error {
		var policy v1alpha1.WavePolicy
		if err := api.Get(ctx, client.ObjectKey{Name: name}, &policy); err != nil {
			return err
		}
		before := policy.DeepCopy()
		change(&policy.Spec)
		return api.Patch(ctx, &policy, client.MergeFrom(before)) // Seawall writes its status meanwhile
	}).Should(Succeed())
}

// restorePolicy makes the policy "default" again what the chart installs, and waits until
// the webhook judges by it.
func restorePolicy(ctx context.Context) {
	GinkgoHelper()
	changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) {
		*spec = v1alpha1.WavePolicySpec{
			MaxWaveFailureProbability: "0.2",
			SuccessRate:               &v1alpha1.SuccessRate{Default: "0.99"},
		}
	})
	eventuallyDecided(ctx, tenants("probe", 23, nil), denied(""))
	eventuallyDecided(ctx, tenants("probe", 22, nil), Succeed())
}

// eventuallyDecided waits until the creation of an ApplicationSet is decided as wanted.
func eventuallyDecided(ctx context.Context, set *unstructured.Unstructured, want OmegaMatcher) {
	GinkgoHelper()
	Eventually(func() error { return api.Create(ctx, set.DeepCopy(), client.DryRunAll) }).WithTimeout(20 * second).Should(want)
}

// denied matches the API server's error for a denial by Seawall whose message contains text.
func denied(text string) OmegaMatcher {
	return And(
		Satisfy(apierrors.IsForbidden),
		MatchError(HavePrefix(`admission webhook "waves.seawall.dev" denied the request: `)),
		MatchError(ContainSubstring(text)),
		MatchError(Not(ContainSubstring("\n"))),
	)
}

// overLimit is what is said of 100 environments in one wave of the ApplicationSet.
func overLimit(name string) string {
	return fmt.Sprintf(`ApplicationSet argocd/%s: wave 1 syncs 100 environments at 0.99 each (annotation seawall.dev/sync-success-rate): 63.4%% chance that at least one fails, `+
		`policy "default" allows 20%%. At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).`, name)
}

func lines(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }

func fields(text string) []string { return strings.Fields(text) }
