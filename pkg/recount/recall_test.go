package recount

import (
	"context"
	"errors"
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// memory tells what a test says was recorded, once it has failed so often.
type memory struct {
	recorded []audit.Record
	fails    int
	asked    int
}

func (m *memory) Recorded(_ context.Context, tell func(audit.Record)) error {
	m.asked++
	for _, record := range m.recorded {
		tell(record)
	}
	if m.asked <= m.fails {
		return errors.New("no answer")
	}
	return nil
}

func recorded(name, action, policy, reason string) audit.Record {
	return audit.Record{
		Operation: audit.Recount, Action: action, Policy: policy, Reason: reason, Group: "example.com", Kind: "Wave", Namespace: "apps", Name: name,
	}
}

func TestWhatWasRecordedBeforeIsNotRecordedAgain(t *testing.T) {
	g := gomega.NewWithT(t)
	sizes := map[string]int{"w-000": 30, "w-001": 5, "w-002": 30, "w-003": 30}
	kind := waves(func(write rollout.Write) (rollout.Change, error) { return syncing(sizes[write.Name]) })
	b := newBench(t, kind)
	b.serve(t, &server{names: names(4)})
	b.policies.Put(policyOf(t, "default", "0.2", nil))
	gone := recorded("x", audit.Deny, "default", "WaveOverLimit")
	gone.Kind = "Gone"
	b.Memory = &memory{recorded: []audit.Record{
		recorded("w-000", audit.Deny, "default", "WaveOverLimit"),
		recorded("w-001", audit.Deny, "default", "WaveOverLimit"),
		recorded("w-002", audit.Deny, "default", "Unresolved"),
		recorded("deleted", audit.Warn, "other", "WaveOverLimit"),
		gone,
	}}
	_, err := b.Reconcile(t.Context(), Item{Kind: kind.GroupKind()})
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(b.kept.take()).To(gomega.ConsistOf(
		"RECOUNT Allow apps/w-001 WithinLimit default 5",
		"RECOUNT Deny apps/w-002 WaveOverLimit default 30",
		"RECOUNT Deny apps/w-003 WaveOverLimit default 30",
		"RECOUNT Allow apps/deleted NotJudged  0",
	), "what is the same is not told, what is mended is")
	g.Expect(b.publish(t.Context())).To(gomega.Succeed())
	g.Expect(b.told.counts).To(gomega.Equal(map[string]Counts{"default": {Matched: 4, OverLimit: 3}}), "what was recorded counts nothing")

	b.step(gathering)
	item, _ := b.queue.Get()
	g.Expect(item).To(gomega.BeZero(), "numbers are published first")
	item, _ = b.queue.Get()
	g.Expect(item).To(gomega.Equal(Item{Kind: schema.GroupKind{Group: "example.com", Kind: "Gone"}}))
	_, err = b.Reconcile(t.Context(), item)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(b.kept.take()).To(gomega.Equal([]string{"RECOUNT Allow apps/x NotJudged  0"}), "a kind that is gone meanwhile")
}

func TestNothingIsMendedBeforeItIsKnownByWhatToJudge(t *testing.T) {
	g := gomega.NewWithT(t)
	b := newBench(t)
	b.Memory = &memory{recorded: []audit.Record{recorded("w", audit.Deny, "default", "WaveOverLimit")}}
	unready := errors.New("policies have not been read")
	b.Evaluator.Ready = func() error { return unready }
	_, err := b.Reconcile(t.Context(), Item{Kind: schema.GroupKind{Group: "example.com", Kind: "Wave"}})
	g.Expect(err).To(gomega.MatchError(unready))
	g.Expect(b.kept.take()).To(gomega.BeEmpty())
	g.Expect(b.rounds).To(gomega.BeEmpty())
}

func TestAMemoryThatFailsDoesNotStopTheRecount(t *testing.T) {
	for name, test := range map[string]struct {
		fails, refusals int
		recorded        []string
	}{
		"at first":    {fails: 2, refusals: 2},
		"all the way": {fails: 99, refusals: 2},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			kind := waves(func(rollout.Write) (rollout.Change, error) { return syncing(30) })
			b := newBench(t, kind)
			b.serve(t, &server{names: names(2)})
			b.policies.Put(policyOf(t, "default", "0.2", nil))
			asked := &memory{fails: test.fails, recorded: []audit.Record{recorded("w-000", audit.Deny, "default", "WaveOverLimit")}}
			b.Memory = asked
			for range test.refusals {
				_, err := b.Reconcile(t.Context(), Item{Kind: kind.GroupKind()})
				g.Expect(err).To(gomega.MatchError("no answer"))
			}
			for range 2 {
				_, err := b.Reconcile(t.Context(), Item{Kind: kind.GroupKind()})
				g.Expect(err).NotTo(gomega.HaveOccurred())
			}
			g.Expect(asked.asked).To(gomega.Equal(recallTries))
			g.Expect(b.kept.take()).To(gomega.Equal([]string{"RECOUNT Deny apps/w-001 WaveOverLimit default 30"}), "what it told is believed")
		})
	}
}
