package node

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func removal() {
	It("leaves nothing but its definitions, and admits what it denied", func(ctx SpecContext) {
		runHelm(ctx, "uninstall", release)
		kinds := strings.Fields(succeed(ctx, "api-resources", "--verbs=list,delete", "--output=name"))
		Eventually(func() string {
			return succeed(ctx, "get", strings.Join(kinds, ","), "--all-namespaces", "--ignore-not-found",
				"--selector=app.kubernetes.io/instance="+release, "--output=name")
		}).Should(BeEmpty())
		Eventually(processes).Should(BeEmpty())
		succeed(ctx, "apply", "--dry-run=server", "-f", refused)
	})
}
