package argocd

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// slow is a refresh that nobody waits for who is nudged.
const slow = time.Minute

var _ = Describe("With the sync gate and the nudge", Ordered, func() {
	var seawall *cluster.Webhook

	BeforeAll(func() {
		Expect(argo.Restart(life, slow)).To(Succeed())
		DeferCleanup(func() { Expect(argo.Restart(life, refresh)).To(Succeed()) })
		seawall = installWith("testdata/gate.yaml", map[string]any{"syncGate": map[string]any{"enabled": true, "nudge": true}})
	})

	It("all are delivered before Argo CD looks at them again by itself, and no more are in flight", func(ctx SpecContext) {
		group := fleet.Environments[:12]
		recorder := record(ctx)
		revision := release(ctx, "v20", group...)
		Expect(fleet.Nudge(ctx, fleet.Environments...)).To(Succeed()) // as a webhook of git has it
		delivered := until(ctx, recorder, fleet.At(revision))
		asked := nudges(seawall)
		AddReportEntry("nudged", fmt.Sprintf("%s; %d nudges", delivered.Summary(), asked), ReportEntryVisibilityAlways)
		Expect(delivered.Started()).To(ConsistOf(group))
		Expect(delivered.MostInFlight).To(Equal(most))
		Expect(delivered.MostRolling).To(BeNumerically("<=", most))
		Expect(delivered.Took()).To(BeNumerically("<", slow))
		Expect(asked).To(And(BeNumerically(">=", len(group)-most), BeNumerically("<=", len(group)+most)), "one for each start is enough")
	})
})

// nudges returns how many Applications Seawall has had Argo CD look at.
func nudges(of *cluster.Webhook) int {
	GinkgoHelper()
	response, err := http.Get(of.MetricsURL) //nolint:noctx // a server of this test's own, on loopback
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	found := regexp.MustCompile(`(?m)^seawall_starts_nudges_total\{result="Nudged"\} (\d+)$`).FindSubmatch(text)
	Expect(found).To(HaveLen(2))
	number, err := strconv.Atoi(string(found[1]))
	Expect(err).NotTo(HaveOccurred())
	return number
}
