package recount

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// reader is a kind whose answer a test chooses.
type reader func(rollout.Write) (rollout.Change, error)

func (r reader) Read(_ context.Context, write rollout.Write) (rollout.Change, error) { return r(write) }

func syncing(n int) (rollout.Change, error) {
	return rollout.Change{Environments: n, Steps: []rollout.Step{{Declared: n, InFlight: n, PaceRemedy: "set spec.most to {n}"}}}, nil
}

type kindList []rollout.Kind

func (k kindList) All() []rollout.Kind { return k }

func (k kindList) Lookup(wanted schema.GroupKind) rollout.Kind {
	for _, kind := range k {
		if kind.GroupKind() == wanted {
			return kind
		}
	}
	return rollout.Kind{}
}

// namespaces are those that exist; one without labels is being deleted.
type namespaces map[string]labels.Set

func (n namespaces) Get(_ context.Context, name string) (labels.Labels, bool, error) {
	found, exists := n[name]
	if !exists {
		return nil, false, errors.New("no such namespace")
	}
	return found, found == nil, nil
}

type records []audit.Record

func (r *records) Record(_ context.Context, record audit.Record) { *r = append(*r, record) }

func (r *records) take() []string {
	var lines []string
	for _, record := range *r {
		lines = append(lines, fmt.Sprintf("%s %s %s/%s %s %s %d", record.Operation, record.Action, record.Namespace, record.Name,
			record.Reason, record.Policy, record.Environments))
	}
	*r = nil
	return lines
}

// published are the numbers that were made known last.
type published struct {
	counts, metered map[string]Counts
	states          map[string]Standing
	times           int
	passes          []string
}

func (p *published) Publish(_ context.Context, counts map[string]Counts, states map[string]Standing) error {
	p.counts, p.states = counts, states
	p.times++
	return nil
}
func (p *published) Counted(counts map[string]Counts)    { p.metered = counts }
func (p *published) Passed(kind string, _ time.Duration) { p.passes = append(p.passes, kind) }

func policyOf(tb testing.TB, name, limit string, change func(*v1alpha1.WavePolicySpec)) *policy.Policy {
	tb.Helper()
	source := &v1alpha1.WavePolicy{}
	source.Name = name
	source.Spec.MaxWaveFailureProbability = v1alpha1.Probability(limit)
	source.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99"}
	if change != nil {
		change(&source.Spec)
	}
	compiled, err := policy.Compile(source)
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	return compiled
}

func waves(read reader) rollout.Kind {
	return rollout.Kind{Group: "example.com", Name: "Wave", Resource: "waves", Versions: []string{"v1"}, Namespaced: true, Reader: read}
}

// stored returns a rollout as the API server has it.
func stored(tb testing.TB, name, metadata string) existing {
	tb.Helper()
	found, err := parse(fmt.Appendf(nil, `{"kind":"Wave","metadata":{"namespace":"apps","name":%q%s},"spec":{}}`, name, metadata))
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	return found
}

type bench struct {
	*Recounter

	policies  *policy.Set
	overrides *policy.Overrides
	kept      *records
	told      *published
	clock     *clocktesting.FakeClock
}

// newBench returns a Recounter of some kinds, whose queue and clock are the test's.
func newBench(tb testing.TB, kinds ...rollout.Kind) bench {
	tb.Helper()
	b := bench{policies: &policy.Set{}, overrides: policy.NewOverrides("seawall-system"), kept: &records{}, told: &published{}, clock: clocktesting.NewFakeClock(time.Unix(1_000_000, 0))}
	b.Recounter = &Recounter{
		Evaluator: &evaluate.Evaluator{
			Kinds: kindList(kinds), Policies: b.policies, Overrides: b.overrides, Namespaces: namespaces{"apps": {"tier": "production"}, "ending": nil}, Excluded: []string{"kube-system"},
		},
		Kinds: kindList(kinds), Publisher: b.told, Sink: b.kept, Meter: b.told, Interval: time.Minute,
	}
	b.begin(b.clock)
	b.queue = workqueue.NewTypedRateLimitingQueueWithConfig(
		workqueue.NewTypedItemExponentialFailureRateLimiter[Item](firstRetry, lastRetry),
		workqueue.TypedRateLimitingQueueConfig[Item]{Clock: b.clock})
	tb.Cleanup(b.queue.ShutDown)
	return b
}

