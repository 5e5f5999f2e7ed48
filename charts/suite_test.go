// Package charts_test installs the charts into a real API server.
package charts_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seawall-dev/seawall/hack/cluster"
)

var (
	plane *cluster.Cluster
	helm  string
	home  string
)

func TestCharts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(20 * time.Second) // a busy machine is late, and is not wrong
	RunSpecs(t, "Charts on a real API server")
}

var _ = BeforeSuite(func() {
	log.SetLogger(GinkgoLogr)
	var err error
	plane, err = cluster.Start(context.Background(), cluster.Options{
		Progress:    GinkgoWriter,
		ServerFlags: map[string]string{"service-cluster-ip-range": "10.0.0.0/24,fd00:10::/112"}, // of both families
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(plane.Stop()).To(Succeed()) })
	home = GinkgoT().TempDir()
	printed, err := exec.Command("../hack/tools/build.sh", "helm").Output()
	Expect(err).NotTo(HaveOccurred())
	helm = strings.TrimSpace(string(printed))
})

// run runs helm against the cluster, with nothing of the user's own, and returns what it says.
func run(ctx context.Context, arguments ...string) string {
	GinkgoHelper()
	said, err := try(ctx, arguments...)
	Expect(err).NotTo(HaveOccurred(), "helm %s: %s", strings.Join(arguments, " "), said)
	return said
}

