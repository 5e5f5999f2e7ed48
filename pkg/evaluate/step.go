package evaluate

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// step begins a step of a judgement, which is a span of its own when the judgement is traced.
func step(ctx context.Context, name string, took *time.Duration) (context.Context, stepped) {
	begun := stepped{time.Now(), took, nil}
	if parent := trace.SpanFromContext(ctx); parent.IsRecording() {
		//nolint:spancheck // end ends it
		ctx, begun.span = parent.TracerProvider().Tracer("github.com/seawall-dev/seawall/pkg/evaluate").Start(ctx, name)
	}
	return ctx, begun
}

// stepped is a step that is under way.
type stepped struct {
	started time.Time
	took    *time.Duration
	span    trace.Span
}

// end notes how long the step took.
func (s stepped) end() {
	*s.took = time.Since(s.started)
	if s.span != nil {
		s.span.End()
	}
}
