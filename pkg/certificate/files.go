package certificate

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	certificateFile = corev1.TLSCertKey
	keyFile         = corev1.TLSPrivateKeyKey
)

// Write puts the certificate and the key of a Secret into a directory, and nothing else of
// it. A Secret without them, or whose certificate does not fit the key, leaves the
// directory as it is.
func Write(directory string, secret *corev1.Secret) error {
	certificate, key := secret.Data[certificateFile], secret.Data[keyFile]
	if len(certificate) == 0 || len(key) == 0 {
		return nil
	}
	if _, err := tls.X509KeyPair(certificate, key); err != nil {
		return fmt.Errorf("secret %s/%s: %w", secret.Namespace, secret.Name, err)
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	// The key first: the watcher of the files ignores a pair that does not fit, and tries
	// again when the certificate follows.
	return errors.Join(
		replace(filepath.Join(directory, keyFile), key),
		replace(filepath.Join(directory, certificateFile), certificate),
	)
}

// replace writes a file whole or not at all.
func replace(path string, content []byte) error {
	// The directory is the operator's choice and the file's name is fixed.
	if existing, err := os.ReadFile(filepath.Clean(path)); err == nil && bytes.Equal(existing, content) {
		return nil
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, content, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// Check returns an error unless the directory holds a certificate that is valid now and
// for each of the DNS names.
func Check(directory string, now time.Time, names ...string) error {
	certificate, err := load(directory)
	if err != nil {
		return err
	}
	if now.Before(certificate.NotBefore) || now.After(certificate.NotAfter) {
		return fmt.Errorf("serving certificate is valid from %s to %s only",
			certificate.NotBefore.Format(time.RFC3339), certificate.NotAfter.Format(time.RFC3339))
	}
	for _, name := range names {
		if err := certificate.VerifyHostname(name); err != nil {
			return fmt.Errorf("serving certificate: %w", err)
		}
	}
	return nil
}

// Expiry returns when the certificate in the directory expires, or an error if there is none.
func Expiry(directory string) (time.Time, error) {
	certificate, err := load(directory)
	if err != nil {
		return time.Time{}, err
	}
	return certificate.NotAfter, nil
}

func load(directory string) (*x509.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(directory, certificateFile), filepath.Join(directory, keyFile))
	if err != nil {
		return nil, fmt.Errorf("no serving certificate yet: %w", err)
	}
	certificate, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return nil, fmt.Errorf("serving certificate: %w", err)
	}
	return certificate, nil
}
