package admission_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	. "github.com/onsi/gomega"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// traced sends a review with a traceparent header to a handler and returns the spans, the
// review's own last.
func traced(t *testing.T, handler *admission.Handler, r ctrladmission.Request, flags string) tracetest.SpanStubs {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	server := otelhttp.NewHandler(admission.HTTP(handler, nil, func() bool { return false }), "review",
		otelhttp.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))),
		otelhttp.WithPropagators(propagation.TraceContext{}))
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: &r.AdmissionRequest,
	})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	sent := httptest.NewRequestWithContext(t.Context(), http.MethodPost, admission.Path, bytes.NewReader(body))
	sent.Header.Set("Content-Type", "application/json")
	sent.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"+flags)
	server.ServeHTTP(httptest.NewRecorder(), sent)
	return exporter.GetSpans()
}

func attributesOf(span tracetest.SpanStub) map[attribute.Key]any {
	found := map[attribute.Key]any{}
	for _, pair := range span.Attributes {
		found[pair.Key] = pair.Value.AsInterface()
	}
	return found
}

func TestAReviewIsASpanOfTheCallersTraceWithItsNumbers(t *testing.T) {
	g := NewWithT(t)
	handler, _ := newHandler(t, changes(100))
	spans := traced(t, handler, request(admissionv1.Create), "01")
	g.Expect(spans).To(HaveLen(4))
	review := spans[3]
	g.Expect(review.SpanContext.TraceID().String()).To(Equal("0af7651916cd43dd8448eb211c80319c"))
	g.Expect(review.Parent.SpanID().String()).To(Equal("b7ad6b7169203331"))
	g.Expect(review.Status.Code).To(Equal(codes.Unset), "a denial is no error")
	for i, phase := range []string{"wait", "count", "judge"} {
		g.Expect(spans[i].Name).To(Equal(phase))
		g.Expect(spans[i].Parent.SpanID()).To(Equal(review.SpanContext.SpanID()))
	}
	for key, want := range map[attribute.Key]any{
		"seawall.n": int64(100), "seawall.wave.n": int64(100), "seawall.p": 0.99, "seawall.limit": 0.2,
		"seawall.risk": BeNumerically("~", 0.634, 0.001), "seawall.action": "Deny", "seawall.reason": "WaveOverLimit",
		"seawall.policy": "default", "seawall.kind": "Wave", "seawall.group": "example.com", "seawall.namespace": "apps",
		"seawall.name": "w", "seawall.operation": "CREATE", "seawall.uid": "u1", "seawall.dry_run": false,
	} {
		g.Expect(attributesOf(review)).To(HaveKeyWithValue(key, want))
	}
}

func TestWhatIsUnknownIsNoAttribute(t *testing.T) {
	g := NewWithT(t)
	handler, _ := newHandler(t, readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) {
		return rollout.Change{}, rollout.Unresolved("spec.x", "is odd")
	}))
	spans := traced(t, handler, request(admissionv1.Create), "01")
	found := attributesOf(spans[len(spans)-1])
	g.Expect(found).To(HaveKeyWithValue(attribute.Key("seawall.reason"), "Unresolved"))
	for _, number := range []attribute.Key{"seawall.n", "seawall.wave.n", "seawall.p", "seawall.risk", "seawall.limit"} {
		g.Expect(found).NotTo(HaveKey(number))
	}
}

func TestRatesThatDifferAreARange(t *testing.T) {
	g := NewWithT(t)
	handler, _ := newHandler(t, readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) {
		return rollout.Change{Environments: 2, Steps: []rollout.Step{{
			Targets: []rollout.Target{{Name: "a", SuccessRate: "0.9"}, {Name: "b"}}, InFlight: 2,
		}}}, nil
	}))
	spans := traced(t, handler, request(admissionv1.Create), "01")
	found := attributesOf(spans[len(spans)-1])
	g.Expect(found).To(HaveKeyWithValue(attribute.Key("seawall.p"), 0.9))
	g.Expect(found).To(HaveKeyWithValue(attribute.Key("seawall.p.max"), 0.99))
}

func TestAFailureOfItsOwnIsAnErrorOfTheSpan(t *testing.T) {
	g := NewWithT(t)
	handler, _ := newHandler(t, readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) { panic("boom") }))
	spans := traced(t, handler, request(admissionv1.Create), "01")
	g.Expect(spans).To(HaveLen(3), "the step that panicked has ended, and no other came")
	g.Expect(spans[2].Status).To(Equal(sdktrace.Status{Code: codes.Error, Description: "Panic: an internal error, which the log of the webhook tells"}))
}

func TestAReviewThatTheCallerDoesNotTraceHasNoSpan(t *testing.T) {
	handler, _ := newHandler(t, changes(100))
	NewWithT(t).Expect(traced(t, handler, request(admissionv1.Create), "00")).To(BeEmpty())
}
