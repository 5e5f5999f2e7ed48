package certificate_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/certificate"
)

// authority signs certificates.
type authority struct {
	t           *testing.T
	certificate *x509.Certificate
	key         crypto.Signer
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	issued := authority{t: t, certificate: template}.sign(template)
	return authority{t: t, certificate: issued.Leaf, key: issued.PrivateKey.(crypto.Signer)}
}

// sign signs with its own key, or with that of the certificate if it has none yet.
func (a authority) sign(template *x509.Certificate) tls.Certificate {
	a.t.Helper()
	g := gomega.NewWithT(a.t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	signer := a.key
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), signer)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	leaf, err := x509.ParseCertificate(der)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (a authority) client(name string, change ...func(*x509.Certificate)) tls.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, change := range change {
		change(template)
	}
	return a.sign(template)
}

func (a authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// guarded is a server that only those may call whom a file of authorities lets.
type guarded struct {
	*httptest.Server

	file    string
	lock    sync.Mutex
	refused []string
}

func newGuarded(t *testing.T, authorities ...authority) *guarded {
	t.Helper()
	g := gomega.NewWithT(t)
	s := &guarded{file: filepath.Join(t.TempDir(), "ca.crt")}
	s.trust(t, authorities...)
	callers, err := certificate.NewCallers(s.file, []string{"kube-apiserver", "kube-apiserver-kubelet-client"}, s.refuse, slog.New(slog.DiscardHandler))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- callers.Start(ctx) }()
	s.Server = httptest.NewUnstartedServer(callers.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	callers.Require(s.TLS)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	s.StartTLS()
	t.Cleanup(func() {
		stop()
		g.Expect(<-ended).To(gomega.Succeed())
		s.Close()
	})
	return s
}

func (s *guarded) trust(t *testing.T, authorities ...authority) {
	t.Helper()
	var bundle [][]byte
	for _, authority := range authorities {
		bundle = append(bundle, authority.pem())
	}
	s.write(t, bytes.Join(bundle, nil))
}

func (s *guarded) write(t *testing.T, content []byte) {
	t.Helper()
	gomega.NewWithT(t).Expect(os.WriteFile(s.file, content, 0o600)).To(gomega.Succeed())
}

func (s *guarded) refuse(reason string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.refused = append(s.refused, reason)
}

func (s *guarded) reasons() []string {
	s.lock.Lock()
	defer s.lock.Unlock()
	return append([]string{}, s.refused...)
}

// by returns a client that keeps its connection.
func (s *guarded) by(certificates ...tls.Certificate) *http.Client {
	transport := s.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.Certificates = certificates
	return &http.Client{Transport: transport}
}

// call returns the status of an answer, 0 for none.
func (s *guarded) call(t *testing.T, client *http.Client) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, http.NoBody)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func TestWhoMayCall(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	server := newGuarded(t, ours)
	between := ours.client("between", func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	chained := authority{t: t, certificate: between.Leaf, key: between.PrivateKey.(crypto.Signer)}.client("kube-apiserver")
	chained.Certificate = append(chained.Certificate, between.Certificate...)
	for name, test := range map[string]struct {
		with    []tls.Certificate
		refused []string
	}{
		"the API server":                         {with: []tls.Certificate{ours.client("kube-apiserver")}},
		"by its other name":                      {with: []tls.Certificate{ours.client("kube-apiserver-kubelet-client")}},
		"by an authority between":                {with: []tls.Certificate{chained}},
		"nobody":                                 {refused: []string{certificate.RefusedWithout}},
		"somebody of another authority":          {with: []tls.Certificate{theirs.client("kube-apiserver")}, refused: []string{certificate.RefusedUntrusted}},
		"somebody else of the authority":         {with: []tls.Certificate{ours.client("kube-apiserver-x")}, refused: []string{certificate.RefusedSubject}},
		"a name in another case":                 {with: []tls.Certificate{ours.client("Kube-APIServer")}, refused: []string{certificate.RefusedSubject}},
		"an organization of the name":            {with: []tls.Certificate{ours.client("", func(c *x509.Certificate) { c.Subject.Organization = []string{"kube-apiserver"} })}, refused: []string{certificate.RefusedSubject}},
		"a certificate for servers":              {with: []tls.Certificate{ours.client("kube-apiserver", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })}, refused: []string{certificate.RefusedUntrusted}},
		"a certificate that is over":             {with: []tls.Certificate{ours.client("kube-apiserver", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })}, refused: []string{certificate.RefusedUntrusted}},
		"a trusted certificate behind one's own": {with: []tls.Certificate{behind(theirs.client("kube-apiserver"), ours.client("kube-apiserver"))}, refused: []string{certificate.RefusedUntrusted}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			before := len(server.reasons())
			want := http.StatusNoContent
			if test.refused != nil {
				want = 0
			}
			g.Expect(server.call(t, server.by(test.with...))).To(gomega.Equal(want))
			g.Eventually(func() []string { return server.reasons()[before:] }).Should(gomega.HaveExactElements(test.refused))
		})
	}
}

