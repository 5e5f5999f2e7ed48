package admission

import (
	"context"
	"errors"
	"net/http"

	"github.com/seawall-dev/seawall/pkg/evaluate"
)

// Reasons of failures of Seawall's own, as metrics and records spell them.
const (
	failureError    = "Error"
	failureOverload = "Overload"
	failurePanic    = "Panic"
	failureTimeout  = "Timeout"
)

// failure is why Seawall could not judge a write. It is never a verdict about the write.
type failure struct {
	reason string
	err    error
}

func failureOf(ctx context.Context, err error) *failure {
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return &failure{reason: failureTimeout, err: errors.New("the time that the API server allows is over")}
	}
	if errors.Is(err, evaluate.ErrInternal) {
		return &failure{reason: failurePanic, err: err}
	}
	return &failure{reason: failureError, err: err}
}

// code returns the HTTP status of a refusal, which no denial has.
func (f *failure) code() int32 {
	switch f.reason {
	case failureOverload:
		return http.StatusServiceUnavailable
	case failureTimeout:
		return http.StatusGatewayTimeout
	default:
		return http.StatusInternalServerError
	}
}

// Limiter bounds how many writes are judged at once. A nil Limiter bounds nothing.
type Limiter chan struct{}

// NewLimiter returns a Limiter for that many writes, at least one.
func NewLimiter(most int) Limiter { return make(Limiter, max(most, 1)) }

// acquire waits for a place until ctx ends; a free one is taken whatever ctx says, so that
// only a wait that was too long counts as overload.
func (l Limiter) acquire(ctx context.Context) (release func(), err error) {
	if l == nil {
		return func() {}, nil
	}
	release = func() { <-l }
	select {
	case l <- struct{}{}:
		return release, nil
	default:
	}
	select {
	case l <- struct{}{}:
		return release, nil
	case <-ctx.Done():
		return nil, errors.New("too many writes are being judged at once")
	}
}