// try runs helm where it may fail.
func try(ctx context.Context, arguments ...string) (said string, err error) {
	command := exec.CommandContext(ctx, helm, arguments...)
	command.Env = append(os.Environ(), "KUBECONFIG="+plane.Kubeconfig,
		"HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	printed, err := command.CombinedOutput()
	return string(printed), err
}

// everything returns the name of every object in the cluster, but for what the API server
// itself writes as time goes by.
func everything(ctx context.Context) []string {
	GinkgoHelper()
	resources, err := discovery.NewDiscoveryClientForConfigOrDie(plane.Config).ServerPreferredResources()
	Expect(err).NotTo(HaveOccurred())
	var names []string
	for _, list := range resources {
		for _, resource := range list.APIResources {
			if !strings.Contains(strings.Join(resource.Verbs, " "), "list") || resource.Kind == "Event" || resource.Kind == "Lease" {
				continue
			}
			objects := &unstructured.UnstructuredList{}
			objects.SetAPIVersion(list.GroupVersion)
			objects.SetKind(resource.Kind)
			Expect(plane.Client().List(ctx, objects)).To(Succeed())
			for _, object := range objects.Items {
				names = append(names, resource.Kind+"."+list.GroupVersion+" "+client.ObjectKeyFromObject(&object).String())
			}
		}
	}
	sort.Strings(names)
	return names
}

var _ = Describe("the chart seawall", func() {
	// Helm does not take over what is of no release.
	BeforeEach(removeReportDefinitions)

	It("is installed where there is no Argo CD, and says what that leaves out", func(ctx SpecContext) {
		said := run(ctx, "install", "seawall", "seawall", "--namespace", cluster.Namespace, "--set", "argocd.namespace=nowhere")
		DeferCleanup(func(ctx SpecContext) { run(ctx, "uninstall", "seawall", "--namespace", cluster.Namespace) })
		Expect(said).To(ContainSubstring(`There is no namespace "nowhere"`))
		Expect(everything(ctx)).To(ContainElement("Deployment.apps/v1 seawall-system/seawall"))
		said = run(ctx, "upgrade", "seawall", "seawall", "--namespace", cluster.Namespace, "--reset-values")
		Expect(said).NotTo(ContainSubstring("There is no namespace"))
		Expect(everything(ctx)).To(ContainElement("Role.rbac.authorization.k8s.io/v1 argocd/seawall-argocd"))
	})

	It("is installed by Helm, and uninstalled leaves its CRDs only", func(ctx SpecContext) {
		before := everything(ctx)
		run(ctx, "install", "seawall", "seawall", "--namespace", cluster.Namespace)
		installed := everything(ctx)
		Expect(installed).To(ContainElements(
			"WavePolicy.seawall.dev/v1alpha1 /default",
			"Deployment.apps/v1 seawall-system/seawall",
			"ValidatingWebhookConfiguration.admissionregistration.k8s.io/v1 /seawall",
		))
		By("upgrading with another limit")
		run(ctx, "upgrade", "seawall", "seawall", "--namespace", cluster.Namespace, "--set-string", "policies.default.maxWaveFailureProbability=0.05")
		output, err := plane.Kubectl(ctx, nil, "get", "wavepolicy", "default", "-o", "jsonpath={.spec.maxWaveFailureProbability}")
		Expect(err).NotTo(HaveOccurred())
		Expect(output.Stdout).To(Equal("0.05"))

		run(ctx, "uninstall", "seawall", "--namespace", cluster.Namespace)
		left := everything(ctx)
		// Another test may have installed Seawall's own before.
		Expect(slices.DeleteFunc(without(left, before), func(name string) bool { return strings.HasSuffix(name, ".seawall.dev") })).
			To(ConsistOf(
				"APIService.apiregistration.k8s.io/v1 /v1alpha1.openreports.io",
				"CustomResourceDefinition.apiextensions.k8s.io/v1 /clusterreports.openreports.io",
				"CustomResourceDefinition.apiextensions.k8s.io/v1 /reports.openreports.io",
			))
		Expect(without(before, left)).To(BeEmpty())

		By("installing it again over the definitions that were kept, and without bringing them")
		run(ctx, "install", "seawall", "seawall", "--namespace", cluster.Namespace)
		run(ctx, "upgrade", "seawall", "seawall", "--namespace", cluster.Namespace, "--set", "records.reports.installCRDs=false")
		Expect(everything(ctx)).To(ContainElement("CustomResourceDefinition.apiextensions.k8s.io/v1 /reports.openreports.io"))
		run(ctx, "uninstall", "seawall", "--namespace", cluster.Namespace)
	})

	It("guards its policies though no webhook runs, unless it is told not to", func(ctx SpecContext) {
		run(ctx, "install", "seawall", "seawall", "--namespace", cluster.Namespace)
		DeferCleanup(func(ctx SpecContext) { run(ctx, "uninstall", "seawall", "--namespace", cluster.Namespace) })
		kubectl := func(ctx context.Context, arguments ...string) string {
			GinkgoHelper()
			output, err := plane.Kubectl(ctx, nil, arguments...)
			Expect(err).NotTo(HaveOccurred())
			return output.Stdout + output.Stderr
		}
		kubectl(ctx, "create", "clusterrolebinding", "pat", "--clusterrole=seawall-policy-editor", "--user=pat")
		DeferCleanup(func(ctx SpecContext) { kubectl(ctx, "delete", "clusterrolebinding", "pat") })
		limit := func(probability string) func() string {
			return func() string {
				return kubectl(ctx, "patch", "wavepolicy", "default", "--as=pat", "--type=merge", "--dry-run=server",
					"-p", `{"spec":{"maxWaveFailureProbability":"`+probability+`"}}`)
			}
		}
		Eventually(limit("0.3")).Should(ContainSubstring("WavePolicy default would become looser by maxWaveFailureProbability"))
		Expect(limit("0.1")()).To(ContainSubstring("patched"))
		run(ctx, "upgrade", "seawall", "seawall", "--namespace", cluster.Namespace, "--set", "policyRatchet.create=false")
		Eventually(limit("0.3")).Should(ContainSubstring("patched"))
	})

	It("keeps what the webhook wrote when it is upgraded", func(ctx SpecContext) {
		run(ctx, "install", "seawall", "seawall", "--namespace", cluster.Namespace)
		DeferCleanup(func(ctx SpecContext) { run(ctx, "uninstall", "seawall", "--namespace", cluster.Namespace) })
		patch := func(kind, name, body string) {
			output, err := plane.Kubectl(ctx, nil, "patch", kind, name, "-n", cluster.Namespace, "--type=json", "-p", body)
			Expect(err).NotTo(HaveOccurred())
			Expect(output.Code).To(BeZero(), output.Stderr)
		}
		patch("secret", "seawall-certificate", `[{"op":"add","path":"/data","value":{"tls.crt":"eA=="}}]`)
		patch("validatingwebhookconfiguration", "seawall", `[{"op":"add","path":"/webhooks/0/clientConfig/caBundle","value":"eA=="}]`)
		run(ctx, "upgrade", "seawall", "seawall", "--namespace", cluster.Namespace, "--set", "logLevel=debug")
		for object, path := range map[string]string{
			"secret/seawall-certificate":             `{.data.tls\.crt}`,
			"validatingwebhookconfiguration/seawall": `{.webhooks[0].clientConfig.caBundle}`,
		} {
			output, err := plane.Kubectl(ctx, nil, "get", object, "-n", cluster.Namespace, "-o", "jsonpath="+path)
			Expect(err).NotTo(HaveOccurred())
			Expect(output.Stdout).NotTo(BeEmpty(), object)
		}
	})

	It("renders objects that the API server accepts without an unknown field, with every values file", func(ctx SpecContext) {
		files, err := filepath.Glob("seawall/ci/*.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(files).NotTo(BeEmpty())
		Expect(plane.InstallCRDs(ctx, "prometheus-operator")).To(Succeed())
		Expect(plane.Apply(ctx, unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "gitops"},
		}})).To(Succeed(), "where everything-values.yaml has Argo CD")
		for _, file := range files {
			By(file)
			objects, err := plane.RenderChart(ctx, cluster.Chart{Dir: "seawall", Release: "seawall", Namespace: cluster.Namespace, Files: []string{file}})
			Expect(err).NotTo(HaveOccurred())
			objects = withoutCertManager(objects)
			Expect(plane.Apply(ctx, objects...)).To(Succeed())
			remove(ctx, objects)
		}
	})
})

// without returns the names that are in one list and not in another.
func without(names, others []string) []string {
	var rest []string
	for _, name := range names {
		if !slices.Contains(others, name) {
			rest = append(rest, name)
		}
	}
	return rest
}

// withoutCertManager leaves out the objects whose definitions cert-manager brings.
func withoutCertManager(objects []unstructured.Unstructured) []unstructured.Unstructured {
	var kept []unstructured.Unstructured
	for _, object := range objects {
		if !strings.HasPrefix(object.GetAPIVersion(), "cert-manager.io/") {
			kept = append(kept, object)
		}
	}
	return kept
}
