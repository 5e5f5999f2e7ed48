package certificate

import (
	"crypto/x509"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/cert"
)

// hooksBy returns two webhooks that trust authorities, and nobody in particular without any.
func hooksBy(t *testing.T, authorities ...*pair) *hooks {
	t.Helper()
	var bundle []byte
	if len(authorities) > 0 {
		all := make([]*x509.Certificate, len(authorities))
		for i, one := range authorities {
			all[i] = one.certificate
		}
		var err error
		bundle, err = cert.EncodeCertificates(all...)
		gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	}
	read := &hooks{}
	for range 2 {
		read.Webhooks = append(read.Webhooks, admissionregistrationv1.ValidatingWebhook{
			ClientConfig: admissionregistrationv1.WebhookClientConfig{CABundle: bundle},
		})
	}
	return read
}

func heldBy(t *testing.T, signer *pair) *Held {
	t.Helper()
	held := &Held{}
	gomega.NewWithT(t).Expect(held.hold(&corev1.Secret{Data: made(t, signer, time.Now())})).To(gomega.Succeed())
	return held
}

// TestAReplicaIsReadyWhenTheAPIServerTrustsIt holds that none is called before, and that the API server has had the time
// to hear of it where it could call others.
func TestAReplicaIsReadyWhenTheAPIServerTrustsIt(t *testing.T) {
	g := gomega.NewWithT(t)
	now, own, other := time.Now(), authority(t), authority(t)
	mounted := &Trust{WebhookConfiguration: "seawall", Held: &Held{}, Mounted: Mounted{Directory: t.TempDir()}}
	g.Expect(mounted.Check(now)).To(gomega.MatchError(gomega.ContainSubstring("has not been read yet")))
	mounted.known = hooksBy(t)
	g.Expect(mounted.Check(now)).To(gomega.MatchError("no serving certificate yet"))
	mounted.Held = heldBy(t, own)
	g.Expect(mounted.Check(now)).To(gomega.Succeed(), "nobody knows whom every system trusts")
	mounted.tells = true
	g.Expect(mounted.Check(now)).To(gomega.MatchError(gomega.ContainSubstring("caBundle in ValidatingWebhookConfiguration seawall")))
	mounted.known = hooksBy(t, own)
	g.Expect(mounted.Check(now)).To(gomega.Succeed(), "nobody could be called before")

	mounted.known = hooksBy(t, other)
	g.Expect(mounted.Check(now)).To(gomega.MatchError(gomega.ContainSubstring("unknown authority")))
	mounted.known = hooksBy(t, own, other)
	g.Expect(mounted.Check(now.Add(9 * time.Second))).To(gomega.MatchError(gomega.ContainSubstring("less than 10s ago")))
	g.Expect(mounted.Check(now.Add(10 * time.Second))).To(gomega.Succeed())
	mounted.known.Webhooks[1] = hooksBy(t, other).Webhooks[1]
	g.Expect(mounted.Check(now.Add(time.Minute))).To(gomega.MatchError(gomega.ContainSubstring("unknown authority")), "both are called")

	issued := &Trust{WebhookConfiguration: "seawall", Held: heldBy(t, own), known: hooksBy(t)}
	g.Expect(issued.Check(now)).To(gomega.MatchError(gomega.ContainSubstring("unknown authority")), "no system trusts it")
}

