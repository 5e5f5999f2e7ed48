package node

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

func releases() {
	// No network plugin here enforces a NetworkPolicy: that of the chart is accepted, which is all that is shown.
	It("is upgraded and rolled back without a failed write", func(ctx SpecContext) {
		load := underLoad(ctx, func() {
			runHelm(ctx, "upgrade", release, chart, "--set", "logLevel=debug",
				"--set", "networkPolicy.apiServer[0].ipBlock.cidr="+nodeAddress+"/32")
			rolledOut(ctx)
			var policy networkingv1.NetworkPolicy
			Expect(api.Get(ctx, client.ObjectKey{Namespace: cluster.Namespace, Name: release}, &policy)).To(Succeed())
			runHelm(ctx, "rollback", release)
			rolledOut(ctx)
		})
		Expect(load.Failed()).To(BeZero(), load.String)
		denied(ctx)
	})
}
