package main_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	burstDenials  = 10_000
	burstClients  = 50
	burstRollouts = 40
	// burstQueue is less than what differs among the denials: 40 rollouts by 50 users.
	burstQueue = 1_000
	burstName  = "burst-"
)

// burst is a load of denials on two replicas, of which one is killed.
type burst struct {
	survivor, victim *cluster.Webhook
	client           *http.Client
	objects          [burstRollouts]*unstructured.Unstructured
	answered, resent atomic.Int64
	// latencies are those of each denial, until it was answered.
	latencies [burstDenials]time.Duration
}

// fire sends every denial, each until a replica has answered it: the API server would ask
// another one too.
func (b *burst) fire(ctx context.Context) {
	GinkgoHelper()
	errs := make([]error, burstClients)
	var group sync.WaitGroup
	for number := range burstClients {
		group.Go(func() {
			for i := number; i < burstDenials && errs[number] == nil; i += burstClients {
				errs[number] = b.one(ctx, i, number)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		Expect(err).NotTo(HaveOccurred())
	}
}

// killHalfway kills the victim when about half of the burst is answered, and returns its
// accounts of the moment before.
func (b *burst) killHalfway(ctx context.Context) (ofEvents, ofReports account) {
	GinkgoHelper()
	Eventually(ctx, b.answered.Load).WithTimeout(2 * time.Minute).WithPolling(time.Millisecond).Should(BeNumerically(">", burstDenials/2))
	ofEvents, ofReports = accountOf(b.victim, "events"), accountOf(b.victim, "reports")
	b.victim.Kill()
	return ofEvents, ofReports
}

func (b *burst) one(ctx context.Context, i, number int) error {
	started := time.Now()
	defer func() { b.latencies[i] = time.Since(started) }()
	request := reviewOf(b.objects[i/burstClients%burstRollouts], fmt.Sprint("user-", number))
	request.UID = types.UID(fmt.Sprint(burstName, i))
	replica := []*cluster.Webhook{b.survivor, b.victim}[i%2]
	response, err := send(ctx, b.client, replica, request)
	if err != nil && replica == b.victim {
		b.resent.Add(1)
		response, err = send(ctx, b.client, b.survivor, request)
	}
	if err == nil && response.Allowed {
		err = fmt.Errorf("denial %d was none", i)
	}
	b.answered.Add(1)
	return err
}

// decided returns the requests of the burst that a replica logged as denied.
func decided(by *cluster.Webhook) map[string]bool {
	uids := map[string]bool{}
	for _, line := range jsonLines(by.LogFile) {
		if uid := fmt.Sprint(line["uid"]); line["action"] == "Deny" && strings.HasPrefix(uid, burstName) {
			Expect(uids).NotTo(HaveKey(uid))
			uids[uid] = true
		}
	}
	return uids
}

// dropsLogged adds up what a replica logged as dropped.
func dropsLogged(by *cluster.Webhook, sink string) int {
	total := 0
	for _, line := range jsonLines(by.LogFile) {
		if line["msg"] == "records dropped" && line["sink"] == sink {
			total += int(line["decisions"].(float64))
		}
	}
	return total
}

// account is what a replica says became of the denials that it decided.
type account struct{ written, dropped, pending int }

func accountOf(replica *cluster.Webhook, sink string) account {
	GinkgoHelper()
	label := fmt.Sprintf("sink=%q", sink)
	return account{
		written: sum(replica, "seawall_records_written_total", label),
		dropped: sum(replica, "seawall_record_drops_total", label),
		pending: sum(replica, "seawall_records_pending", label),
	}
}

func (a account) String() string {
	return fmt.Sprintf("%d written, %d dropped, %d pending", a.written, a.dropped, a.pending)
}

func (a account) total() int { return a.written + a.dropped + a.pending }

// mayWriteEvents gives the webhook its right to write Events, or takes it away.
func mayWriteEvents(ctx context.Context, may bool) {
	GinkgoHelper()
	verbs := []string{"get"}
	if may {
		verbs = []string{"create", "patch"}
	}
	var role rbacv1.ClusterRole
	Expect(api.Get(ctx, client.ObjectKey{Name: "seawall"}, &role)).To(Succeed())
	for i := range role.Rules {
		if role.Rules[i].Resources[0] == "events" {
			role.Rules[i].Verbs = verbs
		}
	}
	Expect(api.Update(ctx, &role)).To(Succeed())
	want := map[bool]string{true: "yes\n", false: "no\n"}[may]
	Eventually(func() string {
		output, err := plane.Kubectl(ctx, nil, "auth", "can-i", "create", "events", "-n", cluster.ArgoCDNamespace,
			"--as=system:serviceaccount:seawall-system:seawall")
		Expect(err).NotTo(HaveOccurred())
		return output.Stdout
	}).WithTimeout(20 * second).Should(Equal(want))
}

func burstReports(ctx context.Context) []openreports.Report {
	GinkgoHelper()
	var all []openreports.Report
	for i := range burstRollouts {
		all = append(all, reportsOf(ctx, fmt.Sprint(burstName, i))...)
	}
	return all
}

func burstEvents(ctx context.Context) []corev1.Event {
	GinkgoHelper()
	var all []corev1.Event
	for i := range burstRollouts {
		all = append(all, eventsOf(ctx, fmt.Sprint(burstName, i))...)
	}
	return all
}

func figuresf(format string, values ...any) {
	AddReportEntry(fmt.Sprintf(format, values...), ReportEntryVisibilityAlways)
}

var _ = Describe("a burst of denials", Serial, func() {
	It("is answered and accounted for when the API server takes no Events and a replica dies", func(ctx SpecContext) {
		mayWriteEvents(ctx, false)
		DeferCleanup(func(ctx SpecContext) { mayWriteEvents(ctx, true) })
		b := &burst{client: trusting(ctx, burstClients)}
		for _, replica := range []**cluster.Webhook{&b.survivor, &b.victim} {
			started, err := webhook.StartReplica(context.Background(), fmt.Sprint("--record-queue=", burstQueue))
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(func() { _ = started.Stop() }) // one of them was killed
			*replica = started
		}
		for i := range b.objects {
			b.objects[i] = tenants(fmt.Sprint(burstName, i), 100, nil)
		}

		By("the burst")
		started := time.Now()
		var group sync.WaitGroup
		var ofEvents, ofReports account
		group.Go(func() {
			defer GinkgoRecover()
			ofEvents, ofReports = b.killHalfway(ctx)
		})
		b.fire(ctx)
		group.Wait()
		took := time.Since(started)
		slices.Sort(b.latencies[:])
		figuresf("%d denials of %d rollouts by %d clients in %.1f s: %.0f a second, median %s, 99th percentile %s; %d answered by the other replica",
			burstDenials, burstRollouts, burstClients, took.Seconds(), burstDenials/took.Seconds(),
			b.latencies[burstDenials/2].Round(time.Millisecond), b.latencies[burstDenials*99/100].Round(time.Millisecond), b.resent.Load())

		By("the logs: no denial is missing")
		bySurvivor, byVictim := decided(b.survivor), decided(b.victim)
		for i := range burstDenials {
			uid := fmt.Sprint(burstName, i)
			Expect(bySurvivor[uid] || byVictim[uid]).To(BeTrue(), uid)
		}

		By("the counters of the replica that lives: decisions are written, dropped or pending")
		for _, sink := range []string{"events", "reports"} {
			of := accountOf(b.survivor, sink)
			figuresf("survivor, after the burst: %d decisions, %s: %s", len(bySurvivor), sink, of)
			Expect(of.total()).To(Equal(len(bySurvivor)))
		}
		Expect(sum(b.survivor, "seawall_admission_decisions_total", `action="Deny"`)).To(Equal(len(bySurvivor)))
		Expect(accountOf(b.survivor, "events").written).To(BeZero())

		By("the reports")
		Eventually(func() int { return accountOf(b.survivor, "reports").pending }).WithTimeout(30 * second).Should(BeZero())
		reports, inReports := burstReports(ctx), 0
		Expect(reports).To(HaveLen(burstRollouts))
		for _, report := range reports {
			decisions, err := strconv.Atoi(report.Annotations[decisionsKey])
			Expect(err).NotTo(HaveOccurred())
			inReports += decisions
			Expect(report.Results).To(HaveLen(20))
			Expect(report.Summary).To(Equal(openreports.ReportSummary{Fail: 20}))
		}
		survivorWrote := accountOf(b.survivor, "reports").written
		victimWrote := inReports - survivorWrote
		figuresf("reports: %d of at most 20 results each, %d decisions: %d by the survivor, %d by the victim", len(reports), inReports, survivorWrote, victimWrote)
		figuresf("victim, just before it was killed: %d decisions in its log in the end; reports: %s; events: %s", len(byVictim), ofReports, ofEvents)
		Expect(victimWrote).To(And(BeNumerically(">=", ofReports.written), BeNumerically("<=", len(byVictim)-ofReports.dropped)))

		By("the Events, which the survivor writes while it ends")
		mayWriteEvents(ctx, true)
		Expect(b.survivor.Stop()).To(Succeed())
		inEvents := 0
		for _, event := range burstEvents(ctx) {
			inEvents += int(event.Count)
		}
		dropped := dropsLogged(b.survivor, "events")
		figuresf("Events: %d that count %d; %d dropped and logged", len(burstEvents(ctx)), inEvents, dropped)
		Expect(dropped).To(BeNumerically(">", 0), "the queue was too small on purpose")
		Expect(inEvents + dropped).To(Equal(len(bySurvivor)))
		Expect(survivorWrote + dropsLogged(b.survivor, "reports")).To(Equal(len(bySurvivor)))
	})
})
