package admission

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/budget"
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

// HTTP serves a handler over HTTP with the deadline that the API server names. A review waits
// for room in the pool before its body is read; where there is none in time, the handler is
// asked all the same, so that its answer is the configured one: the account of its context
// says why, and the objects are missing. While draining answers true, clients are told to
// take their connections elsewhere.
func HTTP(handler admission.Handler, pool *budget.Pool, draining func() bool) http.Handler {
	webhook := &admission.Webhook{
		Handler: handler,
		// The usual one, with the names of the request, costs more than many a judgement.
		LogConstructor: func(base logr.Logger, _ *admission.Request) logr.Logger { return base },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeoutOf(r))
		defer cancel()
		if draining() {
			w.Header().Set("Connection", "close")
		}
		size := sizeOf(r)
		if size > mostBody {
			http.Error(w, "the review is larger than any of the API server's", http.StatusRequestEntityTooLarge)
			return
		}
		ctx, leave, err := pool.Open(ctx, bodyWeight*size)
		defer leave()
		deadline, _ := ctx.Deadline()
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(deadline.Add(answerMargin / 2)) //nolint:mnd // half
		request, err := receive(r.Body, size, err == nil)
		_ = control.SetReadDeadline(time.Time{})
		if err != nil {
			log.FromContext(ctx).Error(err, "reading a review")
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reply(ctx, w, webhook.Handle(ctx, request))
	})
}

// reply answers with a review.
func reply(ctx context.Context, w http.ResponseWriter, response admission.Response) {
	w.Header().Set("Content-Type", "application/json")
	err := json.NewEncoder(w).Encode(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Response: &response.AdmissionResponse,
	})
	if err != nil {
		log.FromContext(ctx).Error(err, "answering a review")
	}
}

// timeoutOf returns how long a request may be judged.
func timeoutOf(r *http.Request) time.Duration {
	timeout, err := time.ParseDuration(r.URL.Query().Get("timeout"))
	if err != nil || timeout <= 0 || timeout > longestTimeout {
		timeout = defaultTimeout
	}
	return max(timeout-answerMargin, timeout/2)
}
