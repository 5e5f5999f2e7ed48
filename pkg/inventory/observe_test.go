package inventory

import (
	"testing"

	. "github.com/onsi/gomega"
)

// told notes what an observer is told, and that no collection is locked meanwhile.
type told []string

func (t *told) observe(collection *Collection[member]) Observer {
	return func(source Source, namespace, name string) {
		collection.mu.Lock()
		defer collection.mu.Unlock()
		*t = append(*t, source.Resource+" "+namespace+"/"+name)
	}
}

func (t *told) take() []string {
	taken := *t
	*t = nil
	return taken
}

func TestObserversLearnOfWhatIsKept(t *testing.T) {
	g := NewWithT(t)
	registry := NewRegistry()
	members := Register[member](registry, members())
	var told told
	registry.Observe(told.observe(members))
	store := members.store(func() error { return nil })
	prod := map[string]string{"env": "prod"}

	members.enter(reading)
	g.Expect(told.take()).To(Equal([]string{"members /"}))
	g.Expect(store.Replace([]any{sent("v1", "a", "one", nil, prod), sent("v1", "b", "two", nil, nil)}, "1")).To(Succeed())
	g.Expect(told.take()).To(Equal([]string{"members /"}))

	By := func(what string, change func() error, want ...string) {
		g.Expect(change()).To(Succeed())
		g.Expect([]string(told)).To(HaveLen(len(want)), what)
		g.Expect(told.take()).To(ConsistOf(want), what)
	}
	By("the same list again", func() error {
		return store.Replace([]any{sent("v1", "b", "two", nil, nil), sent("v1", "a", "one", nil, prod)}, "2")
	})
	By("the same object again", func() error { return store.Update(sent("v1", "a", "one", nil, prod)) })
	By("a field that nobody keeps", func() error {
		return store.Update(sent("v1", "a", "one", map[string]any{"unread": 1}, prod))
	})
	By("a field that is kept", func() error {
		return store.Update(sent("v1", "a", "one", map[string]any{"paused": true}, prod))
	}, "members a/one")
	By("a label", func() error { return store.Update(sent("v1", "b", "two", nil, prod)) }, "members b/two")
	By("a new object", func() error { return store.Add(sent("v1", "c", "three", nil, nil)) }, "members c/three")
	By("an object that is gone", func() error { return store.Delete(sent("v1", "c", "three", nil, nil)) }, "members c/three")
	By("another list of as many", func() error {
		return store.Replace([]any{sent("v1", "b", "two", nil, prod), sent("v1", "a", "four", nil, nil)}, "3")
	}, "members /")
	By("a shorter list", func() error { return store.Replace([]any{sent("v1", "b", "two", nil, prod)}, "4") }, "members /")
	members.enter(missing)
	g.Expect(told.take()).To(Equal([]string{"members /"}), "the resource is gone")
}

func TestObserversLearnOfLaterCollections(t *testing.T) {
	g := NewWithT(t)
	registry := NewRegistry()
	var told []string
	registry.Observe(func(source Source, _, name string) { told = append(told, source.Resource+" "+name) })
	late := Register[struct{}](registry, Source{Resource: "late"})
	g.Expect(late.store(func() error { return nil }).Add(sent("v1", "a", "one", nil, nil))).To(Succeed())
	g.Expect(told).To(Equal([]string{"late one"}))
}
