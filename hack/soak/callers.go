package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/admission"
)

const (
	// callerCount is how many connections there are at least, as of so many API servers.
	callerCount = 8
	// timeout is the chart's webhook.timeoutSeconds.
	timeout = 5 * time.Second
)

// callers send reviews as API servers do: by HTTP/2, and trusting what the webhook's configuration says at the time.
type callers struct {
	world *world
	url   string

	lock    sync.Mutex
	bundle  []byte
	roots   *x509.CertPool
	clients [callerCount]*http.Client
	next    atomic.Uint64
}

func startCallers(ctx context.Context, of *world, through *balancer) (*callers, error) {
	c := &callers{world: of, url: through.url() + admission.Path + "?timeout=" + timeout.String()}
	if err := c.trust(ctx); err != nil {
		return nil, err
	}
	go func() {
		for ctx.Err() == nil {
			time.Sleep(probePeriod)
			_ = c.trust(ctx) // while the API server is away, what was trusted stays so
		}
	}()
	return c, nil
}

// trust reads the webhook's configuration.
func (c *callers) trust(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var registered admissionregistrationv1.ValidatingWebhookConfiguration
	if err := c.world.api.Get(ctx, client.ObjectKey{Name: "seawall"}, &registered); err != nil {
		return err
	}
	bundle := registered.Webhooks[0].ClientConfig.CABundle
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.bundle != nil && bytes.Equal(bundle, c.bundle) {
		return nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(bundle) {
		return errors.New("the webhook's configuration has no caBundle")
	}
	c.bundle, c.roots = bundle, roots
	c.connect()
	return nil
}

// connect has later reviews go over new connections, with the lock held. What is in flight stays where it is.
func (c *callers) connect() {
	for i := range c.clients {
		c.clients[i] = &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
			IdleConnTimeout: timeout, // or those that nobody uses any more would stay
		}}
	}
}

// reconnect is connect for those who come later to the balancer.
func (c *callers) reconnect() {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.connect()
}

// post sends a review and returns what came back. The error says that nothing did.
func (c *callers) post(ctx context.Context, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	c.lock.Lock()
	caller := c.clients[c.next.Add(1)%callerCount]
	c.lock.Unlock()
	response, err := caller.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	if response.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("HTTP %d: %.200s", response.StatusCode, text)
	}
	return readAnswer(text)
}
