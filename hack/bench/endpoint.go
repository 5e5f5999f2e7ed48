package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/admission"
)

// endpoint is a webhook to call.
type endpoint struct {
	url     string
	metrics string
	client  *http.Client
}

func newEndpoint(base, metrics string, roots *x509.CertPool) endpoint {
	return endpoint{
		url:     base + admission.Path + "?timeout=10s", // the API server says how long it waits
		metrics: metrics,
		client: &http.Client{Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13},
			MaxIdleConnsPerHost: 64,
		}},
	}
}

// connect returns the endpoint of a running Seawall, trusting what the API server trusts.
func connect(ctx context.Context, plane *cluster.Cluster, webhook *cluster.Webhook) (endpoint, error) {
	hooks := &unstructured.Unstructured{}
	for _, object := range webhook.Objects {
		if object.GetKind() == "ValidatingWebhookConfiguration" {
			hooks = object.DeepCopy()
		}
	}
	if err := plane.Client().Get(ctx, client.ObjectKeyFromObject(hooks), hooks); err != nil {
		return endpoint{}, err
	}
	var trusted admissionregistrationv1.ValidatingWebhookConfiguration
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(hooks.Object, &trusted); err != nil {
		return endpoint{}, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(trusted.Webhooks[0].ClientConfig.CABundle) {
		return endpoint{}, errors.New("the webhook configuration has no CA")
	}
	return newEndpoint(webhook.URL, webhook.MetricsURL, roots), nil
}

// within returns the endpoint with another timeout.
func (e endpoint) within(timeout time.Duration) endpoint {
	base, _, _ := strings.Cut(e.url, "?")
	e.url = base + "?timeout=" + timeout.String()
	return e
}

// post sends a review and returns the answer's body.
func (e endpoint) post(ctx context.Context, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := e.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %d: %s", response.StatusCode, answer)
	}
	return answer, err
}

// waitFor waits until Seawall counts n environments in a review.
func (e endpoint) waitFor(ctx context.Context, body []byte, n int) error {
	var unexpected error
	for started := time.Now(); time.Since(started) < settleTimeout; time.Sleep(100 * time.Millisecond) {
		answer, err := e.post(ctx, body)
		if err != nil {
			return err
		}
		if unexpected = expect(answer, n); unexpected == nil {
			return nil
		}
	}
	return unexpected
}

// expect returns an error unless an answer counts n environments.
func expect(answer []byte, n int) error {
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(answer, &review); err != nil {
		return err
	}
	if counted := review.Response.AuditAnnotations["environments"]; counted != strconv.Itoa(n) {
		return fmt.Errorf("the webhook counts %q environments, not %d: %s", counted, n, answer)
	}
	return nil
}

// judged tells whether an answer, as encoding/json writes it, allows the request or denies it
// for its environments: the first deployment of a Bundle knows no waves. Any other is a failure
// of the webhook.
func judged(answer []byte) bool {
	return bytes.Contains(answer, []byte(`"allowed":true`)) || bytes.Contains(answer, []byte(`"environments":"`))
}

// allocations are what a process has allocated since it started.
type allocations struct{ mallocs, bytes float64 }

func (e endpoint) allocated(ctx context.Context) (allocations, error) {
	families, err := cluster.Scrape(ctx, http.DefaultClient, e.metrics)
	if err != nil {
		return allocations{}, err
	}
	value := func(name string) float64 {
		family := families[name]
		if family == nil || len(family.GetMetric()) == 0 {
			err = errors.Join(err, fmt.Errorf("no metric %s", name))
			return 0
		}
		return family.GetMetric()[0].GetCounter().GetValue()
	}
	found := allocations{mallocs: value("go_memstats_mallocs_total"), bytes: value("go_memstats_alloc_bytes_total")}
	return found, err
}
