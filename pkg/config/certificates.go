package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/util/cert"
)

// CertificateSource says where the webhook's serving certificate comes from.
type CertificateSource string

const (
	// CertificatesSelf lets the webhook issue and rotate its certificate itself, and keep it in a Secret.
	CertificatesSelf CertificateSource = "self"
	// CertificatesMounted reads tls.crt and tls.key from the certificate directory, where
	// cert-manager's or the operator's own Secret is mounted, and again when they change.
	CertificatesMounted CertificateSource = "mounted"
)

// Certificates says which certificate the webhook shows.
type Certificates struct {
	Source CertificateSource
	// Directory is where a mounted certificate is.
	Directory string
	// Authorities are those that the API server is told to trust with a mounted certificate, in PEM in base64;
	// those of ca.crt in the directory if it is empty.
	Authorities string
	// Secret is the one, in the namespace of Seawall, of self-issued certificates.
	Secret string
	// Names are the DNS names and IP addresses of the certificate: the hosts at which the API server calls, the
	// first of them the common name of a self-issued one.
	Names []string
}

func defaultCertificates() Certificates {
	return Certificates{Source: CertificatesSelf, Directory: "/var/run/seawall/certificate", Secret: "seawall-certificate"}
}

// Bundle returns the authorities in PEM. The error says that they are none in base64.
func (c *Certificates) Bundle() ([]byte, error) {
	bundle, err := base64.StdEncoding.DecodeString(c.Authorities)
	if err != nil {
		return nil, fmt.Errorf("--certificate-authorities: want PEM in base64: %w", err)
	}
	return bundle, nil
}

func (c *Certificates) addFlags(flags *pflag.FlagSet) {
	flags.StringVar((*string)(&c.Source), "certificates", string(c.Source),
		"where the serving certificate comes from: self (issued and rotated by the webhook) or mounted "+
			"(tls.crt and tls.key in the certificate directory)")
	flags.StringVar(&c.Directory, "certificate-directory", c.Directory,
		"with --certificates=mounted, directory of tls.crt and tls.key, and of ca.crt if there is one")
	flags.StringVar(&c.Authorities, "certificate-authorities", c.Authorities,
		"with --certificates=mounted, whom the API server is told to trust: certificates in PEM, in base64; ca.crt in the directory if empty")
	flags.StringVar(&c.Secret, "certificate-secret", c.Secret,
		"Secret that keeps self-issued certificates; it is created if it is gone")
	flags.StringSliceVar(&c.Names, "certificate-dns-names", c.Names,
		"DNS names and IP addresses that the certificate is for: the hosts at which the API server calls")
}

func (c *Certificates) validate() error {
	errs := []error{oneOf("certificates", c.Source, CertificatesSelf, CertificatesMounted)}
	switch c.Source {
	case CertificatesSelf:
		errs = append(errs, dnsName("certificate-secret", c.Secret))
		if len(c.Names) == 0 {
			errs = append(errs, errors.New("--certificate-dns-names is empty: want the host at which the API server calls"))
		}
	case CertificatesMounted:
		errs = append(errs, c.validateMounted())
	}
	for _, name := range c.Names {
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 && net.ParseIP(name) == nil {
			errs = append(errs, fmt.Errorf("--certificate-dns-names has %q, which is no IP address either: %s", name, problems[0]))
		}
	}
	return errors.Join(errs...)
}

func (c *Certificates) validateMounted() error {
	if c.Directory == "" {
		return errors.New("--certificate-directory is empty: want a directory")
	}
	bundle, err := c.Bundle()
	if err != nil || len(bundle) == 0 {
		return err
	}
	if _, err := cert.ParseCertsPEM(bundle); err != nil {
		return fmt.Errorf("--certificate-authorities: want certificates in PEM, in base64: %w", err)
	}
	return nil
}
