package docs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const argoCDsController = "system:serviceaccount:argocd:argocd-application-controller"

// sampleSet is the sample, under another name, with another number of tenants and a pace of its own if there is one.
func sampleSet(name string, n, maxUpdate int) string {
	GinkgoHelper()
	text, err := os.ReadFile("../config/samples/applicationset-100.yaml")
	Expect(err).NotTo(HaveOccurred())
	var lines []string
	for line := range strings.SplitSeq(string(text), "\n") {
		var tenant int
		if _, err := fmt.Sscanf(strings.TrimSpace(line), "- {tenant: tenant-%d,", &tenant); err == nil && tenant > n {
			continue
		}
		lines = append(lines, line)
		if maxUpdate > 0 && strings.Contains(line, "operator: In, values: [tenants]") {
			lines = append(lines, fmt.Sprintf("          maxUpdate: %d", maxUpdate))
		}
	}
	return strings.Replace(strings.Join(lines, "\n"), "  name: tenants\n", "  name: "+name+"\n", 1)
}

// mayWrite lets users write ApplicationSets.
func (s *stage) mayWrite(ctx context.Context, users ...string) {
	GinkgoHelper()
	s.must(ctx, `kubectl create clusterrole writes --verb=get,list,watch,create,update,patch,delete --resource=applicationsets.argoproj.io
kubectl label clusterrole writes page=of-the-documentation`)
	for i, user := range users {
		s.must(ctx, fmt.Sprintf(`kubectl create clusterrolebinding writes-%d --clusterrole=writes --user=%s
kubectl label clusterrolebinding writes-%[1]d page=of-the-documentation`, i, user))
	}
}

// may binds one of Seawall's roles.
func (s *stage) may(ctx context.Context, user, role, namespace string) {
	GinkgoHelper()
	s.must(ctx, fmt.Sprintf(`kubectl create rolebinding %s -n %s --clusterrole=%s --user=%[1]s
`, user, namespace, role))
	DeferCleanup(s.must, context.WithoutCancel(ctx), fmt.Sprintf("kubectl delete rolebinding %s -n %s", user, namespace))
}

// denied has a write of a user denied so many times, once Seawall and RBAC know of what was prepared.
func (s *stage) denied(ctx context.Context, user, file string, times int) {
	GinkgoHelper()
	Eventually(func() string {
		printed, _ := s.run(ctx, user, "kubectl auth can-i create applicationsets.argoproj.io -n argocd || true")
		return printed
	}).WithTimeout(patience).Should(HavePrefix("yes"))
	for range times {
		printed, code := s.run(ctx, user, "kubectl create -f "+file)
		Expect(code).To(Equal(1), printed)
		Expect(printed).To(ContainSubstring("denied the request"))
	}
}

// aRelease is a repository with a branch that changes the template of all tenants.
func aRelease(ctx context.Context, s *stage) {
	s.write("apps/tenants.yaml", sampleSet("tenants", 100, 0))
	s.write("seawall/policies/default.yaml", sampleOf("wavepolicy.yaml"))
	s.must(ctx, `git init -q -b main && git add apps seawall && git commit -q -m "100 tenants" && git switch -q -c release
sed -i 's/targetRevision: v1.0.0/targetRevision: v1.1.0/' apps/tenants.yaml && git commit -q -a -m "Release 1.1.0"`)
}

func sampleOf(name string) string {
	GinkgoHelper()
	text, err := os.ReadFile(filepath.Join("../config/samples", name))
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}

// The four that follow are what docs/auditing.md is about.
func janeIsDenied(ctx context.Context, s *stage) {
	s.mayWrite(ctx, "jane", "raj", argoCDsController)
	s.write("tenants.yaml", sampleSet("tenants", 100, 0))
	s.denied(ctx, "jane", "tenants.yaml", 1)
}

func theControllerIsDenied(ctx context.Context, s *stage) {
	s.write("payments.yaml", sampleSet("payments", 100, 0))
	s.denied(ctx, "jane", "tenants.yaml", 1)
	time.Sleep(time.Second) // the page sorts by the second
	s.denied(ctx, argoCDsController, "payments.yaml", 4)
}

func rajIsDenied(ctx context.Context, s *stage) {
	s.write("billing.yaml", sampleSet("billing", 23, 0))
	s.write("search.yaml", strings.Replace(sampleSet("search", 23, 0), `"0.99"`, `"often"`, 1))
	time.Sleep(time.Second)
	s.denied(ctx, "raj", "billing.yaml", 1)
	time.Sleep(time.Second)
	s.denied(ctx, "raj", "search.yaml", 1)
}

