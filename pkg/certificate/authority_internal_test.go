package certificate

import (
	"crypto/x509"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// made returns the contents of a Secret by an authority, trusted beside others.
func made(t *testing.T, authority *pair, now time.Time, others ...*pair) map[string][]byte {
	t.Helper()
	g := NewWithT(t)
	all := []*x509.Certificate{authority.certificate}
	for _, other := range others {
		all = append(all, other.certificate)
	}
	bundle, err := cert.EncodeCertificates(all...)
	g.Expect(err).NotTo(HaveOccurred())
	authorityKey, err := keyutil.MarshalPrivateKeyToPEM(authority.key)
	g.Expect(err).NotTo(HaveOccurred())
	certificate, key, err := authority.sign([]string{"a.svc", "b.svc"}, now)
	g.Expect(err).NotTo(HaveOccurred())
	return map[string][]byte{"ca.crt": bundle, "ca.key": authorityKey, "tls.crt": certificate, "tls.key": key}
}

func authority(t *testing.T) *pair {
	t.Helper()
	made, err := newAuthority(time.Now())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return made
}

func TestAnAuthorityIsMadeWhereNoneCanSign(t *testing.T) {
	now, own, other := time.Now(), authority(t), authority(t)
	for name, test := range map[string]struct {
		change func(data map[string][]byte)
		at     time.Time
		want   string
	}{
		"none is due":            {func(map[string][]byte) {}, now, ""},
		"the Secret is empty":    {func(data map[string][]byte) { clear(data) }, now, Lost},
		"its key is gone":        {func(data map[string][]byte) { delete(data, "ca.key") }, now, Lost},
		"its key is another's":   {func(data map[string][]byte) { data["ca.key"] = made(t, other, now)["ca.key"] }, now, Lost},
		"it is no PEM":           {func(data map[string][]byte) { data["ca.crt"] = []byte("x") }, now, Lost},
		"it is no authority":     {func(data map[string][]byte) { data["ca.crt"], data["ca.key"] = data["tls.crt"], data["tls.key"] }, now, Lost},
		"it ends in eighty days": {func(map[string][]byte) {}, now.AddDate(10, 0, -80), Expiring},
	} {
		t.Run(name, func(t *testing.T) {
			data := made(t, own, now)
			test.change(data)
			kept := read(data)
			NewWithT(t).Expect(kept.lacksAuthority(test.at)).To(Equal(test.want))
		})
	}
}

func TestACertificateIsIssuedWhenItIsDue(t *testing.T) {
	now, own, other := time.Now(), authority(t), authority(t)
	names := []string{"a.svc", "b.svc"}
	for name, test := range map[string]struct {
		change func(data map[string][]byte)
		names  []string
		at     time.Time
		want   bool
	}{
		"not yet":                     {func(map[string][]byte) {}, names, now, true},
		"it ends in thirty-one days":  {func(map[string][]byte) {}, names, now.Add(59 * 24 * time.Hour), true},
		"it ends in twenty-nine days": {func(map[string][]byte) {}, names, now.Add(61 * 24 * time.Hour), false},
		"a name was added":            {func(map[string][]byte) {}, append(names, "c.svc"), now, false},
		"it is gone":                  {func(data map[string][]byte) { delete(data, "tls.crt") }, names, now, false},
		"its key is another's":        {func(data map[string][]byte) { data["tls.key"] = data["ca.key"] }, names, now, false},
		"a former authority signed it": {func(data map[string][]byte) {
			former := made(t, other, now)
			data["tls.crt"], data["tls.key"] = former["tls.crt"], former["tls.key"]
		}, names, now, false},
	} {
		t.Run(name, func(t *testing.T) {
			data := made(t, own, now)
			test.change(data)
			kept := read(data)
			NewWithT(t).Expect(kept.isServed(test.names, test.at)).To(Equal(test.want))
		})
	}
}

// TestFormerAuthoritiesStayTrusted holds that whoever serves with a certificate of theirs is called
// still, for an hour after there is another one.
func TestFormerAuthoritiesStayTrusted(t *testing.T) {
	g := NewWithT(t)
	now, own, former, foreign := time.Now(), authority(t), authority(t), authority(t)
	kept := read(made(t, own, now, former))
	kept.keep(now, made(t, foreign, now, own, former)["ca.crt"], []byte("nothing that can be read"))
	bundle, err := kept.bundle()
	g.Expect(err).NotTo(HaveOccurred())
	trusted, err := cert.ParseCertsPEM(bundle)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(trusted).To(HaveExactElements(own.certificate, former.certificate, foreign.certificate), "each once, who signs first")
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(bundle)
	for _, one := range []*pair{own, former, foreign} {
		serving := read(made(t, one, now)).serving
		_, err := serving.Verify(x509.VerifyOptions{DNSName: "b.svc", Roots: pool})
		g.Expect(err).NotTo(HaveOccurred())
	}
	g.Expect(kept.isOver(now.Add(59 * time.Minute))).To(BeFalse())
	g.Expect(kept.isOver(now.Add(61 * time.Minute))).To(BeTrue())

	kept.keep(now.AddDate(11, 0, 0))
	g.Expect(kept.former).To(BeEmpty(), "they are over")
	for range 2 * mostFormer {
		kept.keep(now, made(t, authority(t), now)["ca.crt"])
	}
	g.Expect(kept.former).To(HaveLen(mostFormer))
}

func TestACertificateNamesHostsAndAddresses(t *testing.T) {
	g, now := NewWithT(t), time.Now()
	names := []string{"seawall.example.com", "192.0.2.7", "2001:db8::1"}
	signed, _, err := authority(t).sign(names, now)
	g.Expect(err).NotTo(HaveOccurred())
	parsed, err := cert.ParseCertsPEM(signed)
	g.Expect(err).NotTo(HaveOccurred())
	for _, name := range names {
		g.Expect(parsed[0].VerifyHostname(name)).To(Succeed())
	}
	g.Expect(parsed[0].VerifyHostname("192.0.2.8")).NotTo(Succeed())
	g.Expect(parsed[0].DNSNames).To(Equal(names[:1]))
}
