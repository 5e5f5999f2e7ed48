// Package tracing sends traces of reviews to an OpenTelemetry collector.
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/seawall-dev/seawall/pkg/version"
)

const (
	// spanName is the name of a review's span.
	spanName = "review"
	// flushTimeout bounds how long Stop waits for the collector.
	flushTimeout = 3 * time.Second
)

// Options say where traces go, and how many.
type Options struct {
	// Endpoint is the URL of a collector's OTLP/HTTP receiver, without the path v1/traces.
	// Nothing is traced when it is empty.
	Endpoint string
	// SamplingRatio is the share, from 0 to 1, of the reviews to trace whose request says
	// neither that its sender traces it nor that it does not.
	SamplingRatio float64
}

// Tracing traces the requests of a handler.
type Tracing struct {
	// provider is nil when nothing is traced.
	provider *sdktrace.TracerProvider
	logger   *slog.Logger
}

// Start returns a Tracing that sends spans in the background, from a bounded queue: a collector
// that is slow or away costs no review anything. What could not be sent is logged.
func Start(ctx context.Context, options Options, logger *slog.Logger) (*Tracing, error) {
	if options.Endpoint == "" {
		return &Tracing{}, nil
	}
	receiver, err := url.JoinPath(options.Endpoint, "v1", "traces")
	if err != nil {
		return nil, fmt.Errorf("tracing to %q: %w", options.Endpoint, err)
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(receiver))
	if err != nil {
		return nil, fmt.Errorf("tracing to %q: %w", options.Endpoint, err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { logger.Warn("sending traces", "error", err) }))
	return start(ctx, sdktrace.NewBatchSpanProcessor(exporter), options.SamplingRatio, logger)
}

func start(ctx context.Context, processor sdktrace.SpanProcessor, ratio float64, logger *slog.Logger) (*Tracing, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	described, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "seawall-webhook"),
		attribute.String("service.version", version.Get()),
		attribute.String("service.instance.id", host), // in Kubernetes, the name of the pod
	), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	return &Tracing{logger: logger, provider: sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(processor),
		sdktrace.WithResource(described),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio))),
	)}, nil
}

// Handler returns a handler that makes a span of each request. The span continues the trace
// that the request's traceparent header names.
func (t *Tracing) Handler(next http.Handler) http.Handler {
	if t.provider == nil {
		return next
	}
	return otelhttp.NewHandler(next, spanName,
		otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithSpanNameFormatter(func(name string, _ *http.Request) string { return name }),
	)
}

// Stop sends what has not been sent yet, for a few seconds at most.
func (t *Tracing) Stop() {
	if t.provider == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.logger.Warn("sending the last traces", "error", err)
	}
}
