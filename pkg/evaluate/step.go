package evaluate

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// step begins a step of a judgement, which is a span of its own when the judgement is traced;
// end notes how long it took.
func step(ctx context.Context, name string, took *time.Duration) (stepping context.Context, end func()) {
	started := time.Now()
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, func() { *took = time.Since(started) }
	}
	ctx, span := parent.TracerProvider().Tracer("github.com/seawall-dev/seawall/pkg/evaluate").Start(ctx, name)
	return ctx, func() {
		*took = time.Since(started)
		span.End()
	}
}
