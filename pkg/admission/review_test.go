package admission_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// TestAReviewThatFindsNoRoomGetsTheConfiguredAnswer holds that nothing but the head of its
// body is read, over a real connection.
func TestAReviewThatFindsNoRoomGetsTheConfiguredAnswer(t *testing.T) {
	for name, allow := range map[string]bool{"refused": false, "admitted": true} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			handler, kept := newHandler(t, readerFunc(func(context.Context, rollout.Write) (rollout.Change, error) { panic("was judged") }))
			handler.AllowOnError = allow
			server := httptest.NewServer(admission.HTTP(handler, full(t), func() bool { return false }))
			defer server.Close()
			r := request(admissionv1.Create)
			r.Object.Raw = []byte(`{"metadata":{"name":"w"},"spec":"` + strings.Repeat("x", 200_000) + `"}`)
			body, err := json.Marshal(admissionv1.AdmissionReview{Request: &r.AdmissionRequest})
			g.Expect(err).NotTo(gomega.HaveOccurred())
			sent, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"?timeout=200ms", bytes.NewReader(body))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			answer, err := server.Client().Do(sent)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			defer answer.Body.Close()
			var review admissionv1.AdmissionReview
			g.Expect(json.NewDecoder(answer.Body).Decode(&review)).To(gomega.Succeed())
			g.Expect(review.Response.UID).To(gomega.BeEquivalentTo("u1"))
			g.Expect(review.Response.Allowed).To(gomega.Equal(allow))
			g.Expect(kept.list).To(gomega.HaveLen(1))
			g.Expect(kept.list[0].Reason).To(gomega.Equal("Overload"))
			g.Expect(kept.list[0].User).To(gomega.Equal("jane"))
			g.Expect(kept.list[0].DryRun).To(gomega.BeTrue(), "what is not known to be none")
			g.Expect(kept.list[0].Phases.Wait).To(gomega.BeNumerically(">", 0))
			if !allow {
				g.Expect(review.Response.Result.Code).To(gomega.BeEquivalentTo(http.StatusServiceUnavailable))
			}
		})
	}
}

func TestWhatIsNoReviewIsABadRequest(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		code int
	}{
		"nothing":              {"", http.StatusBadRequest},
		"no JSON":              {"{", http.StatusBadRequest},
		"a list":               {"[]", http.StatusBadRequest},
		"no request":           {`{"kind":"AdmissionReview"}`, http.StatusBadRequest},
		"a request of a text":  {`{"request":"x","kind":1}`, http.StatusBadRequest},
		"a request without ID": {`{"request":{"name":"w"}}`, http.StatusBadRequest},
		"a name of a number":   {`{"request":{"uid":"u1","name":7}}`, http.StatusBadRequest},
		"more than any":        {strings.Repeat(" ", 8<<20), http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			handler, kept := newHandler(t, changes(1))
			recorder := httptest.NewRecorder()
			sent := httptest.NewRequestWithContext(t.Context(), http.MethodPost, admission.Path, strings.NewReader(test.body))
			admission.HTTP(handler, budget.NewPool(64<<20), func() bool { return false }).ServeHTTP(recorder, sent)
			g.Expect(recorder.Code).To(gomega.Equal(test.code))
			g.Expect(kept.list).To(gomega.BeEmpty())
		})
	}
}

// counted is a body that notes when it is read, and how much of it.
type counted struct {
	io.Reader

	read int
}

func (c *counted) Read(into []byte) (int, error) {
	n, err := c.Reader.Read(into)
	c.read += n
	return n, err
}

// TestBodiesCountAgainstTheBudgetBeforeTheyAreRead holds that of a body no more is read than
// may be in memory, that it is read once, and that one of unknown length counts as the longest.
func TestBodiesCountAgainstTheBudgetBeforeTheyAreRead(t *testing.T) {
	const room = 8 << 20 // for one body of at most 2 MiB: a review may take half, and it stands in memory twice
	for name, test := range map[string]struct {
		size   int
		length int64
		whole  bool
	}{
		"one that fits":                  {size: 1 << 20, length: 1 << 20, whole: true},
		"one that does not":              {size: 3 << 20, length: 3 << 20},
		"one that does not say how long": {size: 1 << 10, length: -1},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			handler, kept := newHandler(t, changes(1))
			r := request(admissionv1.Create)
			body, err := json.Marshal(admissionv1.AdmissionReview{Request: &r.AdmissionRequest})
			g.Expect(err).NotTo(gomega.HaveOccurred())
			body = append(body, bytes.Repeat([]byte(" "), max(0, test.size-len(body)))...)
			sent := &counted{Reader: bytes.NewReader(body)}
			review := httptest.NewRequestWithContext(t.Context(), http.MethodPost, admission.Path+"?timeout=500ms", sent)
			review.ContentLength = test.length
			recorder := httptest.NewRecorder()
			admission.HTTP(handler, budget.NewPool(room), func() bool { return false }).ServeHTTP(recorder, review)
			g.Expect(recorder.Code).To(gomega.Equal(http.StatusOK), recorder.Body.String())
			g.Expect(kept.list).To(gomega.HaveLen(1))
			if test.whole {
				g.Expect(sent.read).To(gomega.Equal(test.size))
				g.Expect(kept.list[0].Reason).NotTo(gomega.Equal("Overload"))
				return
			}
			g.Expect(sent.read).To(gomega.BeNumerically("<=", 64<<10), "its head")
			g.Expect(kept.list[0].Reason).To(gomega.Equal("Overload"))
		})
	}
}

// FuzzReview holds that whatever is sent gets an answer, and an object the bytes that it has.
func FuzzReview(f *testing.F) {
	f.Add([]byte(`{"request":{"uid":"u","object":{"metadata":{}},"oldObject":null,"kind":{"kind":"x"}}}`))
	f.Add([]byte(`{"request":"x","kind":1}`))
	f.Add([]byte(`{"request":{"request":{"uid":"u"}},"request":{"uid":"\ud800"}}`))
	handler, _ := newHandler(f, changes(1))
	handler.Sink = discard{}
	served := admission.HTTP(handler, budget.NewPool(64<<20), func() bool { return false })
	f.Fuzz(func(t *testing.T, body []byte) {
		recorder := httptest.NewRecorder()
		served.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, admission.Path, strings.NewReader(string(body))))
		var review admissionv1.AdmissionReview
		if recorder.Code == http.StatusOK && (json.Unmarshal(recorder.Body.Bytes(), &review) != nil || review.Response == nil) {
			t.Fatal(recorder.Body)
		}
	})
}
