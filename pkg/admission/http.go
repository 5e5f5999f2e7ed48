package admission

import (
	"context"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// Path is where the webhook serves.
const Path = "/validate-waves"

const (
	// defaultTimeout is the API server's own when its call names none.
	defaultTimeout = 10 * time.Second
	longestTimeout = 30 * time.Second
	// answerMargin is left of the API server's timeout for the answer to get there.
	answerMargin = 200 * time.Millisecond
)

// HTTP serves a handler over HTTP with the deadline that the API server names. While
// draining answers true, clients are told to take their connections elsewhere.
func HTTP(handler admission.Handler, draining func() bool) http.Handler {
	webhook := &admission.Webhook{Handler: handler}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeoutOf(r))
		defer cancel()
		if draining() {
			w.Header().Set("Connection", "close")
		}
		webhook.ServeHTTP(w, r.WithContext(ctx))
	})
}

// timeoutOf returns how long a request may be judged.
func timeoutOf(r *http.Request) time.Duration {
	timeout, err := time.ParseDuration(r.URL.Query().Get("timeout"))
	if err != nil || timeout <= 0 || timeout > longestTimeout {
		timeout = defaultTimeout
	}
	return max(timeout-answerMargin, timeout/2)
}
