package certificate

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
	"k8s.io/client-go/util/cert"
)

const host = "seawall.seawall-system.svc"

// issue returns a Secret with a certificate for host that is valid for an hour from now.
func issue(t *testing.T, now time.Time) *corev1.Secret {
	t.Helper()
	g := gomega.NewWithT(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	keyDER, err := x509.MarshalECPrivateKey(key)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	return &corev1.Secret{Data: map[string][]byte{
		"tls.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}),
		"ca.key":  []byte("never to be held"),
	}}
}

// mount writes what a Secret has into a directory, as the kubelet does.
func mount(t *testing.T, directory string, data map[string][]byte) {
	t.Helper()
	for name, content := range data {
		gomega.NewWithT(t).Expect(os.WriteFile(filepath.Join(directory, name), content, 0o600)).To(gomega.Succeed())
	}
}

func TestASecretThatIsNotAPairLeavesWhatIsHeld(t *testing.T) {
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
			var held Held
			g.Expect(held.hold(issue(t, now))).To(gomega.Succeed())
			before, err := held.Certificate()
			g.Expect(err).NotTo(gomega.HaveOccurred())
			damaged := issue(t, now)
			test.damage(damaged)
			if err := held.hold(damaged); test.fails {
				g.Expect(err).To(gomega.HaveOccurred())
			} else {
				g.Expect(err).NotTo(gomega.HaveOccurred())
			}
			g.Expect(held.Certificate()).To(gomega.BeIdenticalTo(before))
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
		"an expired certificate":    {at: now.Add(2 * time.Hour), name: host, want: "is valid from"},
		"one that is not valid yet": {at: now.Add(-2 * time.Hour), name: host, want: "is valid from"},
		"one for another name":      {at: now, name: "other.svc", want: "other.svc"},
	} {
		t.Run(what, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var held Held
			g.Expect(held.Check(now)).To(gomega.MatchError("no serving certificate yet"))
			g.Expect(held.hold(issue(t, now))).To(gomega.Succeed())
			g.Expect(held.Check(now, host)).To(gomega.Succeed())
			g.Expect(held.Check(test.at, test.name)).To(gomega.MatchError(gomega.ContainSubstring(test.want)))
		})
	}
}

func TestExpiry(t *testing.T) {
	g := gomega.NewWithT(t)
	var held Held
	now := time.Now()
	_, err := held.Expiry()
	g.Expect(err).To(gomega.MatchError("no serving certificate yet"))
	g.Expect(held.hold(issue(t, now))).To(gomega.Succeed())
	g.Expect(held.Expiry()).To(gomega.BeTemporally("~", now.Add(time.Hour), time.Second))
}

func TestAuthoritiesOfWhatIsMounted(t *testing.T) {
	g := gomega.NewWithT(t)
	now, one, other := time.Now(), authority(t), authority(t)
	directory := t.TempDir()
	own, _ := cert.EncodeCertificates(other.certificate)
	of := func(bundle []byte) ([]*x509.Certificate, error) {
		return Mounted{Directory: directory, Bundle: bundle}.authorities()
	}
	g.Expect(of(nil)).To(gomega.BeEmpty(), "it may be one that every system trusts")
	mount(t, directory, map[string][]byte{"ca.crt": {}})
	g.Expect(of(nil)).To(gomega.BeEmpty())
	mount(t, directory, made(t, one, now))
	g.Expect(of(nil)).To(gomega.HaveExactElements(one.certificate))
	g.Expect(of(own)).To(gomega.HaveExactElements(other.certificate), "the operator has said so")
	_, err := of([]byte("x"))
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("want certificates in PEM")))
}
