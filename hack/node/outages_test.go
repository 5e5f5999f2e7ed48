package node

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const (
	// outage is longer than the Lease of the replica that leads may go without being renewed.
	outage = 11 * time.Second
	// forgotten is how long a replica refuses all writes that asks what is served while the API server starts: it
	// takes its own definitions for gone until it asks again.
	forgotten = 10 * time.Second
)

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
			time.Sleep(forgotten - aftermath)
		})
		Expect(load.Failed()).To(BeNumerically("<=", perSecond*int(forgotten/time.Second)), load.String)
		Expect(restarts(ctx)).To(Equal(before))
		Expect(pods(ctx)).To(HaveLen(len(were)))
	})
}
