package main_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const startsEntry = "starts.seawall.dev"

// startsConfiguration returns the stored webhook configuration, and its entry for starts.
func (g *gated) startsConfiguration(ctx context.Context) (*admissionregistrationv1.ValidatingWebhookConfiguration, *admissionregistrationv1.ValidatingWebhook) {
	GinkgoHelper()
	var stored admissionregistrationv1.ValidatingWebhookConfiguration
	Expect(g.admin.Get(ctx, client.ObjectKey{Name: "seawall"}, &stored)).To(Succeed())
	for i := range stored.Webhooks {
		if stored.Webhooks[i].Name == startsEntry {
			return &stored, &stored.Webhooks[i]
		}
	}
	Fail("there is no entry " + startsEntry)
	return nil, nil
}

// changeEntry changes the entry for starts.
func (g *gated) changeEntry(ctx context.Context, change func(*admissionregistrationv1.ValidatingWebhook)) {
	GinkgoHelper()
	Expect(retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		stored, entry := g.startsConfiguration(ctx)
		change(entry)
		return g.admin.Update(ctx, stored)
	})).To(Succeed())
}

// besideEntry adds a configuration with a changed copy of the entry for starts.
func (g *gated) besideEntry(ctx context.Context, name string, change func(*admissionregistrationv1.ValidatingWebhook)) {
	GinkgoHelper()
	_, entry := g.startsConfiguration(ctx)
	beside := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	beside.Name = name
	copied := entry.DeepCopy()
	copied.Name = name + ".example.com"
	change(copied)
	beside.Webhooks = []admissionregistrationv1.ValidatingWebhook{*copied}
	Expect(g.admin.Create(ctx, beside)).To(Succeed())
}

func only(expression string) func(*admissionregistrationv1.ValidatingWebhook) {
	return func(entry *admissionregistrationv1.ValidatingWebhook) {
		entry.MatchConditions = append(entry.MatchConditions, admissionregistrationv1.MatchCondition{Name: "only", Expression: expression})
	}
}

// slots returns the names of who is in flight in all Waves.
func (g *gated) slots(ctx context.Context) []string {
	GinkgoHelper()
	names := []string{}
	for _, wave := range g.waves(ctx) {
		for _, entry := range wave.Status.InFlight {
			names = append(names, entry.Name)
		}
	}
	return names
}

// noted has Argo CD write what it writes after a start that the API server did not take.
func (g *gated) noted(ctx context.Context, name string) {
	GinkgoHelper()
	Eventually(func() error {
		return g.change(ctx, g.argoCD, name, func(app map[string]any) {
			app["status"].(map[string]any)["conditions"] = []any{map[string]any{"type": "SyncError", "message": "not stored"}}
		})
	}).Should(Succeed())
}

// relay passes connections on, and can keep the answers.
type relay struct {
	url     string
	keeping atomic.Bool
	callers sync.Map
}

// deliver passes answers on again: on new connections, as the others lack some of what was said.
func (r *relay) deliver() {
	r.keeping.Store(false)
	r.callers.Range(func(caller, _ any) bool {
		_ = caller.(net.Conn).Close()
		return true
	})
}

func startRelay(to string) *relay {
	GinkgoHelper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "localhost:0")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(listener.Close)
	r := &relay{url: strings.Replace(listener.Addr().String(), "127.0.0.1", "https://localhost", 1)}
	go func() {
		for {
			caller, err := listener.Accept()
			if err != nil {
				return
			}
			go r.pass(caller, strings.TrimPrefix(to, "https://"))
		}
	}()
	return r
}

