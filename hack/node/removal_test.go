package node

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/cluster"
)

func removal() {
	It("leaves nothing but its definitions, and admits what it denied", func(ctx SpecContext) {
		runHelm(ctx, "uninstall", release)
		succeed(ctx, "apply", "--dry-run=server", "-f", refused)
		Eventually(processes).Should(BeEmpty())
		kinds := strings.Fields(succeed(ctx, "api-resources", "--verbs=list,delete", "--output=name"))
		Eventually(func() string {
			return succeed(ctx, "get", strings.Join(kinds, ","), "--all-namespaces", "--ignore-not-found",
				"--selector=app.kubernetes.io/instance="+release, "--output=name")
		}).Should(BeEmpty())
		// The webhook makes these itself; docs/operations.md says that the Lease stays.
		Expect(succeed(ctx, "-n", cluster.Namespace, "get", "secrets,configmaps,leases", "--output=name")).
			To(Equal("configmap/kube-root-ca.crt\nlease.coordination.k8s.io/" + release + "\n"))
	})
}
