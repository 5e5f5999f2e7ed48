package admission

import (
	"context"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// phase begins a step of a review, which is a span of its own when the review is traced; end
// notes how long it took.
func phase(ctx context.Context, name string, took *time.Duration) (stepping context.Context, end func()) {
	started := time.Now()
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, func() { *took = time.Since(started) }
	}
	ctx, span := parent.TracerProvider().Tracer("github.com/seawall-dev/seawall/pkg/admission").Start(ctx, name)
	return ctx, func() {
		*took = time.Since(started)
		span.End()
	}
}

// describe puts a record on the span of its review: docs/tracing.md lists the attributes.
func describe(span trace.Span, record audit.Record) {
	if !span.IsRecording() {
		return
	}
	text := func(key, value string) {
		if value != "" {
			span.SetAttributes(attribute.String("seawall."+key, audit.Clean(value)))
		}
	}
	number := func(key, value string) {
		if parsed, err := strconv.ParseFloat(value, 64); err == nil {
			span.SetAttributes(attribute.Float64("seawall."+key, parsed))
		}
	}
	text("action", record.Action)
	text("reason", record.Reason)
	text("policy", record.Policy)
	text("operation", record.Operation)
	text("group", record.Group)
	text("kind", record.Kind)
	text("namespace", record.Namespace)
	text("name", record.Name)
	text("uid", record.UID)
	span.SetAttributes(attribute.Bool("seawall.dry_run", record.DryRun))
	if record.WaveEnvironments > 0 {
		least, most, mixed := strings.Cut(record.SuccessRate, " to ")
		number("p", least)
		if mixed {
			number("p.max", most)
		}
		number("limit", record.Limit)
		span.SetAttributes(
			attribute.Int("seawall.n", record.Environments),
			attribute.Int("seawall.wave.n", record.WaveEnvironments),
			attribute.Float64("seawall.risk", record.Probability),
		)
	}
	if record.Action == audit.Error {
		span.SetStatus(codes.Error, record.Reason+": "+audit.Clean(record.Message))
	}
}