func tenantsIsMended(ctx context.Context, s *stage) {
	s.write("tenants.yaml", sampleSet("tenants", 100, 22))
	printed, code := s.run(ctx, "jane", "kubectl create -f tenants.yaml")
	Expect(code).To(BeZero(), printed)
}

// paymentsHasAHistory is what docs/auditor.md shows: a denial, made twice, and a use of an override.
func paymentsHasAHistory(ctx context.Context, s *stage) {
	s.mayWrite(ctx, "jane", "gitops")
	s.must(ctx, "kubectl create namespace payments")
	s.may(ctx, "oncall", "seawall-override-approver", "payments")
	for _, name := range []string{"checkout", "ledger"} {
		s.write(name+".yaml", strings.Replace(sampleSet(name, 100, 0), "namespace: argocd", "namespace: payments", 1))
	}
	s.denied(ctx, "jane", "checkout.yaml", 2)
	s.early(ctx, "oncall", "kubectl seawall override create")
	Eventually(func() int {
		_, code := s.run(ctx, "gitops", "kubectl create -f ledger.yaml")
		return code
	}).WithTimeout(patience).Should(BeZero())
}

func theDeploymentIsReady(ctx context.Context, s *stage) {
	s.must(ctx, `kubectl patch deployment seawall -n seawall-system --subresource=status --type=merge -p '{"status":{"replicas":2,"readyReplicas":2}}'`)
}

// anIncident is what docs/overrides.md tells.
func anIncident(ctx context.Context, s *stage) {
	const gitOps = "system:serviceaccount:argocd:gitops"
	s.mayWrite(ctx, "jane", gitOps)
	s.may(ctx, "oncall", "seawall-override-approver", "argocd")
	s.write("tenants.yaml", sampleSet("tenants", 100, 0))
	var override string
	for _, block := range s.page.Blocks {
		if block.Language == "yaml" && strings.Contains(block.Text, "kind: WaveOverride") {
			override = block.Text
		}
	}
	ends := func(after time.Duration) string {
		return strings.Replace(override, `"2026-11-24T21:00:00Z"`, fmt.Sprintf("%q", time.Now().Add(after).UTC().Format(time.RFC3339)), 1)
	}
	s.write("override.yaml", ends(2*time.Hour))
	s.write("too-long.yaml", strings.Replace(ends(71*time.Hour+7*time.Minute), "name: incident-4711", "name: too-long", 1))
	Eventually(func() string {
		printed, _ := s.run(ctx, gitOps, "kubectl auth can-i create applicationsets.argoproj.io -n argocd || true")
		return printed
	}).WithTimeout(patience).Should(HavePrefix("yes"))
}

func theNextVersion(_ context.Context, s *stage) {
	s.write("next.yaml", strings.Replace(sampleSet("tenants", 100, 0), "targetRevision: v1.0.0", "targetRevision: v1.1.0", 1))
}

// twoPolicies are those of docs/policies.md, with one rollout that exists.
func twoPolicies(ctx context.Context, s *stage) {
	s.write("tenants.yaml", sampleSet("tenants", 100, 22))
	s.must(ctx, `kubectl apply -f tenants.yaml
kubectl patch wavepolicy default --type=merge -p '{"spec":{"maxWaveFailureProbability":"0.1"}}'
kubectl apply -f - <<'YAML'
apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: edge}
spec:
  match:
    kinds: [{group: argoproj.io, kind: ApplicationSet}, {group: fleet.cattle.io, kind: Bundle}]
    namespaceSelector: {matchLabels: {tier: production}}
  maxWaveFailureProbability: "0.2"
  maxRolloutFailureProbability: "0.5"
  successRate: {default: "0.99"}
  validationActions: [Warn, Audit]
YAML`)
}

