package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// isOdd selects by the last digit of their names the Applications about which the second replica is asked.
const isOdd = "object.metadata.name.matches('[13579]$')"

// second starts another replica, and has it be asked about the odd ones of some Applications.
func (g *gated) second(ctx context.Context, names []string, args ...string) *cluster.Webhook {
	GinkgoHelper()
	other, err := g.webhook.StartReplica(context.WithoutCancel(ctx), args...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(other.Stop)
	g.besideEntry(ctx, "other", func(entry *admissionregistrationv1.ValidatingWebhook) {
		entry.ClientConfig.URL = new(strings.Replace(*entry.ClientConfig.URL, g.webhook.URL, other.URL, 1))
		only(isOdd)(entry)
	})
	g.changeEntry(ctx, only("!"+isOdd))
	Eventually(func() []map[string]any {
		Expect(g.begin(ctx, names[1], "b", client.DryRunAll)).To(Succeed())
		return jsonLines(other.LogFile)
	}).WithTimeout(20 * second).WithPolling(100 * time.Millisecond).Should(ContainElement(HaveKeyWithValue("name", names[1])))
	return other
}

// race has Applications start as soon as each is let, end, and become healthy, and returns how many were in flight at
// once at most.
func (g *gated) race(ctx context.Context, names []string) int {
	GinkgoHelper()
	var lock sync.Mutex
	var group sync.WaitGroup
	inFlight, most := 0, 0
	count := func(by int) {
		lock.Lock()
		defer lock.Unlock()
		inFlight += by
		most = max(most, inFlight)
	}
	for _, name := range names {
		group.Go(func() {
			defer GinkgoRecover()
			Eventually(func() error { return g.begin(ctx, name, "b") }).WithTimeout(2 * time.Minute).
				WithPolling(200 * time.Millisecond).Should(Succeed())
			count(1)
			time.Sleep(20 * time.Millisecond)
			count(-1)
			g.end(ctx, name, "b", "Healthy")
		})
	}
	group.Wait()
	return most
}

// judged returns about how many starts of Applications with odd and even names a replica has been asked.
func judged(by *cluster.Webhook, set string) (odd, even int) {
	GinkgoHelper()
	for _, line := range jsonLines(by.LogFile) {
		if name := fmt.Sprint(line["name"]); line["operation"] == "START" && line["dryRun"] != true && strings.HasPrefix(name, set+"-") {
			if strings.ContainsAny(name[len(name)-1:], "13579") {
				odd++
			} else {
				even++
			}
		}
	}
	return odd, even
}

// late is what an API server tells of changes, each time later.
type late struct {
	io.ReadCloser

	by   time.Duration
	told *atomic.Int64
}

func (l late) Read(into []byte) (int, error) {
	n, err := l.ReadCloser.Read(into)
	l.told.Add(1)
	time.Sleep(l.by)
	return n, err
}

// lagging returns a kubeconfig of Seawall by which it learns of changes so much later, and how often it has. All
// else is answered at once.
func (g *gated) lagging(ctx context.Context, by time.Duration) (kubeconfig string, told *atomic.Int64) {
	GinkgoHelper()
	config, path, err := g.plane.ServiceAccountConfig(ctx, cluster.Namespace, "seawall")
	Expect(err).NotTo(HaveOccurred())
	target, err := url.Parse(config.Host)
	Expect(err).NotTo(HaveOccurred())
	told = &atomic.Int64{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1
	proxy.Transport, err = rest.TransportFor(config) // with the token, which nobody sends without TLS
	Expect(err).NotTo(HaveOccurred())
	proxy.ModifyResponse = func(response *http.Response) error {
		if response.Request.URL.Query().Get("watch") == "true" {
			response.Body = late{response.Body, by, told}
		}
		return nil
	}
	server := httptest.NewServer(proxy)
	DeferCleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	text, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	kubeconfig = filepath.Join(GinkgoT().TempDir(), "kubeconfig")
	Expect(os.WriteFile(kubeconfig, []byte(strings.ReplaceAll(string(text), config.Host, server.URL)), 0o600)).To(Succeed())
	return kubeconfig, told
}

var _ = Describe("two replicas that judge starts", func() {
	It("let no more be in flight than one does, however many race, and lose none", func(ctx SpecContext) {
		gate := startGate(ctx, func(*v1alpha1.WavePolicySpec) {})
		names := gate.applications(ctx, "raced", 50)
		other := gate.second(ctx, names)
		Expect(gate.race(ctx, names)).To(BeNumerically("<=", 3))
		Expect(gate.waves(ctx)).To(HaveLen(1))
		Expect(gate.waves(ctx)[0].Status.Peak).To(HaveValue(BeEquivalentTo(3)))
		byOther, none := judged(other, "raced")
		Expect(byOther).To(BeNumerically(">=", 25))
		Expect(none).To(BeZero())
		_, byFirst := judged(gate.webhook, "raced")
		Expect(byFirst).To(BeNumerically(">=", 25))
	})

	It("do so, too, when one of them learns of changes late", func(ctx SpecContext) {
		gate := startGate(ctx, func(*v1alpha1.WavePolicySpec) {})
		names := gate.applications(ctx, "late", 12)
		kubeconfig, told := gate.lagging(ctx, time.Second)
		other := gate.second(ctx, names, "--kubeconfig="+kubeconfig)
		before := told.Load()
		Expect(gate.race(ctx, names)).To(BeNumerically("<=", 3))
		Expect(gate.waves(ctx)[0].Status.Peak).To(HaveValue(BeEquivalentTo(3)))
		byOther, _ := judged(other, "late")
		Expect(byOther).To(BeNumerically(">=", 6))
		Expect(told.Load()).To(BeNumerically(">", before), "it has lagged meanwhile")
	})
})
