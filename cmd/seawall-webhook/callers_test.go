package main_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func newAuthority() authority { return authorityFor(365 * 24 * time.Hour) }

// authorityFor returns one that lasts for a time.
func authorityFor(lasts time.Duration) authority {
	GinkgoHelper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(lasts),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	Expect(err).NotTo(HaveOccurred())
	certificate, err := x509.ParseCertificate(signed)
	Expect(err).NotTo(HaveOccurred())
	return authority{certificate, key}
}

func (a authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: cert.CertificateBlockType, Bytes: a.certificate.Raw}))
}

// client returns a certificate and its key, in PEM.
func (a authority) client(name string) (certificate, key []byte) {
	GinkgoHelper()
	return a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// issue is client for any certificate.
func (a authority) issue(template *x509.Certificate) (certificate, key []byte) {
	GinkgoHelper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template.SerialNumber = big.NewInt(2)
	signed, err := x509.CreateCertificate(rand.Reader, template, a.certificate, private.Public(), a.key)
	Expect(err).NotTo(HaveOccurred())
	key, err = keyutil.MarshalPrivateKeyToPEM(private)
	Expect(err).NotTo(HaveOccurred())
	return pem.EncodeToMemory(&pem.Block{Type: cert.CertificateBlockType, Bytes: signed}), key
}

// admissionConfiguration is that of docs/authentication.md, for a webhook that is called by URL.
const admissionConfiguration = `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: ValidatingAdmissionWebhook
    configuration:
      apiVersion: apiserver.config.k8s.io/v1
      kind: WebhookAdmissionConfiguration
      kubeConfigFile: %[1]s/kubeconfig
`

const admissionKubeconfig = `apiVersion: v1
kind: Config
users:
  - name: "*"
    user:
      client-certificate: %[1]s/client.crt
      client-key: %[1]s/client.key
`

// presenting starts a control plane whose API server calls webhooks with a certificate.
func presenting(certificate, key []byte) *cluster.Cluster {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	for name, content := range map[string]string{
		"client.crt": string(certificate), "client.key": string(key),
		"kubeconfig": fmt.Sprintf(admissionKubeconfig, dir), "admission.yaml": fmt.Sprintf(admissionConfiguration, dir),
	} {
		Expect(os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600)).To(Succeed())
	}
	started, err := cluster.Start(context.Background(), cluster.Options{
		Progress:    GinkgoWriter,
		ServerFlags: map[string]string{"admission-control-config-file": filepath.Join(dir, "admission.yaml")},
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(started.Stop()).To(Succeed()) })
	return started
}

// caller returns an HTTP client with a certificate of the authority.
func caller(of authority, name string) *http.Client {
	GinkgoHelper()
	pair, err := tls.X509KeyPair(of.client(name))
	Expect(err).NotTo(HaveOccurred())
	// Who asks for answers by forged reviews does not care who gives them.
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}},
	}}
}

var _ = Describe("a webhook that knows the API server by its certificate", func() {
	It("answers it and nobody else, while authorities are replaced", func(ctx SpecContext) {
		ours, theirs := newAuthority(), newAuthority()
		own := presenting(ours.client("kube-apiserver"))
		Expect(own.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		file := filepath.Join(GinkgoT().TempDir(), "ca.crt")
		trust := func(bundle string) { Expect(os.WriteFile(file, []byte(bundle), 0o600)).To(Succeed()) }
		trust(ours.pem())
		guarded, err := own.StartWebhook(ctx, cluster.WebhookOptions{
			Args: []string{"--client-ca=" + file},
			Values: map[string]any{"webhook": map[string]any{
				"clientCA": map[string]any{"configMap": "kube-root-ca.crt", "subjects": []any{"kube-apiserver"}},
			}},
		})
		Expect(err).NotTo(HaveOccurred(), "the API server is answered")
		create := func(name string) error {
			return own.Client().Create(ctx, tenants(name, 100, nil))
		}
		Expect(create("known")).To(denied("wave 1 syncs 100 environments"))
		Expect(jsonLines(guarded.LogFile)).To(ContainElement(And(HaveKeyWithValue("name", "known"), HaveKeyWithValue("authenticated", true))))

		By("forged reviews")
		forged := func(by *http.Client, name string) error {
			_, err := send(ctx, by, guarded, reviewOf(tenants(name, 100, nil), "eve"))
			return err
		}
		nobody := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		refused := HaveOccurred() // no answer: of TLS or of the connection, whichever the client sees first
		Expect(forged(nobody, "forged")).To(refused)
		Expect(forged(caller(theirs, "kube-apiserver"), "forged")).To(refused)
		Expect(forged(caller(ours, "system:node:eve"), "forged")).To(refused)
		Expect(forged(caller(ours, "kube-apiserver"), "presented")).To(Succeed(), "who has such a certificate is the API server")
		for _, reason := range []string{"NoCertificate", "Untrusted", "Subject"} {
			Expect(sum(guarded, "seawall_callers_refused_total", `reason="`+reason+`"`)).To(Equal(1), reason)
		}
		Expect(jsonLines(guarded.LogFile)).NotTo(ContainElement(HaveKeyWithValue("name", "forged")))
		status, body := fetch(guarded.HealthURL + "/readyz?verbose")
		Expect(status).To(Equal(http.StatusOK), "health needs no certificate")
		Expect(body).To(ContainSubstring("[+]webhook ok"))

		By("a report of what is certain")
		scoped, err := client.New(own.Config, client.Options{Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())
		var list openreports.ReportList
		Eventually(func(g Gomega) {
			g.Expect(scoped.List(ctx, &list, client.InNamespace(cluster.ArgoCDNamespace), ourReports())).To(Succeed())
			found := slices.IndexFunc(list.Items, func(r openreports.Report) bool { return r.Scope.Name == "known" })
			g.Expect(found).To(BeNumerically(">=", 0))
			g.Expect(list.Items[found].Annotations).To(HaveKeyWithValue("seawall.dev/authenticated", "true"))
			g.Expect(list.Items[found].Results[0].Properties).To(HaveKeyWithValue("authenticated", "true"))
		}).WithTimeout(10 * second).Should(Succeed())

		By("another authority beside the first, then without it, and back")
		byTheirs := func() error { return forged(caller(theirs, "kube-apiserver"), "rotated") }
		trust(ours.pem() + theirs.pem())
		Eventually(byTheirs).WithTimeout(20 * second).Should(Succeed())
		Expect(create("overlapping")).To(denied(""))
		trust(theirs.pem())
		Eventually(func() error { return create("withdrawn") }).WithTimeout(20*second).Should(
			And(Satisfy(apierrors.IsInternalError), MatchError(ContainSubstring("failed calling webhook"))), "on the connection that it has, too")
		Expect(byTheirs()).To(Succeed())
		trust(ours.pem())
		Eventually(func() error { return create("back") }).WithTimeout(20 * second).Should(denied(""))
		Expect(byTheirs()).To(refused)
		Expect(guarded.Stop()).To(Succeed())
	})

	It("does not start without its authorities", func(ctx SpecContext) {
		_, err := webhook.StartReplica(ctx, "--client-ca=/nowhere/ca.crt", "--lease=")
		Expect(err).To(MatchError(ContainSubstring("--client-ca: authorities of callers: open /nowhere/ca.crt: no such file")))
	})
})