// theFleetGrows has three ApplicationSets over 10 clusters, one of them without a pace, and then 100 clusters.
func theFleetGrows(ctx context.Context, s *stage) {
	register := func(from, to int) {
		var secrets strings.Builder
		for i := from; i <= to; i++ {
			fmt.Fprintf(&secrets, "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: tenant-%03d\n  namespace: argocd\n"+
				"  labels: {argocd.argoproj.io/secret-type: cluster}\nstringData: {name: tenant-%03[1]d, server: 'https://tenant-%03[1]d.example.com:6443'}\n", i)
		}
		s.write("clusters.yaml", secrets.String())
		s.must(ctx, "kubectl create -f clusters.yaml")
	}
	// What was found before is mended by now, and said.
	Eventually(func() string { return s.must(ctx, "kubectl get wavepolicy default -o jsonpath={.status.rollouts}") }).
		WithTimeout(patience).Should(ContainSubstring(`"matched":0`))
	s.must(ctx, "kubectl delete events,reports --all -n argocd")
	s.forget("webhook.log")
	register(1, 9) // beside the cluster itself
	for _, name := range []string{"tenants", "payments", "search"} {
		text := sampleSet(name, 0, 22)
		text = strings.Replace(text, "    - list:\n        elements:\n", "    - clusters: {}\n", 1)
		text = strings.NewReplacer("{{.tenant}}", name+"-{{.name}}", "{{.cluster}}", "{{.server}}").Replace(text)
		if name == "tenants" {
			before, rest, _ := strings.Cut(text, "  strategy:\n")
			_, after, _ := strings.Cut(rest, "  template:\n")
			text = before + "  template:\n" + after
		}
		s.write(name+".yaml", text)
		Eventually(func() string {
			printed, _ := s.run(ctx, "", "kubectl apply -f "+name+".yaml")
			return printed
		}).WithTimeout(patience).Should(HaveSuffix("created\n"))
	}
	Eventually(func() string { return s.must(ctx, "kubectl get wavepolicy default -o jsonpath={.status.rollouts}") }).
		WithTimeout(patience).Should(ContainSubstring(`"matched":3`))
	limit := func(limit string) {
		s.must(ctx, `kubectl patch wavepolicy default --type=merge -p '{"spec":{"maxWaveFailureProbability":"`+limit+`"}}'`)
	}
	limit("1") // so that what is found is found of the whole fleet
	register(10, 99)
	limit("0.2")
	s.write("edge.yaml", `
apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: edge}
spec: {maxWaveFailureProbability: "0.1", successRate: {default: "0.99"}}
`)
}

func aTypingError(_ context.Context, s *stage) {
	s.write("trains.yaml", `
apiVersion: seawall.dev/v1alpha1
kind: RolloutKind
metadata: {name: trains.core.oam.dev}
spec: {group: core.oam.dev, versions: [v1], resource: trains, kind: Train, environments: "object.spec.names.map(n, m)"}
`)
}

func thePrometheusOperator(ctx context.Context, s *stage) {
	Expect(s.plane.InstallCRDs(ctx, "prometheus-operator", "servicemonitors.monitoring.coreos.com", "prometheusrules.monitoring.coreos.com")).To(Succeed())
}

func patEdits(ctx context.Context, s *stage) {
	s.must(ctx, `kubectl create clusterrolebinding pat --clusterrole=seawall-policy-editor --user=pat
kubectl label clusterrolebinding pat page=of-the-documentation`)
}

// nothingIsInstalled is how a page begins that installs the chart; isInstalled how another one does.
func nothingIsInstalled(ctx context.Context, s *stage) {
	s.must(ctx, "helm uninstall seawall --namespace seawall-system --ignore-not-found")
}

func isInstalled(ctx context.Context, s *stage) {
	s.must(ctx, "helm upgrade --install seawall charts/seawall --namespace seawall-system --reset-values")
}

func theGateIsOn(ctx context.Context, s *stage) {
	s.must(ctx, "helm upgrade seawall charts/seawall --namespace seawall-system --reset-then-reuse-values --set syncGate.enabled=true")
}

// twoAPIServers are Karmada's and that of the cluster with nodes.
func twoAPIServers(ctx context.Context, s *stage) {
	nothingIsInstalled(ctx, s)
	host := startPlane(ctx)
	for name, plane := range map[string]*cluster.Cluster{"karmada.config": s.plane, "host.config": host} {
		text, err := os.ReadFile(plane.Kubeconfig)
		Expect(err).NotTo(HaveOccurred())
		s.write(name, string(text))
	}
	// Nothing but the tests has made the namespace, and no controller ends one that is deleted.
	s.must(ctx, `export KUBECONFIG=host.config
kubectl delete namespace seawall-system --wait=false
kubectl get namespace seawall-system -o json | jq '.spec.finalizers = []' | kubectl replace --raw /api/v1/namespaces/seawall-system/finalize -f -`)
}