// behind returns a certificate whose chain goes on with another.
func behind(first, then tls.Certificate) tls.Certificate {
	first.Certificate = append(first.Certificate, then.Certificate...)
	return first
}

// TestAuthoritiesOfCallersAreReplacedWhileTheyCall holds that no call fails while both are
// trusted, and that a connection does not outlive the trust in its authority.
func TestAuthoritiesOfCallersAreReplacedWhileTheyCall(t *testing.T) {
	g := gomega.NewWithT(t)
	before, after := newAuthority(t), newAuthority(t)
	server := newGuarded(t, before)
	early := server.by(before.client("kube-apiserver"))
	late := func() int { return server.call(t, server.by(after.client("kube-apiserver"))) }
	g.Expect(server.call(t, early)).To(gomega.Equal(http.StatusNoContent))
	g.Expect(late()).To(gomega.BeZero())

	server.trust(t, before, after)
	g.Eventually(late).WithTimeout(15 * time.Second).Should(gomega.Equal(http.StatusNoContent))
	g.Expect(server.call(t, early)).To(gomega.Equal(http.StatusNoContent))

	server.trust(t, after)
	g.Eventually(func() int { return server.call(t, early) }).WithTimeout(15*time.Second).
		Should(gomega.Equal(http.StatusUnauthorized), "on the connection that it has")
	g.Expect(server.call(t, early)).To(gomega.BeZero(), "and on no other")
	g.Expect(late()).To(gomega.Equal(http.StatusNoContent))

	server.write(t, []byte("-----BEGIN"))
	g.Consistently(late).WithTimeout(7*time.Second).WithPolling(time.Second).Should(gomega.Equal(http.StatusNoContent), "the last that were read")
	g.Expect(server.call(t, early)).To(gomega.BeZero())
}

func TestAFileWithoutAuthoritiesIsAnError(t *testing.T) {
	g := gomega.NewWithT(t)
	file := filepath.Join(t.TempDir(), "ca.crt")
	open := func() error {
		_, err := certificate.NewCallers(file, []string{"kube-apiserver"}, func(string) {}, slog.New(slog.DiscardHandler))
		return err
	}
	g.Expect(open()).To(gomega.MatchError(gomega.And(gomega.ContainSubstring(file), gomega.ContainSubstring("no such file"))))
	g.Expect(os.WriteFile(file, []byte("x"), 0o600)).To(gomega.Succeed())
	g.Expect(open()).To(gomega.MatchError(gomega.ContainSubstring(file + ": want certificates in PEM")))
}

// BenchmarkHandler measures what a review pays for its caller's certificate.
func BenchmarkHandler(b *testing.B) {
	t := &testing.T{}
	ours := newAuthority(t)
	file := filepath.Join(b.TempDir(), "ca.crt")
	if err := os.WriteFile(file, ours.pem(), 0o600); err != nil {
		b.Fatal(err)
	}
	callers, err := certificate.NewCallers(file, []string{"kube-apiserver"}, func(string) {}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	served := callers.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	request := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/", http.NoBody)
	request.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{ours.client("kube-apiserver").Leaf}}
	b.ReportAllocs()
	for b.Loop() {
		served.ServeHTTP(httptest.NewRecorder(), request)
	}
}
