package recount

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// server lists the rollouts of these names, and lets continue tokens expire as API servers do.
type server struct {
	names []string
	// expires says which pages, by the number of rollouts before them, have expired, and how
	// often; tells whether the answer says where to go on.
	expires map[int]int
	tells   bool
	asked   []string
}

func (s *server) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	query := request.URL.Query()
	s.asked = append(s.asked, query.Get("continue"))
	at, _ := strconv.Atoi(strings.TrimPrefix(query.Get("continue"), "anew-"))
	limit, _ := strconv.Atoi(query.Get("limit"))
	if s.expires[at] > 0 {
		s.expires[at]--
		status := metav1.Status{Status: metav1.StatusFailure, Reason: metav1.StatusReasonExpired, Code: http.StatusGone}
		status.Kind, status.APIVersion = "Status", "v1"
		if s.tells {
			status.Continue = fmt.Sprintf("anew-%d", at)
		}
		w.WriteHeader(http.StatusGone)
		_ = json.NewEncoder(w).Encode(status)
		return
	}
	var answer page
	end := min(at+min(limit, firstPage), len(s.names))
	for _, name := range s.names[at:end] {
		answer.Items = append(answer.Items, fmt.Appendf(nil, `{"metadata":{"namespace":"apps","name":%q},"spec":{}}`, name))
	}
	if end < len(s.names) {
		answer.Metadata.Continue = strconv.Itoa(end)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// names are those of n rollouts in the order in which they are stored.
func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("w-%03d", i)
	}
	return all
}

// read returns the names of the rollouts that a server lists.
func read(t *testing.T, from *server) ([]string, error) {
	t.Helper()
	g := gomega.NewWithT(t)
	listening := httptest.NewServer(from)
	t.Cleanup(listening.Close)
	rollouts, err := NewRollouts(&rest.Config{Host: listening.URL})
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var seen []string
	for found, err := range rollouts.all(t.Context(), waves(nil)) {
		if err != nil {
			return seen, err
		}
		seen = append(seen, found.Metadata.Name)
	}
	return seen, nil
}

func TestAListThatExpiresGoesOnByName(t *testing.T) {
	shuffled := append([]string{"w-199"}, names(120)...)
	for name, test := range map[string]struct {
		server *server
		asked  []string
		fails  bool
	}{
		"one that does not expire":              {&server{names: names(120)}, []string{"", "50", "100"}, false},
		"one that says where to go on":          {&server{names: names(120), expires: map[int]int{50: 1}, tells: true}, []string{"", "50", "anew-50", "100"}, false},
		"one that expires again":                {&server{names: names(120), expires: map[int]int{50: 3}, tells: true}, []string{"", "50", "anew-50", "anew-50", "anew-50", "100"}, false},
		"one that expires for ever":             {&server{names: names(120), expires: map[int]int{50: 99}, tells: true}, []string{"", "50", "anew-50", "anew-50", "anew-50"}, true},
		"one that does not say where to go on":  {&server{names: names(120), expires: map[int]int{50: 1}}, []string{"", "50", "", "50", "100"}, false},
		"one that never comes past a page":      {&server{names: names(120), expires: map[int]int{50: 99}}, []string{"", "50", "", "50", "", "50", "", "50"}, true},
		"one that expires at once":              {&server{names: names(120), expires: map[int]int{0: 9}}, []string{""}, true},
		"one without order that says no place":  {&server{names: shuffled, expires: map[int]int{50: 1}}, []string{"", "50"}, true},
		"one without order that says the place": {&server{names: shuffled, expires: map[int]int{50: 1}, tells: true}, []string{"", "50", "anew-50", "100"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			seen, err := read(t, test.server)
			g.Expect(err != nil).To(gomega.Equal(test.fails), "%v", err)
			g.Expect(test.server.asked).To(gomega.Equal(test.asked))
			if !test.fails {
				g.Expect(seen).To(gomega.Equal(test.server.names), "each is seen once")
			}
		})
	}
}
