package node

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// outage is longer than the Lease of the replica that leads may go without being renewed.
const outage = 11 * time.Second

func outages() {
	It("outlives an outage of the API server without a restart", func(ctx SpecContext) {
		before, were := restarts(ctx), pods(ctx)
		Expect(node.Plane.RestartAPIServer(ctx, outage)).To(Succeed())
		began := time.Now()
		denied(ctx)
		AddReportEntry("denies again after", time.Since(began).Round(time.Millisecond).String(), ReportEntryVisibilityAlways)
		load := underLoad(ctx, func() {
			Expect(node.Reconnect(ctx)).To(Succeed())
			rolledOut(ctx)
		})
		Expect(load.Failed()).To(BeZero(), load.String)
		Expect(restarts(ctx)).To(Equal(before))
		Expect(pods(ctx)).To(HaveLen(len(were)))
	})
}
