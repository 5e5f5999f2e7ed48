package starts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
)

var errUnreadable = errors.New("it cannot be read")

// world is a system whose environments a test changes, and the namespaces that they are in.
type world struct {
	members map[string]gate.Member
	// changed are the names of those that have, and all says that any may.
	changed    map[string]bool
	all        bool
	namespaces map[string]labels.Set
	version    uint64
	lost       error
}

func (*world) Kind() string                    { return "Application" }
func (*world) See(gate.Environment) gate.Sight { return gate.Sight{} }
func (w *world) Version() uint64               { return w.version }

func (w *world) News() (gate.News, error) {
	if w.lost != nil {
		return gate.News{}, w.lost
	}
	news := gate.News{All: w.all}
	if w.all {
		news.Members = slices.Collect(maps.Values(w.members))
	}
	for name := range w.changed {
		if member, exists := w.members[name]; exists {
			news.Members = append(news.Members, member)
		} else {
			news.Gone = append(news.Gone, gate.Environment{Kind: "Application", Namespace: namespaceOf(name), Name: name})
		}
	}
	w.changed, w.all = map[string]bool{}, false
	return news, nil
}

func (w *world) Get(_ context.Context, name string) (labels.Labels, bool, error) {
	return w.namespaces[name], false, nil
}

// change makes one random change.
func (w *world) change(random *rand.Rand) {
	name := fmt.Sprint("app-", random.IntN(30))
	switch random.IntN(12) {
	case 0:
		delete(w.members, name)
		w.changed[name] = true
	case 1:
		w.version++
		w.namespaces["b"] = labels.Set{"gated": fmt.Sprint(random.IntN(2) == 0)}
	case 2:
		w.all = true
	default:
		w.put(name, random)
	}
}

func namespaceOf(name string) string { return []string{"a", "b"}[len(name)%2] }

func (w *world) put(name string, random *rand.Rand) {
	of := labels.Set{"env": fmt.Sprint(random.IntN(3))}
	if random.IntN(4) == 0 {
		of = nil
	}
	member := gate.Member{
		Environment: gate.Environment{Kind: "Application", Namespace: namespaceOf(name), Name: name, UID: types.UID(fmt.Sprint(random.IntN(3)))},
		Facts:       gate.Facts{Labels: of, Owner: fmt.Sprint("ApplicationSet ", random.IntN(3))},
		Rollout:     gate.Subject{Group: "argoproj.io", Kind: "Application", Labels: of},
	}
	if random.IntN(20) == 0 {
		member.Unreadable = errUnreadable
	}
	w.members[name], w.changed[name] = member, true
}

// plain returns the names of those in each group as they are found without an index, and a group without any if one of
// them cannot be read.
func (w *world) plain(j *Judge, says *policy.Gate) map[string][]string {
	groups, broken := map[string][]string{}, map[string]bool{}
	for _, member := range slices.SortedFunc(maps.Values(w.members), func(a, b gate.Member) int { return a.Compare(b.Environment) }) {
		selects, err := j.selects(context.Background(), says, member)
		of, lacks := gate.Place(says.By, member.Facts)
		if err != nil || !selects || len(lacks) > 0 && says.Ungrouped != v1alpha1.UngroupedSingle {
			continue
		}
		rank := 0
		if says.Order != nil {
			rank = says.Order.Rank(member.Facts)
		}
		groups[of.Key()] = append(groups[of.Key()], fmt.Sprint(member.Environment, " ", member.UID, " ", rank))
		broken[of.Key()] = broken[of.Key()] || member.Unreadable != nil
	}
	for key := range groups {
		if broken[key] {
			groups[key] = nil
		}
	}
	return groups
}

func saying(t *testing.T, name string, spec v1alpha1.WavePolicySpec) *policy.Gate {
	t.Helper()
	spec.MaxWaveFailureProbability = "0.03"
	compiled, err := policy.Compile(&v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec})
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return compiled.Gate()
}