func TestAFindingIsRecordedWhenItAppearsAndWhenItIsMended(t *testing.T) {
	g := gomega.NewWithT(t)
	n, failure := 10, error(nil)
	kind := waves(func(write rollout.Write) (rollout.Change, error) {
		g.Expect(write.Rewritten).To(gomega.BeTrue())
		g.Expect(write.Object).To(gomega.Equal(write.OldObject))
		g.Expect([]string{write.Namespace, write.Name}).To(gomega.Equal([]string{"apps", "w"}))
		change, _ := syncing(n)
		return change, failure
	})
	b := newBench(t, kind)
	b.policies.Put(policyOf(t, "default", "0.2", nil))
	judge := func(want ...string) {
		t.Helper()
		g.Expect(b.judge(t.Context(), kind, stored(t, "w", ""))).To(gomega.Succeed())
		g.Expect(b.kept.take()).To(gomega.Equal(want))
	}
	judge()
	n = 100
	judge("RECOUNT Deny apps/w WaveOverLimit default 100")
	n = 101
	judge() // the same finding
	failure = rollout.Unresolved("spec.x", "is open")
	judge("RECOUNT Deny apps/w Unresolved default 0")
	failure = nil
	judge("RECOUNT Deny apps/w WaveOverLimit default 101")
	b.policies.Put(policyOf(t, "default", "0.2", func(spec *v1alpha1.WavePolicySpec) {
		spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
	}))
	judge("RECOUNT Warn apps/w WaveOverLimit default 101")
	b.policies.Put(policyOf(t, "default", "1", nil))
	judge("RECOUNT Allow apps/w WithinLimit default 101")
	judge()
	b.policies.Put(policyOf(t, "default", "0.2", nil))
	judge("RECOUNT Deny apps/w WaveOverLimit default 101")
	b.policies.Delete("default")
	judge("RECOUNT Allow apps/w NotJudged  0")
	g.Expect(b.results[kind.GroupKind()]).To(gomega.BeEmpty(), "what no policy matches is not kept")
}

func TestARolloutWithAnOverrideIsNeitherOverItsLimitNorWithin(t *testing.T) {
	g := gomega.NewWithT(t)
	kind := waves(func(rollout.Write) (rollout.Change, error) { return syncing(100) })
	b := newBench(t, kind)
	b.policies.Put(policyOf(t, "default", "0.2", func(spec *v1alpha1.WavePolicySpec) {
		day := int32(86400)
		spec.MaxOverrideDurationSeconds = &day
	}))
	source := &v1alpha1.WaveOverride{}
	source.Namespace, source.Name, source.CreationTimestamp = "apps", "o", metav1.Now()
	source.Spec = v1alpha1.WaveOverrideSpec{
		Rollout:               v1alpha1.RolloutReference{Group: kind.Group, Kind: kind.Name, Name: "w"},
		MaxFailureProbability: "1", Reason: "a test", ExpiresAt: &metav1.Time{Time: time.Now().Add(time.Hour)},
	}
	override, err := policy.CompileOverride(source)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	b.overrides.Put(override)
	g.Expect(b.judge(t.Context(), kind, stored(t, "w", ""))).To(gomega.Succeed())
	g.Expect(b.results.counts()).To(gomega.Equal(map[string]Counts{"default": {Matched: 1, Overridden: 1}}))
	g.Expect(*b.kept).To(gomega.HaveExactElements(gomega.And(
		gomega.HaveField("Override", "apps/o"), gomega.HaveField("Message", gomega.HavePrefix("wave 1 syncs 100 environments")),
		gomega.HaveField("Mended()", false), gomega.HaveField("Notable()", true),
	)), "what it would be without the override is told")
	g.Expect(b.kept.take()).To(gomega.Equal([]string{"RECOUNT Allow apps/w Overridden default 100"}))
	g.Expect(b.judge(t.Context(), kind, stored(t, "w", ""))).To(gomega.Succeed())
	g.Expect(b.kept.take()).To(gomega.BeEmpty())

	b.overrides.Delete(types.NamespacedName{Namespace: "apps", Name: "o"})
	g.Expect(b.judge(t.Context(), kind, stored(t, "w", ""))).To(gomega.Succeed())
	g.Expect(b.kept.take()).To(gomega.Equal([]string{"RECOUNT Deny apps/w WaveOverLimit default 100"}))
	b.overrides.Put(override)
	b.policies.Put(policyOf(t, "default", "1", nil))
	g.Expect(b.judge(t.Context(), kind, stored(t, "w", ""))).To(gomega.Succeed())
	g.Expect(*b.kept).To(gomega.HaveExactElements(gomega.HaveField("Mended()", true)), "it needs no override any more")
	g.Expect(b.results.counts()).To(gomega.Equal(map[string]Counts{"default": {Matched: 1}}))
}

