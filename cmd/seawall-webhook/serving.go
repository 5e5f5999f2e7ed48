package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/seawall-dev/seawall/pkg/certificate"
	"github.com/seawall-dev/seawall/pkg/config"
)

// serving is the certificate that this replica shows, and that the API server has to trust.
type serving struct {
	held  *certificate.Held
	names []string
	// self issues it; nil if it is mounted.
	self  *certificate.Self
	trust *certificate.Trust
	made  *prometheus.CounterVec
}

func newServing(registry prometheus.Registerer, configuration config.Config) (*serving, error) {
	s := &serving{held: &certificate.Held{}, names: configuration.Certificates.Names}
	s.trust = &certificate.Trust{WebhookConfiguration: configuration.WebhookConfiguration, Held: s.held}
	if configuration.Certificates.Source != config.CertificatesSelf {
		bundle, err := configuration.Certificates.Bundle()
		if err != nil {
			return nil, err
		}
		s.trust.Mounted = certificate.Mounted{Directory: configuration.Certificates.Directory, Bundle: bundle}
		return s, nil
	}
	s.self = &certificate.Self{
		Secret:               types.NamespacedName{Namespace: configuration.Namespace, Name: configuration.Certificates.Secret},
		Held:                 s.held,
		Names:                s.names,
		WebhookConfiguration: configuration.WebhookConfiguration,
	}
	var err error
	if s.made, err = certificate.Made(registry); err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	return s, nil
}

// add lets this replica follow the certificate. The channel is closed when the first one is there; nil waits for nothing.
func (s *serving) add(mgr manager.Manager) (<-chan struct{}, error) {
	if err := s.trust.AddToManager(mgr); err != nil || s.self == nil {
		return nil, err
	}
	if err := s.self.Issue(mgr, s.made); err != nil {
		return nil, err
	}
	return s.self.AddToManager(mgr)
}

// duties are what the leader does about it.
func (s *serving) duties() []func(manager.Manager) error {
	if s.self != nil {
		return nil
	}
	return []func(manager.Manager) error{s.trust.Forget}
}

// valid fails unless the certificate is.
func (s *serving) valid(*http.Request) error { return s.held.Check(time.Now(), s.names...) }

// trusted fails until the API server trusts it.
func (s *serving) trusted() healthz.Checker {
	return once(func(*http.Request) error { return s.trust.Check(time.Now()) })
}
