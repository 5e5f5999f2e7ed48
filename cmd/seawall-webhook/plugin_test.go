package main_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit/reports"
	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/standing"
)

// buildPlugin builds the plugin, and gives it the name by which kubectl completes it, too. It returns
// the folder of both.
var buildPlugin = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "seawall-plugin-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "kubectl-seawall")
	build := exec.Command("go", "build", "-o", program, "../kubectl-seawall")
	if output, err := build.CombinedOutput(); err != nil {
		return "", errors.New(string(output))
	}
	return dir, os.Symlink("kubectl-seawall", filepath.Join(dir, "kubectl_complete-seawall"))
})

var _ = AfterSuite(func() {
	if dir, err := buildPlugin(); err == nil {
		Expect(os.RemoveAll(dir)).To(Succeed())
	}
})

// seawall runs the plugin as a user who may do what was granted and nothing more; as the admin without one.
func seawall(ctx context.Context, user string, args ...string) cluster.Output {
	GinkgoHelper()
	dir, err := buildPlugin()
	Expect(err).NotTo(HaveOccurred())
	if user != "" {
		args = append(args, "--as="+user)
	}
	command := exec.CommandContext(ctx, filepath.Join(dir, "kubectl-seawall"), args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+plane.Kubeconfig, "KUBECACHEDIR="+filepath.Join(dir, "cache"), "HOME="+dir)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		_, ended := errors.AsType[*exec.ExitError](err)
		Expect(ended).To(BeTrue(), err)
	}
	return cluster.Output{Stdout: stdout.String(), Stderr: stderr.String(), Code: command.ProcessState.ExitCode()}
}

// reportOfMany is a report of a rollout as Seawall writes one, so many times denied.
func reportOfMany(number, denials int) *openreports.Report {
	name := fmt.Sprint("tenants-", number)
	report := &openreports.Report{
		ObjectMeta: metav1.ObjectMeta{Namespace: "many", Name: name, Labels: reports.Labels(), Annotations: map[string]string{
			lastKey: time.Now().UTC().Format(time.RFC3339), "seawall.dev/rollout-existed": "true",
		}},
		Source: "seawall",
		Scope:  &corev1.ObjectReference{APIVersion: "argoproj.io/v1alpha1", Kind: "ApplicationSet", Namespace: "many", Name: name},
	}
	for i := range denials {
		report.Results = append(report.Results, openreports.ReportResult{
			Source: "seawall", Policy: "default", Rule: "WaveOverLimit", Result: "fail", Description: overLimit(name),
			Timestamp: metav1.Timestamp{Seconds: time.Now().Add(-time.Duration(number*denials+i) * time.Minute).Unix()},
			Properties: map[string]string{
				"action": "Deny", "operation": "UPDATE", "user": fmt.Sprint("user-", i), "authenticated": "true", "count": "1",
				"wave": "1", "waveEnvironments": "100", "environments": "100", "probability": "0.633968", "limit": "0.2", "successRate": "0.99",
			},
		})
	}
	return report
}

