package main_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/admission"
)

var reviewNumber atomic.Int64

// reviewOf returns what the API server would send about the creation of an object by a user.
func reviewOf(object *unstructured.Unstructured, user string) *admissionv1.AdmissionRequest {
	GinkgoHelper()
	raw, err := json.Marshal(object)
	Expect(err).NotTo(HaveOccurred())
	kind := object.GroupVersionKind()
	return &admissionv1.AdmissionRequest{
		UID: types.UID(fmt.Sprint("review-", reviewNumber.Add(1))), Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind},
		Namespace: object.GetNamespace(), Name: object.GetName(),
		UserInfo: authenticationv1.UserInfo{Username: user}, Object: runtime.RawExtension{Raw: raw},
	}
}

// trusting returns an HTTP client that trusts the webhook as the API server does.
func trusting(ctx context.Context, connections int) *http.Client {
	GinkgoHelper()
	var hooks admissionregistrationv1.ValidatingWebhookConfiguration
	Expect(api.Get(ctx, client.ObjectKey{Name: "seawall"}, &hooks)).To(Succeed())
	roots := x509.NewCertPool()
	Expect(roots.AppendCertsFromPEM(hooks.Webhooks[0].ClientConfig.CABundle)).To(BeTrue())
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}, MaxIdleConnsPerHost: connections,
	}}
}

// send sends a review to a webhook, without the API server.
func send(ctx context.Context, with *http.Client, to *cluster.Webhook, request *admissionv1.AdmissionRequest) (*admissionv1.AdmissionResponse, error) {
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: request,
	})
	if err != nil {
		return nil, err
	}
	sent, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL+admission.Path+"?timeout=10s", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	sent.Header.Set("Content-Type", "application/json")
	answer, err := with.Do(sent)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	var review admissionv1.AdmissionReview
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(text, &review)
	return review.Response, err
}

func post(ctx context.Context, to *cluster.Webhook, request *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
	GinkgoHelper()
	response, err := send(ctx, trusting(ctx, 1), to, request)
	Expect(err).NotTo(HaveOccurred())
	return response
}

// sum adds up the series of a metric whose labels contain text.
func sum(of *cluster.Webhook, metric, text string) int {
	GinkgoHelper()
	_, metrics := fetch(of.MetricsURL)
	total := 0
	for _, series := range regexp.MustCompile(`(?m)^`+metric+`\{(.*)\} ([0-9.e+]+)$`).FindAllStringSubmatch(metrics, -1) {
		if strings.Contains(series[1], text) {
			value, err := strconv.ParseFloat(series[2], 64)
			Expect(err).NotTo(HaveOccurred())
			total += int(value)
		}
	}
	return total
}