func TestAFailureLeavesWhatWasFound(t *testing.T) {
	g := gomega.NewWithT(t)
	failure := error(nil)
	kind := waves(func(rollout.Write) (rollout.Change, error) {
		change, _ := syncing(100)
		return change, failure
	})
	b := newBench(t, kind)
	b.policies.Put(policyOf(t, "default", "0.2", nil))
	g.Expect(b.judge(t.Context(), kind, stored(t, "w", ""))).To(gomega.Succeed())
	g.Expect(b.kept.take()).To(gomega.HaveLen(1))
	failure = inventory.ErrNotSynced
	g.Expect(b.judge(t.Context(), kind, stored(t, "w", ""))).To(gomega.MatchError(inventory.ErrNotSynced))
	g.Expect(b.kept.take()).To(gomega.BeEmpty())
	g.Expect(b.results.counts()).To(gomega.Equal(map[string]Counts{"default": {Matched: 1, OverLimit: 1}}))
}

func TestWhichRolloutsAreJudged(t *testing.T) {
	of := func(match *v1alpha1.WavePolicyMatch) func(*v1alpha1.WavePolicySpec) {
		return func(spec *v1alpha1.WavePolicySpec) { spec.Match = match }
	}
	for name, test := range map[string]struct {
		metadata string
		match    *v1alpha1.WavePolicyMatch
		judged   bool
	}{
		"one that exists": {judged: true},
		"one of another policy's kind": {
			match: &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{{Group: "example.com", Kind: "Other"}}},
		},
		"one whose updates nobody judges": {
			match: &v1alpha1.WavePolicyMatch{Operations: []v1alpha1.Operation{v1alpha1.OperationCreate, v1alpha1.OperationDelete}},
		},
		"one that is being deleted":         {metadata: `,"deletionTimestamp":"2026-01-01T00:00:00Z"`},
		"one of an excluded namespace":      {metadata: `,"namespace":"kube-system"`},
		"one of a namespace that is ending": {metadata: `,"namespace":"ending"`},
		"one of no namespace":               {metadata: `,"namespace":""`, judged: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			kind := waves(func(rollout.Write) (rollout.Change, error) { return syncing(100) })
			b := newBench(t, kind)
			b.policies.Put(policyOf(t, "default", "0.2", of(test.match)))
			g.Expect(b.judge(t.Context(), kind, stored(t, "w", test.metadata))).To(gomega.Succeed())
			kept, counts := b.kept.take(), b.results.counts()
			g.Expect([]bool{kept != nil, len(counts) > 0}).To(gomega.Equal([]bool{test.judged, test.judged}))
		})
	}
}

func TestARolloutThatGoesIsMended(t *testing.T) {
	g := gomega.NewWithT(t)
	kind := waves(func(rollout.Write) (rollout.Change, error) { return syncing(100) })
	b := newBench(t, kind)
	b.policies.Put(policyOf(t, "default", "0.2", nil))
	for _, name := range []string{"a", "b", "c"} {
		g.Expect(b.judge(t.Context(), kind, stored(t, name, ""))).To(gomega.Succeed())
	}
	b.kept.take()
	b.retain(t.Context(), kind.GroupKind(), map[types.NamespacedName]bool{{Namespace: "apps", Name: "b"}: true})
	g.Expect(b.kept.take()).To(gomega.ConsistOf("RECOUNT Allow apps/a NotJudged  0", "RECOUNT Allow apps/c NotJudged  0"))
	g.Expect(b.results.counts()).To(gomega.Equal(map[string]Counts{"default": {Matched: 1, OverLimit: 1}}))

	result, err := b.Reconcile(t.Context(), Item{Kind: schema.GroupKind{Group: "example.com", Kind: "Gone"}})
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(result).To(gomega.BeZero(), "a kind that is gone does not come back by itself")
	b.Kinds = kindList{}
	_, err = b.Reconcile(t.Context(), Item{Kind: kind.GroupKind()})
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(b.kept.take()).To(gomega.Equal([]string{"RECOUNT Allow apps/b NotJudged  0"}), "its rollouts go with it")
}

// step lets time pass until the queue has seen it.
func (b bench) step(by time.Duration) {
	for range 100 {
		if b.clock.HasWaiters() {
			break
		}
		time.Sleep(time.Millisecond)
	}
	b.clock.Step(by)
	time.Sleep(20 * time.Millisecond)
}

// ready returns the kinds that are to be judged now.
func (b bench) ready() []string {
	var kinds []string
	for b.queue.Len() > 0 {
		item, _ := b.queue.Get()
		kinds = append(kinds, item.Kind.Kind)
		b.queue.Done(item)
	}
	slices.Sort(kinds)
	return kinds
}

