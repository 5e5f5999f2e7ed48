package peers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	. "github.com/onsi/gomega"
)

func TestMetricIsTheValueOfOneSeries(t *testing.T) {
	g := NewWithT(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "# TYPE asked counter\nasked{by=\"a\"} 3\nasked{by=\"ab\"} 4\n")
	}))
	t.Cleanup(server.Close)
	g.Expect(Metric(t.Context(), server.URL, `asked{by="ab"}`)).To(Equal(4))
	_, err := Metric(t.Context(), server.URL, `asked{by="b"}`)
	g.Expect(err).To(MatchError(ContainSubstring(`has no asked{by="b"}`)))
}
