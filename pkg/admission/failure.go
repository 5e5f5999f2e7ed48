package admission

import (
	"context"
	"errors"
	"net/http"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Reasons of failures of Seawall's own, as metrics and records spell them.
const (
	failureError    = "Error"
	failureOverload = "Overload"
	failurePanic    = "Panic"
	failureTimeout  = "Timeout"
	// failureUnknown is that of reviews that need what the API server has not told yet, or not
	// for too long.
	failureUnknown = "SourceLost"
	// failureAccount is that of writes whose account could not be kept. They are never admitted: what is not
	// counted would make room for more.
	failureAccount = "AccountLost"
)

// failure is why Seawall could not judge a write. It is never a verdict about the write.
type failure struct {
	reason string
	err    error
}

func failureOf(ctx context.Context, err error) *failure {
	if errors.Is(err, evaluate.ErrAccount) {
		return &failure{reason: failureAccount, err: err}
	}
	if !errors.Is(err, budget.ErrOverload) && (ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded)) {
		return &failure{reason: failureTimeout, err: errors.New("the time that the API server allows is over")}
	}
	if errors.Is(err, budget.ErrOverload) || errors.Is(err, budget.ErrExceeded) {
		return &failure{reason: failureOverload, err: err}
	}
	if errors.Is(err, evaluate.ErrInternal) {
		return &failure{reason: failurePanic, err: err}
	}
	if errors.Is(err, evaluate.ErrNotReady) || errors.Is(err, rollout.ErrLost) {
		return &failure{reason: failureUnknown, err: err}
	}
	return &failure{reason: failureError, err: err}
}

// code returns the HTTP status of a refusal, which no denial has.
func (f *failure) code() int32 {
	switch f.reason {
	case failureOverload, failureUnknown, failureAccount:
		return http.StatusServiceUnavailable
	case failureTimeout:
		return http.StatusGatewayTimeout
	default:
		return http.StatusInternalServerError
	}
}