func TestManyChangesAreOneRoundAndRoundsRest(t *testing.T) {
	g := gomega.NewWithT(t)
	once := waves(nil)
	once.Name, once.OneShot = "Once", true
	other := waves(nil)
	other.Name = "Other"
	b := newBench(t, waves(nil), other, once)
	for range 1000 {
		b.enqueue()
	}
	g.Expect(b.ready()).To(gomega.BeEmpty(), "changes are gathered")
	b.step(gathering)
	g.Expect(b.ready()).To(gomega.Equal([]string{"Other", "Wave"}), "each kind once, and none that acts once")

	b.restAfter(waves(nil).GroupKind(), 3*time.Second)
	b.restAfter(other.GroupKind(), 10*time.Millisecond)
	b.enqueue()
	b.step(gathering)
	g.Expect(b.ready()).To(gomega.BeEmpty())
	b.step(leastIdle - gathering)
	g.Expect(b.ready()).To(gomega.Equal([]string{"Other"}), "a short round is followed by a pause of 5 s")
	b.enqueue()
	b.step(27*time.Second - leastIdle)
	g.Expect(b.ready()).To(gomega.Equal([]string{"Other", "Wave"}), "a round of 3 s by one of 27 s, however often something changes meanwhile")
}

func TestARoundRests(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		time.Millisecond: 5 * time.Second, 2 * time.Second: 18 * time.Second, 10 * time.Second: 30 * time.Second, time.Minute: time.Minute,
	} {
		b := newBench(t, waves(nil))
		b.restAfter(waves(nil).GroupKind(), took)
		gomega.NewWithT(t).Expect(b.pause(waves(nil).GroupKind())).To(gomega.Equal(want), took.String())
	}
}

func TestNumbersArePublishedWhenAllKindsHaveBeenLookedAt(t *testing.T) {
	g := gomega.NewWithT(t)
	kind, other := waves(func(rollout.Write) (rollout.Change, error) { return syncing(5) }), waves(nil)
	other.Name = "Other"
	b := newBench(t, kind, other)
	// Without policies nothing needs to be read.
	for i, looked := range []rollout.Kind{kind, other} {
		result, err := b.Reconcile(t.Context(), Item{Kind: looked.GroupKind()})
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(result.RequeueAfter).To(gomega.Equal(time.Minute))
		b.step(publishing)
		item, _ := b.queue.Get()
		g.Expect(item).To(gomega.BeZero())
		_, err = b.Reconcile(t.Context(), item)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		b.queue.Done(item)
		g.Expect(b.told.times).To(gomega.Equal(i), "after %d of 2 kinds", i+1)
	}
}

func TestCounts(t *testing.T) {
	g := gomega.NewWithT(t)
	answers := map[string]func() (rollout.Change, error){
		"small": func() (rollout.Change, error) { return syncing(5) },
		"large": func() (rollout.Change, error) { return syncing(30) },
		"none":  func() (rollout.Change, error) { return rollout.Change{Environments: 3, Held: 3}, nil },
		"open": func() (rollout.Change, error) {
			return rollout.Change{}, rollout.Unresolved("spec.x", "is open")
		},
	}
	kind := waves(func(write rollout.Write) (rollout.Change, error) { return answers[write.Name]() })
	b := newBench(t, kind)
	b.policies.Put(policyOf(t, "default", "0.2", nil))
	b.policies.Put(policyOf(t, "admits", "0.9", func(spec *v1alpha1.WavePolicySpec) { spec.OnUnresolved = v1alpha1.UnresolvedAllow }))
	b.policies.Put(policyOf(t, "asks", "0.9", func(spec *v1alpha1.WavePolicySpec) { spec.SuccessRate = nil }))
	b.policies.Put(policyOf(t, "together", "0.9", func(spec *v1alpha1.WavePolicySpec) { spec.MaxRolloutFailureProbability = "0.2" }))
	for name := range answers {
		g.Expect(b.judge(t.Context(), kind, stored(t, name, ""))).To(gomega.Succeed())
	}
	g.Expect(b.judge(t.Context(), kind, stored(t, "small", `,"annotations":{"seawall.dev/sync-success-rate":"soon"}`))).To(gomega.Succeed())
	g.Expect(b.results.counts()).To(gomega.Equal(map[string]Counts{
		"default":  {Matched: 4, OverLimit: 1, Unresolved: 2},
		"admits":   {Matched: 4, Unresolved: 2},
		"asks":     {Matched: 4, Unresolved: 3},
		"together": {Matched: 4, OverLimit: 1, Unresolved: 2},
	}))
}
