package main_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

var _ = Describe("the Secret of the certificate", Ordered, func() {
	var own *cluster.Cluster
	var into client.Client
	var first *cluster.Webhook
	secret := func() *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.Namespace, Name: "seawall-certificate"}}
	}
	authorities := func(ctx context.Context) []byte {
		var hooks admissionregistrationv1.ValidatingWebhookConfiguration
		Expect(into.Get(ctx, client.ObjectKey{Name: "seawall"}, &hooks)).To(Succeed())
		return hooks.Webhooks[0].ClientConfig.CABundle
	}

	BeforeAll(func(ctx SpecContext) {
		var err error
		lasting := context.WithoutCancel(ctx) // longer than this step
		own, err = cluster.Start(lasting, cluster.Options{Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(own.Stop)
		Expect(own.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		first, err = own.StartWebhook(lasting, cluster.WebhookOptions{})
		Expect(err).NotTo(HaveOccurred())
		into, err = client.New(own.Config, client.Options{Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())
	})

	It("can be deleted without a call that fails", func(ctx SpecContext) {
		other, err := first.StartReplica(context.WithoutCancel(ctx))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(other.Stop)
		before := authorities(ctx)
		over, stop := context.WithCancel(ctx)
		calls, failures := make(chan int, 1), make(chan error, 1)
		go func() {
			defer GinkgoRecover()
			count := 0
			for ; over.Err() == nil; count++ {
				if err := into.Create(ctx, tenants("too-large", 100, nil), client.DryRunAll); !apierrors.IsForbidden(err) {
					failures <- err
					break
				}
				if _, err := shownBy(ctx, other, authorities(ctx)); err != nil {
					failures <- err
					break
				}
			}
			calls <- count
		}()

		Expect(into.Delete(ctx, secret())).To(Succeed())
		Eventually(func(g Gomega) {
			issued := secret()
			g.Expect(into.Get(ctx, client.ObjectKeyFromObject(issued), issued)).To(Succeed())
			g.Expect(issued.Data).To(HaveKey("tls.crt"))
			for _, replica := range []*cluster.Webhook{first, other} {
				certificate, err := shownBy(ctx, replica, issued.Data["ca.crt"])
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(cert.EncodeCertificates(certificate)).To(Equal(issued.Data["tls.crt"]))
			}
		}).WithTimeout(60 * time.Second).Should(Succeed())
		time.Sleep(time.Second)
		stop()
		Expect(failures).NotTo(Receive())
		count := <-calls
		GinkgoWriter.Println("calls while the certificate was replaced:", count, "of each replica; failed: 0")
		Expect(count).To(BeNumerically(">", 100))

		trusted, err := cert.ParseCertsPEM(authorities(ctx))
		Expect(err).NotTo(HaveOccurred())
		former, err := cert.ParseCertsPEM(before)
		Expect(err).NotTo(HaveOccurred())
		Expect(trusted).To(HaveLen(2))
		Expect(trusted[1]).To(Equal(former[0]))
		Expect(trusted[0]).NotTo(Equal(former[0]))
		_, metrics := fetch(first.MetricsURL)
		Expect(metrics).To(ContainSubstring(`seawall_certificate_authorities_made_total{reason="First"} 1`))
		_, others := fetch(other.MetricsURL)
		Expect(strings.Count(metrics+others, `seawall_certificate_authorities_made_total{reason="Lost"} 1`)).To(Equal(1), "whoever was first")
		Expect(os.ReadFile(first.LogFile)).To(ContainSubstring(`the Secret of the certificate is gone`))
		Expect(os.ReadFile(other.LogFile)).To(ContainSubstring(`the Secret of the certificate is gone`))
	}, SpecTimeout(3*time.Minute))

	It("loses former authorities in time, and gets another one before its own ends", func(ctx SpecContext) {
		stored := secret()
		Expect(into.Get(ctx, client.ObjectKeyFromObject(stored), stored)).To(Succeed())
		shown, err := cert.ParseCertsPEM(stored.Data["tls.crt"])
		Expect(err).NotTo(HaveOccurred())
		names := shown[0].DNSNames
		keep := func(data map[string][]byte) {
			stored.Data = data
			Expect(into.Update(ctx, stored)).To(Succeed())
		}
		kept := func(g Gomega) []*x509.Certificate {
			g.Expect(into.Get(ctx, client.ObjectKeyFromObject(stored), stored)).To(Succeed())
			g.Expect(authorities(ctx)).To(Equal(stored.Data["ca.crt"]), "what the API server trusts")
			all, err := cert.ParseCertsPEM(stored.Data["ca.crt"])
			g.Expect(err).NotTo(HaveOccurred())
			return all
		}

		By("a certificate that is more than an hour old, and a former authority beside its own")
		lasting, former := newAuthority(), newAuthority()
		aged := secretOf(lasting, names, time.Now().Add(-3*time.Hour))
		aged["ca.crt"] = append(aged["ca.crt"], former.pem()...)
		keep(aged)
		Eventually(func(g Gomega) {
			g.Expect(kept(g)).To(HaveExactElements(lasting.certificate))
			g.Expect(stored.Data["tls.crt"]).To(Equal(aged["tls.crt"]))
		}).WithTimeout(20 * time.Second).Should(Succeed())

		By("an authority that ends before a certificate of ninety days would")
		ending := authorityFor(80 * 24 * time.Hour)
		keep(secretOf(ending, names, time.Now()))
		Eventually(func(g Gomega) {
			all := kept(g)
			g.Expect(all).To(HaveLen(3), "a new one, and what was trusted")
			g.Expect(all[1:]).To(HaveExactElements(ending.certificate, lasting.certificate))
			certificate, err := shownBy(ctx, first, stored.Data["ca.crt"])
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(certificate.CheckSignatureFrom(all[0])).To(Succeed())
		}).WithTimeout(40 * time.Second).Should(Succeed())
		_, metrics := fetch(first.MetricsURL)
		Expect(metrics).To(ContainSubstring(`seawall_certificate_authorities_made_total{reason="Expiring"} 1`))
	}, SpecTimeout(3*time.Minute))

	It("is waited for by a replica that finds none, and made once that leads", func(ctx SpecContext) {
		Expect(first.Stop()).To(Succeed())
		var lease coordinationv1.Lease
		Expect(into.Get(ctx, client.ObjectKey{Namespace: cluster.Namespace, Name: "seawall"}, &lease)).To(Succeed())
		lease.Spec.HolderIdentity, lease.Spec.RenewTime = new("somebody-else"), new(metav1.NowMicro())
		lease.Spec.LeaseDurationSeconds = new(int32(15))
		Expect(into.Update(ctx, &lease)).To(Succeed())
		Expect(into.Delete(ctx, secret())).To(Succeed())

		late, err := first.StartReplica(context.WithoutCancel(ctx))
		Expect(err).NotTo(HaveOccurred(), "it has neither ended nor waited for ever")
		DeferCleanup(late.Stop)
		log, err := os.ReadFile(late.LogFile)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(log)).To(And(ContainSubstring("no serving certificate yet"), ContainSubstring(`"reason":"Lost"`)))
		Expect(shownBy(ctx, late, authorities(ctx))).NotTo(BeNil())
	}, SpecTimeout(3*time.Minute))

	It("is read once the API server can be reached, which it cannot at the start", func(ctx SpecContext) {
		config, path, err := own.ServiceAccountConfig(ctx, cluster.Namespace, "seawall")
		Expect(err).NotTo(HaveOccurred())
		server, err := url.Parse(config.Host)
		Expect(err).NotTo(HaveOccurred())
		ports, err := cluster.FreePorts(ctx, 1)
		Expect(err).NotTo(HaveOccurred())
		address := "127.0.0.1:" + ports[0]
		kubeconfig, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		away := filepath.Join(GinkgoT().TempDir(), "kubeconfig")
		Expect(os.WriteFile(away, []byte(strings.ReplaceAll(string(kubeconfig), server.Host, address)), 0o600)).To(Succeed())

		started, failed := make(chan *cluster.Webhook, 1), make(chan error, 1)
		go func() {
			replica, err := first.StartReplica(context.WithoutCancel(ctx), "--kubeconfig="+away)
			if err != nil {
				failed <- err
				return
			}
			started <- replica
		}()
		Consistently(failed).WithTimeout(8 * time.Second).ShouldNot(Receive())
		Expect(started).NotTo(Receive())

		listener, err := net.Listen("tcp", address)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(listener.Close)
		go forward(listener, server.Host)
		var replica *cluster.Webhook
		Eventually(started).WithTimeout(60 * time.Second).Should(Receive(&replica))
		Expect(replica.Stop()).To(Succeed())
		Expect(failed).NotTo(Receive())
	}, SpecTimeout(3*time.Minute))
})

// secretOf returns the data of a Secret with an authority and a certificate of it from a time on.
func secretOf(of authority, names []string, from time.Time) map[string][]byte {
	GinkgoHelper()
	data := map[string][]byte{"ca.crt": []byte(of.pem())}
	data["tls.crt"], data["tls.key"] = of.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: from, NotAfter: time.Now().Add(60 * 24 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	var err error
	data["ca.key"], err = keyutil.MarshalPrivateKeyToPEM(of.key)
	Expect(err).NotTo(HaveOccurred())
	return data
}

// shownBy returns the certificate that a replica shows to whoever trusts the authorities.
func shownBy(ctx context.Context, replica *cluster.Webhook, authorities []byte) (*x509.Certificate, error) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authorities)
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}}
	connection, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(replica.URL, "https://"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = connection.Close() }()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// forward passes on what comes, both ways.
func forward(listener net.Listener, address string) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = from.Close() }()
			to, err := net.Dial("tcp", address) //nolint:noctx // as above
			if err != nil {
				return
			}
			defer func() { _ = to.Close() }()
			go func() { _, _ = io.Copy(to, from) }()
			_, _ = io.Copy(from, to)
		}()
	}
}
