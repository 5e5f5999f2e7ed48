package admission

import (
	"context"
	"time"
)

// phase begins a step of a review; end notes how long it took.
func phase(ctx context.Context, _ string, took *time.Duration) (stepping context.Context, end func()) {
	started := time.Now()
	return ctx, func() { *took = time.Since(started) }
}