// TestAnotherCertificateIsShownOnceItIsTrusted holds that no call fails when what is mounted changes.
func TestAnotherCertificateIsShownOnceItIsTrusted(t *testing.T) {
	g := gomega.NewWithT(t)
	now, own, next := time.Now(), authority(t), authority(t)
	directory := t.TempDir()
	trust := &Trust{Held: &Held{}, Mounted: Mounted{Directory: directory}, known: hooksBy(t, own), tells: true, log: logr.Discard()}
	g.Expect(trust.exchange(now)).To(gomega.MatchError(gomega.ContainSubstring("no such file")))
	shown := func() []byte {
		held, err := trust.Held.Certificate()
		g.Expect(err).NotTo(gomega.HaveOccurred())
		return held.Leaf.AuthorityKeyId
	}
	mount(t, directory, made(t, own, now))
	g.Expect(trust.exchange(now)).To(gomega.Succeed())
	g.Expect(shown()).To(gomega.Equal(own.certificate.SubjectKeyId))

	mount(t, directory, made(t, next, now))
	g.Expect(trust.exchange(now)).To(gomega.MatchError(gomega.ContainSubstring("serving on with the one at hand")))
	trust.known = hooksBy(t, next, own)
	g.Expect(trust.exchange(now.Add(9 * time.Second))).To(gomega.Succeed())
	g.Expect(shown()).To(gomega.Equal(own.certificate.SubjectKeyId), "the API server may not have heard of it")
	g.Expect(trust.exchange(now.Add(10 * time.Second))).To(gomega.Succeed())
	g.Expect(shown()).To(gomega.Equal(next.certificate.SubjectKeyId))

	mount(t, directory, made(t, own, now))
	trust.known = hooksBy(t, next)
	g.Expect(trust.exchange(now.AddDate(0, 0, 91))).To(gomega.Succeed(), "the one at hand is over")
	g.Expect(shown()).To(gomega.Equal(own.certificate.SubjectKeyId))
}

func TestAuthoritiesAreToldOfBesideOthers(t *testing.T) {
	g := gomega.NewWithT(t)
	now, own, other := time.Now(), authority(t), authority(t)
	bundle := func(of *hooks) []byte { return of.Webhooks[0].ClientConfig.CABundle }
	mine := []*x509.Certificate{own.certificate}
	g.Expect(beside(bundle(hooksBy(t)), mine, now)).To(gomega.HaveExactElements(own.certificate))
	g.Expect(beside(bundle(hooksBy(t, other)), mine, now)).To(gomega.HaveExactElements(own.certificate, other.certificate))
	g.Expect(beside(bundle(hooksBy(t, other, own)), mine, now)).To(gomega.BeEmpty(), "it knows")
	g.Expect(beside(bundle(hooksBy(t, other)), mine, now.AddDate(11, 0, 0))).To(gomega.HaveExactElements(own.certificate), "the other is over")
	var many []*pair
	for range 2 * mostFormer {
		many = append(many, authority(t))
	}
	g.Expect(beside(bundle(hooksBy(t, many...)), mine, now)).To(gomega.HaveLen(1 + mostFormer))
}

func TestOthersAuthoritiesAreAdopted(t *testing.T) {
	g := gomega.NewWithT(t)
	now, own, former := time.Now(), authority(t), authority(t)
	others, err := cert.NewSelfSignedCACert(cert.Config{CommonName: authorityName, NotBefore: now}, own.key)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	bundle, err := cert.EncodeCertificates(former.certificate, others)
	g.Expect(err).NotTo(gomega.HaveOccurred())

	kept := read(made(t, own, now))
	g.Expect(kept.adopt(now, bundle)).To(gomega.BeTrue())
	g.Expect(kept.former).To(gomega.HaveExactElements(others), "the webhook's own is in the Secret, or not to be trusted")
	g.Expect(kept.adopt(now, bundle)).To(gomega.BeFalse(), "once")
	g.Expect(isOwn([][]byte{bundle})).To(gomega.BeTrue())
	onlyOthers, _ := cert.EncodeCertificates(others)
	g.Expect(isOwn([][]byte{nil, onlyOthers})).To(gomega.BeFalse())
}

func TestFormerAuthoritiesAreOverInAnHour(t *testing.T) {
	g := gomega.NewWithT(t)
	now, one := time.Now(), authority(t)
	f := &former{seen: map[string]time.Time{}}
	g.Expect(f.isOver(one.certificate, now)).To(gomega.BeFalse())
	g.Expect(f.isOver(one.certificate, now.Add(59*time.Minute))).To(gomega.BeFalse())
	g.Expect(f.isOver(one.certificate, now.Add(61*time.Minute))).To(gomega.BeTrue())
}
