package certificate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"slices"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

const (
	authorityFile    = "ca.crt"
	authorityKeyFile = "ca.key"

	serverDuration = 90 * 24 * time.Hour
	renewBefore    = 30 * 24 * time.Hour
	// backdated is how much slower the clock of whoever verifies a certificate may be.
	backdated = time.Hour
	// overlap is how long former authorities stay trusted once a certificate of the present one is
	// there for every replica.
	overlap = time.Hour
	// mostFormer bounds the authorities that are taken over from elsewhere.
	mostFormer = 4
	serialBits = 127

	// authorityName and organization are of the subject of an authority that the webhook makes.
	authorityName = "seawall-ca"
	organization  = "seawall"
)

// pair is a certificate with its key.
type pair struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// contents are those of the Secret.
type contents struct {
	// authority signs serving certificates; nil if there is none that could.
	authority *pair
	// former are other authorities that are trusted still, so that no call fails while replicas
	// change over.
	former []*x509.Certificate
	// serving is the certificate of the webhook; nil if there is none that fits its key.
	serving *x509.Certificate
}

// read leaves out what is of no use.
func read(data map[string][]byte) contents {
	var read contents
	if signing, err := tls.X509KeyPair(data[authorityFile], data[authorityKeyFile]); err == nil {
		if key, is := signing.PrivateKey.(crypto.Signer); is && signing.Leaf.IsCA {
			read.authority = &pair{signing.Leaf, key}
		}
	}
	read.former = read.others(data[authorityFile])
	if serving, err := tls.X509KeyPair(data[certificateFile], data[keyFile]); err == nil {
		read.serving = serving.Leaf
	}
	return read
}

// others returns the authorities of a bundle that are not the one that signs.
func (c *contents) others(bundle []byte) []*x509.Certificate {
	return slices.DeleteFunc(authoritiesOf(bundle), func(one *x509.Certificate) bool {
		return c.authority != nil && one.Equal(c.authority.certificate)
	})
}

// keep makes the authorities of bundles former ones, unless they are over.
func (c *contents) keep(now time.Time, bundles ...[]byte) {
	for _, bundle := range bundles {
		for _, one := range c.others(bundle) {
			if !slices.ContainsFunc(c.former, one.Equal) {
				c.former = append(c.former, one)
			}
		}
	}
	c.former = slices.DeleteFunc(c.former, func(one *x509.Certificate) bool { return now.After(one.NotAfter) })
	c.former = c.former[:min(mostFormer, len(c.former))]
}

// adopt makes the authorities of bundles that others have made former ones, and tells whether there was one among them
// that was not. One that the webhook has made, and that is not in the Secret any more, is not to be trusted.
func (c *contents) adopt(now time.Time, bundles ...[]byte) bool {
	before := slices.Clone(c.former)
	c.keep(now, bundles...)
	isNew := func(one *x509.Certificate) bool { return !slices.ContainsFunc(before, one.Equal) }
	c.former = slices.DeleteFunc(c.former, func(one *x509.Certificate) bool { return isNew(one) && isMade(one) })
	return slices.ContainsFunc(c.former, isNew)
}

// isOwn tells whether there is an authority in bundles that the webhook has made, here or before.
func isOwn(bundles [][]byte) bool {
	return slices.ContainsFunc(bundles, func(bundle []byte) bool { return slices.ContainsFunc(authoritiesOf(bundle), isMade) })
}

// isMade tells whether the webhook has made an authority. That of the chart for cert-manager may have the same common
// name.
func isMade(authority *x509.Certificate) bool {
	return authority.Subject.CommonName == authorityName && slices.Contains(authority.Subject.Organization, organization)
}

// lacksAuthority says why another authority is due; empty if none is.
func (c *contents) lacksAuthority(now time.Time) string {
	switch {
	case c.authority == nil:
		return Lost
	case now.Add(serverDuration).After(c.authority.certificate.NotAfter):
		return Expiring
	default:
		return ""
	}
}

// isServed tells whether the serving certificate is the present authority's, for all names, and does
// not have to be renewed yet.
func (c *contents) isServed(names []string, now time.Time) bool {
	if c.serving == nil || now.Add(renewBefore).After(c.serving.NotAfter) {
		return false
	}
	for _, name := range names {
		if c.serving.VerifyHostname(name) != nil {
			return false
		}
	}
	return c.serving.CheckSignatureFrom(c.authority.certificate) == nil
}

// isOver tells whether nobody needs the former authorities any more.
func (c *contents) isOver(now time.Time) bool {
	return now.After(c.serving.NotBefore.Add(backdated + overlap))
}

// all are those that the API server has to trust: the authority that signs first.
func (c *contents) all() []*x509.Certificate {
	return append([]*x509.Certificate{c.authority.certificate}, c.former...)
}

// always wants a webhook to trust all, whom it trusts now.
func (c *contents) always([]byte) []*x509.Certificate { return c.all() }

func (c *contents) bundle() ([]byte, error) { return cert.EncodeCertificates(c.all()...) }

// newAuthority is good for ten years.
func newAuthority(now time.Time) (*pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	made, err := cert.NewSelfSignedCACert(cert.Config{
		CommonName: authorityName, Organization: []string{organization}, NotBefore: now.Add(-backdated),
	}, key)
	return &pair{made, key}, err
}

// sign makes a serving certificate for DNS names and IP addresses, the first of them its common name.
func (p *pair) sign(names []string, now time.Time) (certificate, key []byte, err error) {
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return nil, nil, err
	}
	hosts, addresses := apart(names)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: names[0]}, DNSNames: hosts, IPAddresses: addresses,
		NotBefore: now.Add(-backdated), NotAfter: now.Add(serverDuration),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}, p.certificate, own.Public(), p.key)
	if err != nil {
		return nil, nil, err
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	if certificate, err = cert.EncodeCertificates(made); err != nil {
		return nil, nil, err
	}
	key, err = keyutil.MarshalPrivateKeyToPEM(own)
	return certificate, key, err
}

// apart tells DNS names from IP addresses.
func apart(names []string) (hosts []string, addresses []net.IP) {
	for _, name := range names {
		if address := net.ParseIP(name); address != nil {
			addresses = append(addresses, address)
		} else {
			hosts = append(hosts, name)
		}
	}
	return hosts, addresses
}
