package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"k8s.io/client-go/util/cert"
)

// Why a caller is refused, as metrics spell it.
const (
	// RefusedWithout is a caller that presents no certificate.
	RefusedWithout = "NoCertificate"
	// RefusedUntrusted is one whose certificate no authority of the file has signed for a
	// client, or is not valid now.
	RefusedUntrusted = "Untrusted"
	// RefusedSubject is one whose certificate is trusted, but another's.
	RefusedSubject = "Subject"
)

// rereadPeriod is how often the file of the authorities is read. The kubelet takes a minute to
// put another one there.
const rereadPeriod = 5 * time.Second

// Callers tells who may call: whoever holds a certificate for clients that an authority in a
// file has signed, and that has one of some common names.
type Callers struct {
	file     string
	subjects []string
	refused  func(reason string)
	logger   *slog.Logger

	read  []byte
	roots atomic.Pointer[x509.CertPool]
}

// NewCallers reads the file of authorities, in PEM, and returns an error if it holds none.
// Refused is told of each caller that may not call; it must be safe for concurrent use.
func NewCallers(file string, subjects []string, refused func(reason string), logger *slog.Logger) (*Callers, error) {
	c := &Callers{file: filepath.Clean(file), subjects: subjects, refused: refused, logger: logger}
	if err := c.reread(); err != nil {
		return nil, err
	}
	return c, nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (*Callers) NeedLeaderElection() bool { return false }

// Start implements manager.Runnable: it follows the file until ctx ends. While the file cannot
// be read, or holds no authority, the last that were read count.
func (c *Callers) Start(ctx context.Context) error {
	ticker := time.NewTicker(rereadPeriod)
	defer ticker.Stop()
	last := ""
	for {
		said := ""
		if err := c.reread(); err != nil {
			said = err.Error()
		}
		if said != last && said != "" {
			c.logger.Error("following the authorities of callers: those that were read last count", "error", said)
		}
		last = said
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (c *Callers) reread() error {
	content, err := os.ReadFile(c.file)
	if err != nil {
		return fmt.Errorf("authorities of callers: %w", err)
	}
	if bytes.Equal(content, c.read) {
		return nil
	}
	authorities, err := cert.ParseCertsPEM(content)
	if err != nil {
		return fmt.Errorf("authorities of callers: %s: want certificates in PEM: %w", c.file, err)
	}
	roots := x509.NewCertPool()
	for _, authority := range authorities {
		roots.AddCert(authority)
	}
	c.logger.Info("authorities of callers were read", "file", c.file, "certificates", len(authorities))
	c.read = content
	c.roots.Store(roots)
	return nil
}

// Require makes a server shake hands with no other than those who may call.
func (c *Callers) Require(server *tls.Config) {
	// Verify judges, by the authorities of the moment: they are not announced, so that a
	// connection goes on while they change.
	server.ClientAuth = tls.RequestClientCert
	server.VerifyConnection = c.verify
}

// Handler lets only those through who may call now: a connection lasts longer than an authority
// may be trusted, or a certificate be valid.
func (c *Callers) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || c.verify(*r.TLS) != nil {
			w.Header().Set("Connection", "close")
			http.Error(w, "the client certificate is not accepted any more", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// verify returns an error unless the caller may call.
func (c *Callers) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return c.refuse(RefusedWithout, errors.New("the caller has no client certificate"))
	}
	leaf, between := state.PeerCertificates[0], x509.NewCertPool()
	for _, certificate := range state.PeerCertificates[1:] {
		between.AddCert(certificate)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: c.roots.Load(), Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return c.refuse(RefusedUntrusted, errors.New("no authority of callers has signed the client certificate, or it is not valid now"))
	}
	if !slices.Contains(c.subjects, leaf.Subject.CommonName) {
		return c.refuse(RefusedSubject, fmt.Errorf("the client certificate is of %q: want one of %q", leaf.Subject.CommonName, c.subjects))
	}
	return nil
}

func (c *Callers) refuse(reason string, err error) error {
	c.refused(reason)
	return err
}
