package certificate_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/seawall-dev/seawall/pkg/certificate"
)

const name = "seawall.seawall-system.svc"

// issue returns a Secret with a certificate for name that is valid for an hour from now.
func issue(t *testing.T, now time.Time) *corev1.Secret {
	t.Helper()
	g := gomega.NewWithT(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	keyDER, err := x509.MarshalECPrivateKey(key)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	return &corev1.Secret{Data: map[string][]byte{
		"tls.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}),
		"ca.key":  []byte("never to be written"),
	}}
}

func TestOnlyThePairIsWritten(t *testing.T) {
	g := gomega.NewWithT(t)
	directory := filepath.Join(t.TempDir(), "made")
	now := time.Now()
	g.Expect(certificate.Write(directory, issue(t, now))).To(gomega.Succeed())
	entries, err := os.ReadDir(directory)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	g.Expect(names).To(gomega.ConsistOf("tls.crt", "tls.key"))
	g.Expect(certificate.Check(directory, now, name)).To(gomega.Succeed())
}

func TestASecretThatIsNotAPairLeavesTheDirectoryAlone(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		damage func(*corev1.Secret)
		fails  bool
	}{
		"an empty one, as the chart makes it": {damage: func(s *corev1.Secret) { s.Data = nil }},
		"one without a key":                   {damage: func(s *corev1.Secret) { delete(s.Data, "tls.key") }},
		"one whose key is another's":          {damage: func(s *corev1.Secret) { s.Data["tls.key"] = issue(t, now).Data["tls.key"] }, fails: true},
		"one that is no PEM":                  {damage: func(s *corev1.Secret) { s.Data["tls.crt"] = []byte("x") }, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			directory := t.TempDir()
			g.Expect(certificate.Write(directory, issue(t, now))).To(gomega.Succeed())
			before, err := os.ReadFile(filepath.Join(directory, "tls.crt"))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			damaged := issue(t, now)
			test.damage(damaged)
			if err := certificate.Write(directory, damaged); test.fails {
				g.Expect(err).To(gomega.HaveOccurred())
			} else {
				g.Expect(err).NotTo(gomega.HaveOccurred())
			}
			g.Expect(os.ReadFile(filepath.Join(directory, "tls.crt"))).To(gomega.Equal(before))
		})
	}
}

func TestCheck(t *testing.T) {
	now := time.Now()
	for what, test := range map[string]struct {
		at   time.Time
		name string
		want string
	}{
		"an expired certificate":    {at: now.Add(2 * time.Hour), name: name, want: "is valid from"},
		"one that is not valid yet": {at: now.Add(-2 * time.Hour), name: name, want: "is valid from"},
		"one for another name":      {at: now, name: "other.svc", want: "other.svc"},
	} {
		t.Run(what, func(t *testing.T) {
			g := gomega.NewWithT(t)
			directory := t.TempDir()
			g.Expect(certificate.Check(directory, now)).To(gomega.MatchError(gomega.ContainSubstring("no serving certificate yet")))
			g.Expect(certificate.Write(directory, issue(t, now))).To(gomega.Succeed())
			g.Expect(certificate.Check(directory, test.at, test.name)).To(gomega.MatchError(gomega.ContainSubstring(test.want)))
		})
	}
}

func TestExpiry(t *testing.T) {
	g := gomega.NewWithT(t)
	directory, now := t.TempDir(), time.Now()
	_, err := certificate.Expiry(directory)
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("no serving certificate yet")))
	g.Expect(certificate.Write(directory, issue(t, now))).To(gomega.Succeed())
	g.Expect(certificate.Expiry(directory)).To(gomega.BeTemporally("~", now.Add(time.Hour), time.Second))
}
