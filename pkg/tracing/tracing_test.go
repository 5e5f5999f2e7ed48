package tracing

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "b7ad6b7169203331"
)

func request(t *testing.T, traceparent string) *http.Request {
	t.Helper()
	made := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/validate-waves", http.NoBody)
	if traceparent != "" {
		made.Header.Set("Traceparent", traceparent)
	}
	return made
}

func TestTheCallersTraceIsContinuedAndItsChoiceFollowed(t *testing.T) {
	for name, test := range map[string]struct {
		traceparent       string
		ratio             float64
		traced, continued bool
	}{
		"a request that its caller traces":          {traceparent: "00-" + traceID + "-" + spanID + "-01", ratio: 0, traced: true, continued: true},
		"a request that its caller does not trace":  {traceparent: "00-" + traceID + "-" + spanID + "-00", ratio: 1},
		"a request that says nothing, by the ratio": {ratio: 1, traced: true},
		"a request that says nothing, by ratio 0":   {ratio: 0},
		"a request whose header is malformed":       {traceparent: "00-x-y-01", ratio: 1, traced: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			exporter := tracetest.NewInMemoryExporter()
			tracing, err := start(t.Context(), sdktrace.NewSimpleSpanProcessor(exporter), test.ratio, slog.New(slog.DiscardHandler))
			g.Expect(err).NotTo(HaveOccurred())
			var recording bool
			handler := tracing.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				recording = trace.SpanFromContext(r.Context()).IsRecording()
			}))
			handler.ServeHTTP(httptest.NewRecorder(), request(t, test.traceparent))
			g.Expect(recording).To(Equal(test.traced))
			if !test.traced {
				g.Expect(exporter.GetSpans()).To(BeEmpty())
				return
			}
			g.Expect(exporter.GetSpans()).To(HaveLen(1))
			span := exporter.GetSpans()[0]
			g.Expect(span.Name).To(Equal("review"))
			g.Expect(span.Parent.IsValid()).To(Equal(test.continued))
			if test.continued {
				g.Expect(span.SpanContext.TraceID().String()).To(Equal(traceID))
				g.Expect(span.Parent.SpanID().String()).To(Equal(spanID))
			}
		})
	}
}

func TestWithoutAnEndpointNothingIsWrapped(t *testing.T) {
	g := NewWithT(t)
	tracing, err := Start(t.Context(), Options{SamplingRatio: 1}, nil)
	g.Expect(err).NotTo(HaveOccurred())
	mux := http.NewServeMux()
	g.Expect(tracing.Handler(mux)).To(BeIdenticalTo(mux))
	tracing.Stop()
}

// receiver is a collector's OTLP/HTTP receiver.
type receiver struct {
	mutex sync.Mutex
	names []string
	paths []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body := io.Reader(request.Body)
	if request.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(request.Body)
	}
	text, _ := io.ReadAll(body)
	var sent collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(text, &sent); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.paths = append(r.paths, request.URL.Path)
	for _, resource := range sent.GetResourceSpans() {
		for _, attribute := range resource.GetResource().GetAttributes() {
			r.names = append(r.names, attribute.GetKey()+"="+attribute.GetValue().GetStringValue())
		}
	}
}

func TestSpansReachTheReceiverBeforeTheEnd(t *testing.T) {
	for _, suffix := range []string{"", "/", "/otlp"} {
		g := NewWithT(t)
		received := &receiver{}
		server := httptest.NewServer(received)
		t.Cleanup(server.Close)
		tracing, err := Start(t.Context(), Options{Endpoint: server.URL + suffix, SamplingRatio: 1}, slog.New(slog.DiscardHandler))
		g.Expect(err).NotTo(HaveOccurred())
		tracing.Handler(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), request(t, ""))
		tracing.Stop()
		want := "/v1/traces"
		if suffix == "/otlp" {
			want = "/otlp/v1/traces"
		}
		g.Expect(received.paths).To(Equal([]string{want}))
		g.Expect(received.names).To(ContainElement("service.name=seawall-webhook"))
	}
}

func TestACollectorThatIsAwayCostsNoReviewAnythingAndIsLogged(t *testing.T) {
	g := NewWithT(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	log := gbytes.NewBuffer()
	tracing, err := Start(t.Context(), Options{Endpoint: gone.URL, SamplingRatio: 1}, slog.New(slog.NewTextHandler(log, nil)))
	g.Expect(err).NotTo(HaveOccurred())
	handler := tracing.Handler(http.NotFoundHandler())
	started := time.Now()
	for range 10_000 { // the queue holds 2,048
		handler.ServeHTTP(httptest.NewRecorder(), request(t, ""))
	}
	g.Expect(time.Since(started)).To(BeNumerically("<", 10*time.Second))
	started = time.Now()
	tracing.Stop()
	g.Expect(time.Since(started)).To(BeNumerically("<", 2*flushTimeout))
	g.Expect(log).To(gbytes.Say("connection refused"))
}
