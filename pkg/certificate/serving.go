package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/cert"
)

const (
	certificateFile = corev1.TLSCertKey
	keyFile         = corev1.TLSPrivateKeyKey
)

// Mounted is a certificate in files. They are read each time.
type Mounted struct {
	// Directory is where tls.crt and tls.key are.
	Directory string
	// Bundle has the authorities that sign the certificate, in PEM. If it is empty they are in ca.crt, and if there is
	// no such file they are among those that every system trusts.
	Bundle []byte
}

func (m Mounted) certificate() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(m.Directory, certificateFile), filepath.Join(m.Directory, keyFile))
	if err != nil {
		return nil, err
	}
	return &pair, nil
}

// authorities returns none where nobody in particular signs the certificate.
func (m Mounted) authorities() ([]*x509.Certificate, error) {
	text := m.Bundle
	if len(text) == 0 {
		read, err := os.ReadFile(filepath.Join(m.Directory, authorityFile))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		text = read
	}
	if len(text) == 0 {
		return nil, nil
	}
	authorities, err := cert.ParseCertsPEM(text)
	if err != nil {
		return nil, fmt.Errorf("authorities of the certificate: want certificates in PEM: %w", err)
	}
	return authorities, nil
}

// Held is the certificate that a replica shows. The zero value holds none. It is safe for concurrent use.
type Held struct {
	pair atomic.Pointer[tls.Certificate]
}

// Certificate returns it with its chain, or an error if there is none.
func (h *Held) Certificate() (*tls.Certificate, error) {
	if pair := h.pair.Load(); pair != nil {
		return pair, nil
	}
	return nil, errors.New("no serving certificate yet")
}

// Serve makes a server show it, from handshake to handshake.
func (h *Held) Serve(server *tls.Config) {
	server.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return h.Certificate() }
}

// hold takes the certificate and the key of a Secret. One without them, or whose certificate does not fit the key,
// which is an error, leaves what is held.
func (h *Held) hold(secret *corev1.Secret) error {
	certificate, key := secret.Data[certificateFile], secret.Data[keyFile]
	if len(certificate) == 0 || len(key) == 0 {
		return nil
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return fmt.Errorf("secret %s/%s: %w", secret.Namespace, secret.Name, err)
	}
	h.pair.Store(&pair)
	return nil
}

// Check returns an error unless a certificate is held that is valid now and for each of the names.
func (h *Held) Check(now time.Time, names ...string) error {
	pair, err := h.Certificate()
	if err != nil {
		return err
	}
	if now.Before(pair.Leaf.NotBefore) || now.After(pair.Leaf.NotAfter) {
		return fmt.Errorf("serving certificate is valid from %s to %s only",
			pair.Leaf.NotBefore.Format(time.RFC3339), pair.Leaf.NotAfter.Format(time.RFC3339))
	}
	for _, name := range names {
		if err := pair.Leaf.VerifyHostname(name); err != nil {
			return fmt.Errorf("serving certificate: %w", err)
		}
	}
	return nil
}

// Expiry returns when the certificate expires, or an error if there is none.
func (h *Held) Expiry() (time.Time, error) {
	pair, err := h.Certificate()
	if err != nil {
		return time.Time{}, err
	}
	return pair.Leaf.NotAfter, nil
}
