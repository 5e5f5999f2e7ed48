package config

import (
	"errors"
	"slices"

	"github.com/spf13/pflag"
)

// Callers says who may call the webhook.
type Callers struct {
	// Authorities is a file of certificate authorities in PEM, of which one must have signed the
	// certificate of a caller; without a file whoever reaches the port may call.
	Authorities string
	// Subjects are the common names of which the certificate of a caller must have one.
	Subjects []string
}

// defaultCallers are nobody in particular; once there is a file, the API server that kubeadm
// sets up, by the certificate that it has for calls of its own.
func defaultCallers() Callers {
	return Callers{Subjects: []string{"kube-apiserver-kubelet-client"}}
}

func (c *Callers) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.Authorities, "client-ca", c.Authorities,
		"file of certificate authorities in PEM, read again when it changes: nobody is answered without a client certificate of "+
			"one of them; empty answers whoever reaches the port")
	flags.StringArrayVar(&c.Subjects, "client-subject", c.Subjects,
		"with --client-ca, common name that the client certificate must have; may be given several times")
}

func (c *Callers) validate() error {
	if c.Authorities != "" && (len(c.Subjects) == 0 || slices.Contains(c.Subjects, "")) {
		return errors.New("--client-subject is empty: want the common name of the API server's client certificate")
	}
	return nil
}
