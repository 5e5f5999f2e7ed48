package main_test

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// receiver receives spans as an OpenTelemetry collector does: from the API server over gRPC,
// from the webhook over HTTP.
type receiver struct {
	collector.UnimplementedTraceServiceServer

	grpcAddress, httpURL string

	mutex sync.Mutex
	spans map[string][]*tracev1.Span // by the name of the service that sent them
}

func startReceiver() *receiver {
	GinkgoHelper()
	r := &receiver{spans: map[string][]*tracev1.Span{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // until the suite ends
	Expect(err).NotTo(HaveOccurred())
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, r)
	go func() { _ = server.Serve(listener) }()
	DeferCleanup(server.Stop)
	web := httptest.NewServer(http.HandlerFunc(r.serve))
	DeferCleanup(web.Close)
	r.grpcAddress, r.httpURL = listener.Addr().String(), web.URL
	return r
}

// Export implements collector.TraceServiceServer.
func (r *receiver) Export(_ context.Context, sent *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, from := range sent.GetResourceSpans() {
		service := attribute(from.GetResource().GetAttributes(), "service.name").GetStringValue()
		for _, scope := range from.GetScopeSpans() {
			r.spans[service] = append(r.spans[service], scope.GetSpans()...)
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

func (r *receiver) serve(w http.ResponseWriter, request *http.Request) {
	body := io.Reader(request.Body)
	if request.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(request.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	text, err := io.ReadAll(body)
	var sent collector.ExportTraceServiceRequest
	if err != nil || request.URL.Path != "/v1/traces" || proto.Unmarshal(text, &sent) != nil {
		http.Error(w, "not a request to export spans", http.StatusBadRequest)
		return
	}
	_, _ = r.Export(request.Context(), &sent)
}

// of returns the spans of a trace that a service has sent so far, by their name.
func (r *receiver) of(service, trace string) map[string]*tracev1.Span {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	found := map[string]*tracev1.Span{}
	for _, span := range r.spans[service] {
		if hex.EncodeToString(span.GetTraceId()) == trace {
			found[span.GetName()] = span
		}
	}
	return found
}

func attribute(attributes []*commonv1.KeyValue, key string) *commonv1.AnyValue {
	for _, pair := range attributes {
		if pair.GetKey() == key {
			return pair.GetValue()
		}
	}
	return nil
}

// tracingClient traces its requests, all as one trace.
type tracingClient struct {
	http.RoundTripper

	traceparent string
}

func (c tracingClient) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Traceparent", c.traceparent)
	return c.RoundTripper.RoundTrip(request)
}

var _ = Describe("a review", func() {
	// write creates an ApplicationSet with a client that says whether it traces its request.
	write := func(ctx SpecContext, trace, flags string) {
		GinkgoHelper()
		config := rest.CopyConfig(plane.Config)
		config.Wrap(func(next http.RoundTripper) http.RoundTripper {
			return tracingClient{next, "00-" + trace + "-b7ad6b7169203331-" + flags}
		})
		caller, err := client.New(config, client.Options{Mapper: api.RESTMapper(), Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())
		Expect(caller.Create(ctx, tenants("traced", 100, nil))).To(denied(""))
	}

	It("is a span of the API server's trace, with n, p and risk", func(ctx SpecContext) {
		// The untraced one comes first: its spans would arrive before those that are waited for.
		const trace, untraced = "0af7651916cd43dd8448eb211c80319c", "11111111111111111111111111111111"
		write(ctx, untraced, "00")
		write(ctx, trace, "01")

		var review *tracev1.Span
		Eventually(func(g Gomega) {
			review = traces.of("seawall-webhook", trace)["review"]
			g.Expect(review).NotTo(BeNil())
			g.Expect(traces.of("apiserver", trace)).To(ContainElement(HaveField("SpanId", review.GetParentSpanId())), "its parent is a span of the API server's")
		}).WithTimeout(30 * second).Should(Succeed())

		number := func(key string) float64 { return attribute(review.GetAttributes(), key).GetDoubleValue() }
		text := func(key string) string { return attribute(review.GetAttributes(), key).GetStringValue() }
		Expect(attribute(review.GetAttributes(), "seawall.n").GetIntValue()).To(BeEquivalentTo(100))
		Expect(number("seawall.p")).To(Equal(0.99))
		Expect(number("seawall.risk")).To(BeNumerically("~", 0.634, 0.001))
		Expect(number("seawall.limit")).To(Equal(0.2))
		Expect(text("seawall.action")).To(Equal("Deny"))
		Expect(text("seawall.name")).To(Equal("traced"))
		for _, phase := range []string{"wait", "count", "judge"} {
			Expect(traces.of("seawall-webhook", trace)).To(HaveKeyWithValue(phase, HaveField("ParentSpanId", review.GetSpanId())))
		}
		Expect(traces.of("seawall-webhook", untraced)).To(BeEmpty(), "the API server's choice is followed")
	})
})
