package recount

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// serve lets a Recounter read what a server lists.
func (b bench) serve(t *testing.T, from http.Handler) {
	t.Helper()
	listening := httptest.NewServer(from)
	t.Cleanup(listening.Close)
	var err error
	b.Rollouts, err = NewRollouts(&rest.Config{Host: listening.URL})
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
}

func TestARoundThatFailsIsNotPublished(t *testing.T) {
	g := gomega.NewWithT(t)
	sizes, failing := map[string]int{"w-000": 5, "w-001": 30}, ""
	kind := waves(func(write rollout.Write) (rollout.Change, error) {
		if write.Name == failing {
			return rollout.Change{}, errors.New("no answer")
		}
		return syncing(sizes[write.Name])
	})
	b := newBench(t, kind)
	b.serve(t, &server{names: names(2)})
	b.policies.Put(policyOf(t, "default", "0.2", nil))
	round := func() error {
		_, err := b.Reconcile(t.Context(), Item{Kind: kind.GroupKind()})
		g.Expect(b.publish(t.Context())).To(gomega.Succeed())
		return err
	}
	failed := gomega.HaveKeyWithValue("default", gomega.HaveField("Failure", gomega.MatchError("Wave apps/w-001: no answer")))

	failing = "w-001"
	g.Expect(round()).To(gomega.MatchError("Wave apps/w-001: no answer"))
	g.Expect(b.told.counts).To(gomega.BeEmpty(), "half of the first round says nothing")
	g.Expect(b.told.metered).To(gomega.BeEmpty())
	g.Expect(b.told.states).To(failed)

	failing = ""
	g.Expect(round()).To(gomega.Succeed())
	g.Expect(b.told.states).To(gomega.BeEmpty())
	g.Expect(b.told.counts).To(gomega.Equal(map[string]Counts{"default": {Matched: 2, OverLimit: 1}}))

	failing, sizes["w-000"] = "w-001", 30
	g.Expect(round()).NotTo(gomega.Succeed())
	g.Expect(b.told.metered).To(gomega.Equal(map[string]Counts{"default": {Matched: 2, OverLimit: 1}}), "those of the last whole round")
	g.Expect(b.told.states).To(failed)

	failing = ""
	g.Expect(round()).To(gomega.Succeed())
	g.Expect(b.told.counts).To(gomega.Equal(map[string]Counts{"default": {Matched: 2, OverLimit: 2}}))
	g.Expect(b.told.states).To(gomega.BeEmpty())
}

func TestAFailureIsOfThePoliciesThatItIsAbout(t *testing.T) {
	g := gomega.NewWithT(t)
	kind, other := waves(func(rollout.Write) (rollout.Change, error) { return syncing(30) }), waves(nil)
	other.Name, other.Resource = "Other", "others"
	b := newBench(t, kind, other)
	b.serve(t, http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/apis/example.com/v1/others" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		(&server{names: names(1)}).ServeHTTP(w, request)
	}))
	b.policies.Put(policyOf(t, "all", "0.2", nil))
	b.policies.Put(policyOf(t, "waves", "0.2", func(spec *v1alpha1.WavePolicySpec) {
		spec.Match = &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{{Group: "example.com", Kind: "Wave"}}}
	}))
	for _, looked := range b.Kinds.All() {
		g.Expect(b.publish(t.Context())).To(gomega.Succeed())
		g.Expect(b.told.times).To(gomega.BeZero(), "not all kinds have been looked at")
		_, _ = b.Reconcile(t.Context(), Item{Kind: looked.GroupKind()})
	}
	g.Expect(b.publish(t.Context())).To(gomega.Succeed())
	g.Expect(b.told.counts).To(gomega.Equal(map[string]Counts{"waves": {Matched: 1, OverLimit: 1}}))
	g.Expect(b.told.states).To(gomega.HaveKeyWithValue("all", gomega.HaveField("Failure",
		gomega.MatchError(gomega.HavePrefix("reading others.example.com: ")))))
	g.Expect(b.told.states).NotTo(gomega.HaveKey("waves"))

	b.policies.Put(policyOf(t, "new", "0.2", func(spec *v1alpha1.WavePolicySpec) {
		spec.Match = &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{{Group: "example.com", Kind: "Wave"}}}
	}))
	g.Expect(b.judge(t.Context(), kind, stored(t, "w-000", ""))).To(gomega.Succeed())
	g.Expect(b.publish(t.Context())).To(gomega.Succeed())
	g.Expect(b.told.states).To(gomega.HaveKeyWithValue("new", Standing{Pending: true}), "no round has judged by it yet")
	g.Expect(b.told.counts).NotTo(gomega.HaveKey("new"))
}

func TestWhatTheStatusSays(t *testing.T) {
	now, before := metav1.Unix(1_000_000, 0), metav1.Unix(999_000, 0)
	numbers := func(failure string, at metav1.Time) *v1alpha1.WavePolicyRollouts {
		return &v1alpha1.WavePolicyRollouts{
			Matched: new(int32(4)), OverLimit: new(int32(1)), Unresolved: new(int32(1)), Overridden: new(int32(1)), ObservedTime: &at, Failure: failure,
		}
	}
	counts := Counts{Matched: 4, OverLimit: 1, Unresolved: 1, Overridden: 1}
	failure := Standing{Failure: fmt.Errorf("reading waves:\n%w", errors.New("no answer"))}
	for name, test := range map[string]struct {
		stored, want *v1alpha1.WavePolicyRollouts
		counts       Counts
		state        Standing
		every        time.Duration
		written      bool
	}{
		"the first numbers":                {nil, numbers("", now), counts, Standing{}, time.Hour, true},
		"the same numbers":                 {numbers("", before), numbers("", now), counts, Standing{}, time.Hour, false},
		"the same numbers, which are old":  {numbers("", before), numbers("", now), counts, Standing{}, time.Second, true},
		"none yet":                         {nil, nil, Counts{}, Standing{Pending: true}, time.Hour, false},
		"none yet of this leader":          {numbers("", before), numbers("", before), Counts{}, Standing{Pending: true}, time.Second, false},
		"a failure, and no numbers":        {nil, &v1alpha1.WavePolicyRollouts{Failure: "reading waves: no answer"}, Counts{}, failure, time.Hour, true},
		"a failure beside earlier numbers": {numbers("", before), numbers("reading waves: no answer", before), Counts{}, failure, time.Second, true},
		"the same failure":                 {numbers("reading waves: no answer", before), numbers("reading waves: no answer", before), Counts{}, failure, time.Second, false},
		"a failure that is over":           {numbers("no answer", before), numbers("", now), counts, Standing{}, time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			found := rolloutsOf(test.stored, test.counts, test.state, now)
			g.Expect(found).To(gomega.Equal(test.want))
			g.Expect(Statuses{Every: test.every}.current(test.stored, found)).To(gomega.Equal(!test.written))
		})
	}
}
