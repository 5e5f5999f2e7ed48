package inventory

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
)

func TestChangesAreThoseSinceSomebodyAsked(t *testing.T) {
	g := NewWithT(t)
	members := Register[member](NewRegistry(), members())
	store := members.store(func() error { return nil })
	g.Expect(store.Replace([]any{sent("v1", "a", "one", nil, nil)}, "1")).To(Succeed())
	changes, others := members.Follow(), members.Follow()

	take := func(of *Changes) (names []string, all bool) {
		taken, all := of.Take()
		for _, name := range taken {
			names = append(names, name.String())
		}
		return names, all
	}
	_, all := take(changes)
	g.Expect(all).To(BeTrue(), "what was there already")
	names, all := take(changes)
	g.Expect(names).To(BeEmpty())
	g.Expect(all).To(BeFalse())

	version := members.Version()
	g.Expect(store.Update(sent("v1", "a", "one", nil, nil))).To(Succeed())
	g.Expect(members.Version()).To(Equal(version), "nothing has changed")
	g.Expect(store.Add(sent("v1", "a", "two", nil, nil))).To(Succeed())
	g.Expect(store.Update(sent("v1", "a", "one", map[string]any{"paused": true}, nil))).To(Succeed())
	g.Expect(store.Update(sent("v1", "a", "one", nil, nil))).To(Succeed())
	g.Expect(store.Delete(sent("v1", "a", "two", nil, nil))).To(Succeed())
	g.Expect(members.Version()).NotTo(Equal(version))
	names, all = take(changes)
	g.Expect(names).To(ConsistOf("a/one", "a/two"))
	g.Expect(all).To(BeFalse())
	_, all = take(others)
	g.Expect(all).To(BeTrue(), "each who follows asks by itself")

	changes.Miss()
	_, all = take(changes)
	g.Expect(all).To(BeTrue(), "what was taken has come to nothing")
	for i := range mostChanges + 1 {
		g.Expect(store.Add(sent("v1", "a", fmt.Sprint(i), nil, nil))).To(Succeed())
	}
	names, all = take(changes)
	g.Expect(names).To(BeEmpty(), "so many are not told apart")
	g.Expect(all).To(BeTrue())
	members.enter(missing)
	_, all = take(changes)
	g.Expect(all).To(BeTrue(), "the resource is gone")
}

func TestEachObjectIsSeenThoughOneCannotBeRead(t *testing.T) {
	g := NewWithT(t)
	members := Register[member](NewRegistry(), members())
	see := func(*Object[member], error) {}
	g.Expect(members.Each(see)).To(MatchError(ErrNotSynced))
	store := members.store(func() error { return nil })
	g.Expect(store.Replace([]any{sent("v1", "a", "one", nil, nil), sent("v1", "a", "two", "no fields", nil)}, "1")).To(Succeed())
	var seen []string
	g.Expect(members.Each(func(object *Object[member], unreadable error) {
		seen = append(seen, fmt.Sprint(object.Name, " ", unreadable == nil))
	})).To(Succeed())
	g.Expect(seen).To(Equal([]string{"one true", "two false"}))
}