var _ = Describe("the plugin", Ordered, func() {
	// There are a denial, made twice, and a use of an override, in a namespace of its own.
	const namespace = "payments"
	in := func(name string, n int) client.Object {
		set := tenants(name, n, nil)
		set.SetNamespace(namespace)
		return set
	}
	BeforeAll(func(ctx SpecContext) {
		provide(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
		grant(ctx, user("audrey"), "seawall-auditor", "")
		grant(ctx, user("oncall"), "seawall-override-approver", namespace)
		for _, writer := range []string{"jane", "gitops"} {
			grant(ctx, user(writer), writersRole(ctx, writer), namespace)
		}
		jane, _ := actingAs("jane")
		Eventually(func() error { return jane.Create(ctx, in("checkout", 100)) }).Should(denied(""))
		Expect(jane.Create(ctx, in("checkout", 100))).To(denied(""))
		Eventually(func(g Gomega) {
			var list openreports.ReportList
			g.Expect(api.List(ctx, &list, client.InNamespace(namespace))).To(Succeed())
			g.Expect(list.Items).To(HaveLen(1))
		}).WithTimeout(20 * second).Should(Succeed())
	})

	read := func(ctx context.Context, args ...string) journal.Journal {
		GinkgoHelper()
		output := seawall(ctx, "audrey", append([]string{"audit", "-o", "json"}, args...)...)
		Expect(output.Code).To(BeZero(), output.Stderr)
		var found journal.Journal
		Expect(json.Unmarshal([]byte(output.Stdout), &found)).To(Succeed())
		return found
	}

	It("creates an override as an approver, whose use an auditor finds with who approved it", func(ctx SpecContext) {
		arguments := []string{"override", "create", "applicationsets", "ledger", "-n", namespace, "--for", "2h", "--reason", "Incident 4711", "--max-failure-probability", "70%"}
		refused := seawall(ctx, "jane", arguments...)
		Expect(refused.Code).To(Equal(2))
		Expect(refused.Stderr).To(And(ContainSubstring("it takes the verb create on waveoverrides.seawall.dev in namespace payments"), ContainSubstring("seawall-override-approver")))

		printed := seawall(ctx, "oncall", append(arguments, "--dry-run=client", "-o", "yaml")...)
		Expect(printed.Code).To(BeZero(), printed.Stderr)
		var shown v1alpha1.WaveOverride
		Expect(yaml.UnmarshalStrict([]byte(printed.Stdout), &shown)).To(Succeed())
		Expect(shown.Spec).To(Equal(v1alpha1.WaveOverrideSpec{
			Rollout:               v1alpha1.RolloutReference{Group: "argoproj.io", Kind: "ApplicationSet", Name: "ledger"},
			MaxFailureProbability: "0.7", Reason: "Incident 4711", DurationSeconds: 7200, Uses: "Unlimited",
		}))
		tried := seawall(ctx, "oncall", append(arguments, "--dry-run=server")...)
		Expect(tried.Code).To(BeZero(), tried.Stderr)
		Expect(tried.Stdout).To(ContainSubstring("created (server dry run)"))
		long := seawall(ctx, "oncall", "override", "create", "appset", "ledger", "-n", namespace, "--for", "20d", "--reason", "because")
		Expect(long.Code).To(Equal(2), "found by its short name, and refused by the webhook")
		Expect(long.Stderr).To(ContainSubstring("more than any policy accepts"))
		unknown := seawall(ctx, "oncall", "override", "create", "configmap", "ledger", "-n", namespace, "--for", "1h", "--reason", "because")
		Expect(unknown.Stderr).To(ContainSubstring("ConfigMap is no kind of rollout that Seawall judges: those are ApplicationSet, Bundle"))

		judging := seawall(ctx, "", "override", "create", "applications.core.oam.dev", "some", "-n", namespace, "--for", "1h", "--reason", "because", "--dry-run=server")
		Expect(judging.Code).To(BeZero(), "what a RolloutKind describes: %s", judging.Stderr)
		Expect(judging.Stdout).To(ContainSubstring("of Application payments/some"))

		expectAsShown(ctx, "oncall", "override create")
		writer, _ := actingAs("gitops")
		Eventually(func() error { return writer.Create(ctx, in("ledger", 100)) }).WithTimeout(20 * second).Should(Succeed())
		Eventually(func() string { return seawall(ctx, "audrey", "override", "list", "-n", namespace).Stdout }).WithTimeout(20 * second).Should(MatchRegexp(
			`(?m)^STATE .*\nactive +\S+Z +payments +incident-4711 +ApplicationSet +ledger +70% +Unlimited +1 +oncall +gitops$`))

		expectAsShown(ctx, "audrey", "override list")
		Eventually(func() []journal.Decision { return read(ctx, "-n", namespace, "--result", "overridden").Decisions }).WithTimeout(20 * second).Should(HaveLen(1))
		found := read(ctx, "-n", namespace, "--result", "overridden")
		Expect(found.Decisions[0]).To(And(HaveField("ApprovedBy", "oncall"), HaveField("User", "gitops"), HaveField("OverrideReason", "Incident 4711")))
		Expect(found.Overrides).To(ConsistOf(HaveField("Name", "incident-4711")))
		Expect(found.Missing).To(BeEmpty())
	})

	It("shows an auditor with that role alone what was denied, in every format", func(ctx SpecContext) {
		all := read(ctx, "-A")
		Expect(all.Missing).To(BeEmpty())
		found := read(ctx, "-n", namespace, "--kind", "appset", "--policy", "default", "--user", "j*e", "--result", "denied", "--since", "1h")
		Expect(found.Decisions).To(HaveLen(1))
		denial := found.Decisions[0]
		Expect(denial).To(And(
			HaveField("Outcome", journal.Denied), HaveField("Count", 2), HaveField("User", "jane"), HaveField("Name", "checkout"), HaveField("Reason", "WaveOverLimit"),
			HaveField("WaveEnvironments", 100), HaveField("Limit", "0.2"), HaveField("Policy", "default"), HaveField("Operation", "CREATE"),
			HaveField("Probability", HaveValue(BeNumerically("~", 0.634, 0.001))),
		))
		Expect(all.Decisions).To(ContainElement(denial))
		Expect(read(ctx, "-n", namespace, "--until", "1h").Decisions).To(BeEmpty())
		Expect(read(ctx, "-n", namespace, "--user", "mallory").Decisions).To(BeEmpty())

		expectAsShown(ctx, "audrey", "audit")
		Expect(seawall(ctx, "audrey", "audit", "-n", namespace, "-o", "wide").Stdout).To(And(ContainSubstring("APPROVED BY"), ContainSubstring("oncall")))
		rows := seawall(ctx, "audrey", "audit", "-n", namespace, "--result", "denied,overridden", "-o", "csv")
		cells, err := csv.NewReader(strings.NewReader(rows.Stdout)).ReadAll()
		Expect(err).NotTo(HaveOccurred())
		Expect(cells).To(And(HaveLen(3), ContainElement(ContainElement("Incident 4711"))))
		Expect(rows.Stderr).To(ContainSubstring("3 decisions about 2 rollouts"))
		for format, want := range map[string]string{"yaml": "result: denied", "markdown": "`payments/checkout`", "html": "<h1>Seawall audit</h1>"} {
			output := seawall(ctx, "audrey", "audit", "-n", namespace, "-o", format)
			Expect(output.Code).To(BeZero(), output.Stderr)
			Expect(output.Stdout).To(ContainSubstring(want))
		}
	})

	It("names the verb and the resource that somebody else lacks", func(ctx SpecContext) {
		for args, want := range map[string]string{
			"audit -A":              "it takes the verb list on reports.openreports.io in all namespaces, which the ClusterRole seawall-auditor has",
			"audit -n " + namespace: "it takes the verb list on reports.openreports.io in namespace payments",
			"override list -A":      "it takes the verb list on waveoverrides.seawall.dev",
		} {
			output := seawall(ctx, "nobody", fields(args)...)
			Expect(output.Code).To(Equal(2), args)
			Expect(output.Stderr).To(ContainSubstring(want), args)
		}
	})

	It("tells whether Seawall is up, and proves that the API server asks it", func(ctx SpecContext) {
		status := func(ctx context.Context, user string, args ...string) (standing.Report, int) {
			GinkgoHelper()
			output := seawall(ctx, user, append([]string{"status", "-o", "json"}, args...)...)
			var report standing.Report
			Expect(json.Unmarshal([]byte(output.Stdout), &report)).To(Succeed(), output.Stderr)
			return report, output.Code
		}
		states := func(report standing.Report) map[string]standing.State {
			found := map[string]standing.State{}
			for _, check := range report.Checks {
				found[check.Name] = check.State
			}
			return found
		}
		report, code := status(ctx, "")
		Expect(code).To(Equal(1))
		Expect(states(report)).To(HaveKeyWithValue("ready", standing.Failed), "nothing runs Pods here")
		Expect(states(report)).To(HaveKeyWithValue("asked", standing.OK))

		var deployment appsv1.Deployment
		Expect(api.Get(ctx, client.ObjectKey{Namespace: cluster.Namespace, Name: "seawall"}, &deployment)).To(Succeed())
		go func() {
			defer GinkgoRecover()
			time.Sleep(2 * second)
			deployment.Status.Replicas, deployment.Status.ReadyReplicas = 2, 2
			Expect(api.Status().Update(ctx, &deployment)).To(Succeed())
		}()
		waited := seawall(ctx, "", "status", "--wait", "--timeout", "60s")
		Expect(waited.Code).To(BeZero(), waited.Stdout+waited.Stderr)
		Expect(waited.Stdout).To(MatchRegexp(`(?s)registered +ok.*trusted +ok .*ready +ok +Deployment seawall-system/seawall: 2 of 2.*asked +ok.*default +true +20% +Deny.*\nSeawall is up\.\n$`))

		expectAsShown(ctx, "", "status")

		By("an approver, who may see less")
		report, code = status(ctx, "oncall", "-n", namespace)
		Expect(code).To(Equal(3))
		Expect(states(report)).To(And(HaveKeyWithValue("asked", standing.OK), HaveKeyWithValue("policies", standing.Unknown), HaveKeyWithValue("ready", standing.Unknown)))
		grant(ctx, user("pat"), "seawall-policy-editor", "")
		Eventually(func() standing.State { report, _ := status(ctx, "pat"); return states(report)["asked"] }).Should(Equal(standing.OK))
		report, code = status(ctx, "audrey")
		Expect(code).To(Equal(3))
		Expect(states(report)).To(And(HaveKeyWithValue("asked", standing.Unknown), HaveKeyWithValue("policies", standing.OK)))

		By("an API server that does not get the answer")
		redirect := func(ctx context.Context, url string) (before string) {
			GinkgoHelper()
			var hooks admissionregistrationv1.ValidatingWebhookConfiguration
			Expect(api.Get(ctx, client.ObjectKey{Name: "seawall"}, &hooks)).To(Succeed())
			for i := range hooks.Webhooks {
				if hooks.Webhooks[i].Name == "configuration.seawall.dev" {
					before = *hooks.Webhooks[i].ClientConfig.URL
					hooks.Webhooks[i].ClientConfig.URL = &url
				}
			}
			Expect(api.Update(ctx, &hooks)).To(Succeed())
			return before
		}
		before := redirect(ctx, "https://localhost:1/validate-configuration")
		DeferCleanup(func(ctx SpecContext) {
			redirect(ctx, before)
			Eventually(func() int { _, code := status(ctx, ""); return code }).WithTimeout(20 * second).Should(BeZero())
		})
		Eventually(func(g Gomega) {
			report, code := status(ctx, "")
			g.Expect(code).To(Equal(1))
			g.Expect(states(report)).To(HaveKeyWithValue("asked", standing.Failed))
		}).WithTimeout(20 * second).Should(Succeed())
	})

	It("prints versions, and lets kubectl complete it", func(ctx SpecContext) {
		expectAsShown(ctx, "", "version")
		Expect(seawall(ctx, "nobody", "version").Stdout).To(MatchRegexp(`\nServer: not seen: .*cannot list resource "deployments"`))
		dir, err := buildPlugin()
		Expect(err).NotTo(HaveOccurred())
		GinkgoT().Setenv("PATH", dir+":"+os.Getenv("PATH"))
		for line, want := range map[string]string{
			"seawall a": "audit", "seawall audit --result d": "denied", "seawall override c": "create", "seawall override create applicat": "applicationset",
		} {
			output, err := plane.Kubectl(ctx, nil, append([]string{"__complete"}, fields(line)...)...)
			Expect(err).NotTo(HaveOccurred())
			Expect(lines(output.Stdout)[0]).To(HavePrefix(want), "%s: %s", line, output.Stderr)
		}
		for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
			Expect(seawall(ctx, "", "completion", shell).Stdout).To(ContainSubstring("kubectl-seawall"))
		}
	})

	It("reads 5,000 decisions, page by page", func(ctx SpecContext) {
		const rollouts, each = 250, 20
		many := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "many"}}
		Expect(api.Create(ctx, many)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) {
			Expect(api.DeleteAllOf(ctx, &openreports.Report{}, client.InNamespace("many"))).To(Succeed())
		})
		for i := range rollouts {
			Expect(api.Create(ctx, reportOfMany(i, each))).To(Succeed())
		}
		for _, format := range []string{"table", "json", "html"} {
			began := time.Now()
			output := seawall(ctx, "audrey", "audit", "-n", "many", "-o", format)
			Expect(output.Code).To(BeZero(), output.Stderr)
			AddReportEntry("5,000 decisions", fmt.Sprintf("%s: %.1f MB in %s", format, float64(len(output.Stdout))/1e6, time.Since(began).Round(10*time.Millisecond)))
			if format == "table" {
				Expect(lines(output.Stdout)).To(HaveLen(1+rollouts*each+1), "and the titles, and the summary")
			}
		}
	})

	It("says what is not installed when there are no reports at all", func(ctx SpecContext) {
		for _, name := range []string{"reports.openreports.io", "clusterreports.openreports.io"} {
			output, err := plane.Kubectl(ctx, nil, "delete", "crd", name)
			Expect(err).NotTo(HaveOccurred())
			Expect(output.Code).To(BeZero(), output.Stderr)
		}
		said := func(text string) (count int) {
			for _, line := range jsonLines(webhook.LogFile) {
				if message, _ := line["msg"].(string); strings.HasPrefix(message, text) {
					count++
				}
			}
			return count
		}
		missing, there := said("not every decision is written"), said("writing reports")
		DeferCleanup(func(ctx SpecContext) { // and leaves the webhook as the specs after it expect it
			Eventually(said).WithArguments("not every decision is written").WithTimeout(30 * second).Should(BeNumerically(">", missing))
			Expect(plane.InstallCRDs(ctx, "openreports")).To(Succeed())
			Eventually(said).WithArguments("writing reports").WithTimeout(30 * second).Should(BeNumerically(">", there))
		})
		output := seawall(ctx, "audrey", "audit", "-A")
		Expect(output.Code).To(Equal(2))
		Expect(output.Stderr).To(And(ContainSubstring("the API server does not serve reports.openreports.io"), ContainSubstring("records.reports")))
	})
})
