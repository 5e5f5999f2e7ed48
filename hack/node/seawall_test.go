package node

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// aftermath is how long the load goes on when all is done, which is longer than a pod that was told to stop serves.
const aftermath = 7 * time.Second

// runHelm runs Helm on the cluster, which has to succeed.
func runHelm(ctx context.Context, args ...string) {
	GinkgoHelper()
	command := exec.CommandContext(ctx, helm, append(args, "--namespace", cluster.Namespace)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+node.Plane.Kubeconfig, "HELM_CACHE_HOME="+os.TempDir(), "HELM_CONFIG_HOME="+os.TempDir())
	output, err := command.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(output))
}

func kubectl(ctx context.Context, args ...string) cluster.Output {
	GinkgoHelper()
	output, err := node.Plane.Kubectl(ctx, nil, args...)
	Expect(err).NotTo(HaveOccurred())
	return output
}

// succeed runs kubectl, which has to succeed, and returns what it printed.
func succeed(ctx context.Context, args ...string) string {
	GinkgoHelper()
	output := kubectl(ctx, args...)
	Expect(output.Code).To(BeZero(), output.Stderr)
	return output.Stdout
}

// rolledOut waits until all replicas are of the newest version, ready, and the only ones.
func rolledOut(ctx context.Context) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		var deployment appsv1.Deployment
		g.Expect(api.Get(ctx, client.ObjectKey{Namespace: cluster.Namespace, Name: release}, &deployment)).To(Succeed())
		g.Expect(deployment.Status.ObservedGeneration).To(Equal(deployment.Generation))
		g.Expect(deployment.Status).To(And(HaveField("UpdatedReplicas", *deployment.Spec.Replicas),
			HaveField("ReadyReplicas", *deployment.Spec.Replicas), HaveField("Replicas", *deployment.Spec.Replicas)))
	}).WithTimeout(patience).Should(Succeed(), func() string { return describe(context.WithoutCancel(ctx)) })
}

// describe says why pods are not ready.
func describe(ctx context.Context) string {
	return kubectl(ctx, "-n", cluster.Namespace, "describe", "pods").Stdout +
		kubectl(ctx, "-n", cluster.Namespace, "get", "events").Stdout +
		kubectl(ctx, "-n", cluster.Namespace, "logs", "deployment/"+release, "--tail=50").Stdout
}

// pods are those that were not told to stop.
func pods(ctx context.Context) []corev1.Pod {
	GinkgoHelper()
	var list corev1.PodList
	Expect(api.List(ctx, &list, client.InNamespace(cluster.Namespace))).To(Succeed())
	return slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool { return pod.DeletionTimestamp != nil })
}

// restarts are those of all containers together.
func restarts(ctx context.Context) int32 {
	GinkgoHelper()
	var count int32
	for _, pod := range pods(ctx) {
		for i := range pod.Status.ContainerStatuses {
			count += pod.Status.ContainerStatuses[i].RestartCount
		}
	}
	return count
}

// processes are the ids of the webhook's processes: here are none but this node's. hack/image gives the pause
// program the same name, which takes no arguments.
func processes() []int {
	GinkgoHelper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	Expect(err).NotTo(HaveOccurred())
	var pids []int
	for _, file := range files {
		// A process that has ended meanwhile has none.
		if command, err := os.ReadFile(file); err == nil && strings.HasPrefix(string(command), "/seawall-webhook\x00--") {
			pids = append(pids, pidOf(file))
		}
	}
	return pids
}

// underLoad has writes go on while something is done and for a while after, and returns them.
func underLoad(ctx context.Context, disturb func()) *Load {
	GinkgoHelper()
	load, stop := StartLoad(ctx, api, admitted)
	DeferCleanup(stop)
	time.Sleep(time.Second)
	disturb()
	time.Sleep(aftermath)
	stop()
	AddReportEntry("load", load.String(), ReportEntryVisibilityAlways)
	return load
}

// denied waits until the API server refuses a rollout by what Seawall answers it.
func denied(ctx context.Context) {
	GinkgoHelper()
	Eventually(func() string { return kubectl(ctx, "apply", "-f", refused).Stderr }).
		Should(ContainSubstring(`wave 1 syncs 100 environments at 0.99 each`))
}