func (r *relay) pass(caller net.Conn, to string) {
	r.callers.Store(caller, true)
	defer r.callers.Delete(caller)
	defer func() { _ = caller.Close() }()
	called, err := (&net.Dialer{}).Dial("tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = called.Close() }()
	go func() {
		_, _ = io.Copy(called, caller)
		_ = called.Close()
	}()
	_, _ = io.Copy(answers{caller, r}, called)
}

// answers are those of a relay, which keeps them for good while it is told to.
type answers struct {
	net.Conn

	relay *relay
}

func (a answers) Write(answer []byte) (int, error) {
	if a.relay.keeping.Load() {
		return len(answer), nil
	}
	return a.Conn.Write(answer)
}

func oneAtATime(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "0.01" }

var _ = Describe("a start of which the API server gets no answer", Ordered, func() {
	var (
		gate  *gated
		relay *relay
		names []string
	)

	BeforeAll(func(ctx SpecContext) {
		gate = startGate(context.WithoutCancel(ctx), oneAtATime)
		names = gate.applications(ctx, "lost", 5)
		relay = startRelay(gate.webhook.URL)
		gate.changeEntry(ctx, func(entry *admissionregistrationv1.ValidatingWebhook) {
			path := strings.TrimPrefix(*entry.ClientConfig.URL, gate.webhook.URL)
			entry.ClientConfig.URL = new(relay.url + path)
		})
		Eventually(func() error {
			relay.keeping.Store(true)
			defer relay.deliver()
			return gate.begin(ctx, names[0], "b", client.DryRunAll)
		}).WithTimeout(20*second).Should(Satisfy(apierrors.IsInternalError), "the API server calls the relay now")
	})

	// die has the replica die once it has given a slot and before it has said so.
	die := func(ctx context.Context, name string) {
		GinkgoHelper()
		Expect(gate.begin(ctx, name, "b", client.DryRunAll)).To(Succeed(), "there is a connection")
		relay.keeping.Store(true)
		answered := make(chan error, 1)
		go func() {
			answered <- gate.begin(ctx, name, "b")
		}()
		Eventually(func() []string { return gate.slots(ctx) }).WithTimeout(60 * second).Should(Equal([]string{name}))
		gate.webhook.Kill()
		Eventually(answered).WithTimeout(20 * second).Should(Receive(Satisfy(apierrors.IsInternalError)))
		relay.deliver()
		Expect(gate.webhook.Restart(context.WithoutCancel(ctx))).To(Succeed())
	}

	It("is not given a second slot, nor is its own given to another", func(ctx SpecContext) {
		die(ctx, names[0])
		Expect(gate.begin(ctx, names[1], "b")).To(held("1 of ApplicationSet argocd/lost is in flight (lost-00)"))
		Expect(gate.begin(ctx, names[0], "b")).To(Succeed())
		Expect(gate.slots(ctx)).To(Equal(names[:1]))
		gate.end(ctx, names[0], "b", "Healthy")
	})

	It("frees its slot as soon as it is seen that nothing has begun", func(ctx SpecContext) {
		Eventually(func() []string { return gate.slots(ctx) }).WithTimeout(60 * second).Should(BeEmpty())
		die(ctx, names[1])
		Expect(gate.begin(ctx, names[2], "b")).To(held("1 of ApplicationSet argocd/lost is in flight (lost-01)"))
		gate.noted(ctx, names[1])
		Eventually(func() error { return gate.begin(ctx, names[2], "b") }).WithTimeout(60 * second).Should(Succeed())
		Expect(gate.slots(ctx)).To(Equal(names[2:3]))
		gate.end(ctx, names[2], "b", "Healthy")
	})

	It("frees it, too, when another webhook has refused the start", func(ctx SpecContext) {
		Eventually(func() []string { return gate.slots(ctx) }).WithTimeout(60 * second).Should(BeEmpty())
		gate.besideEntry(ctx, "another", func(entry *admissionregistrationv1.ValidatingWebhook) {
			entry.ClientConfig.URL = new("https://localhost:1/nobody")
			only("object.metadata.name == 'lost-03'")(entry)
		})
		Eventually(func() error { return gate.begin(ctx, names[3], "b") }).WithTimeout(20 * second).Should(Satisfy(apierrors.IsInternalError))
		Expect(gate.slots(ctx)).To(Equal(names[3:4]))
		Expect(gate.begin(ctx, names[4], "b")).To(held("1 of"))
		gate.noted(ctx, names[3])
		Eventually(func() error { return gate.begin(ctx, names[4], "b") }).WithTimeout(60 * second).Should(Succeed())
	})
})