func TestTheIndexIsWhatIsFoundWithoutIt(t *testing.T) {
	byLabel := []v1alpha1.Trait{{Source: v1alpha1.TraitApplicationLabel, Key: "env"}}
	says := []*policy.Gate{
		saying(t, "owners", v1alpha1.WavePolicySpec{SyncGate: &v1alpha1.SyncGate{
			Order: v1alpha1.SyncOrder{Source: v1alpha1.TraitApplicationLabel, Key: "env", Values: []string{"1"}},
		}}),
		saying(t, "labelled", v1alpha1.WavePolicySpec{SyncGate: &v1alpha1.SyncGate{GroupBy: byLabel, Ungrouped: v1alpha1.UngroupedDeny}}),
		saying(t, "namespaces", v1alpha1.WavePolicySpec{
			Match:    &v1alpha1.WavePolicyMatch{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"gated": "true"}}},
			SyncGate: &v1alpha1.SyncGate{GroupBy: byLabel},
		}),
	}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		around := &world{members: map[string]gate.Member{}, changed: map[string]bool{}, namespaces: map[string]labels.Set{"a": {"gated": "true"}, "b": {}}}
		judge := &Judge{Systems: Systems{around}, Namespaces: around}
		for step := range 200 {
			around.change(random)
			if random.IntN(3) > 0 {
				continue // several changes at once
			}
			for _, by := range says {
				if err := around.compare(judge, by); err != nil {
					t.Fatalf("seed %d, step %d: %v", seed, step, err)
				}
			}
		}
	}
}

// compare returns in what the index differs from what is found without it.
func (w *world) compare(j *Judge, by *policy.Gate) error {
	want := w.plain(j, by)
	for key := range want {
		found, err := j.members(context.Background(), by, key)
		var names []string
		for _, one := range found {
			names = append(names, fmt.Sprint(one.Environment, " ", one.UID, " ", one.Rank))
		}
		if !slices.Equal(names, want[key]) || (want[key] == nil) != (err != nil) {
			return errors.Join(fmt.Errorf("group %s: got %v, want %v", key, names, want[key]), err)
		}
	}
	none, err := j.members(context.Background(), by, "of none")
	if got := len(j.index.views[by].groups); got != len(want) || len(none) > 0 || err != nil {
		return errors.Join(fmt.Errorf("there are %d groups, want %d", got, len(want)), err)
	}
	return nil
}

func TestWhatIsNotKnownIsSaid(t *testing.T) {
	g := gomega.NewWithT(t)
	around := &world{members: map[string]gate.Member{}, changed: map[string]bool{}, lost: errUnreadable}
	judge := &Judge{Systems: Systems{around}, Namespaces: around}
	by := saying(t, "owners", v1alpha1.WavePolicySpec{SyncGate: &v1alpha1.SyncGate{}})
	_, err := judge.members(context.Background(), by, `"x"`)
	g.Expect(err).To(gomega.MatchError(errUnreadable))
	_, err = judge.all(context.Background())
	g.Expect(err).To(gomega.MatchError(errUnreadable))
	around.lost = nil
	g.Expect(judge.members(context.Background(), by, `"x"`)).To(gomega.BeEmpty())
}

// BenchmarkOneChange is what it costs to find a group of 100 after one of 10,000 environments has changed.
func BenchmarkOneChange(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	around := &world{members: map[string]gate.Member{}, changed: map[string]bool{}}
	for i := range 10_000 {
		name := fmt.Sprint("app-", i)
		around.put(name, random)
		member := around.members[name]
		member.Facts.Owner, member.Unreadable = fmt.Sprint(i%100), nil
		around.members[name] = member
	}
	judge := &Judge{Systems: Systems{around}, Namespaces: around}
	compiled, _ := policy.Compile(&v1alpha1.WavePolicy{Spec: v1alpha1.WavePolicySpec{
		MaxWaveFailureProbability: "0.03", SyncGate: &v1alpha1.SyncGate{},
	}})
	for b.Loop() {
		if found, err := judge.members(b.Context(), compiled.Gate(), `"17"`); err != nil || len(found) != 100 {
			b.Fatal(len(found), err)
		}
		around.changed["app-17"] = true
	}
}
