package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// member is what the tests keep of an object.
type member struct {
	Spec struct {
		Paused bool `json:"paused"`
	} `json:"spec"`
}

func members() Source {
	return Source{Group: "example.com", Versions: []string{"v2", "v1"}, Resource: "members", Kind: "Member"}
}

func sent(version, namespace, name string, spec any, pairs map[string]string) *unstructured.Unstructured {
	made := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/" + version, "kind": "Member", "spec": spec,
		"metadata": map[string]any{"namespace": namespace, "name": name, "uid": "uid-" + name},
	}}
	made.SetLabels(pairs)
	return made
}

func objectNames[T any](objects []*Object[T]) []string {
	found := []string{}
	for _, object := range objects {
		found = append(found, object.Namespace+"/"+object.Name)
	}
	return found
}

func TestCollectionOfAStaticRegistry(t *testing.T) {
	prod := map[string]string{"env": "prod"}
	other := sent("v1", "a", "another-kind", nil, prod)
	other.SetKind("Other")
	rated := sent("v1", "b", "one", map[string]any{"paused": true, "unread": 1}, prod)
	rated.SetAnnotations(map[string]string{v1alpha1.SyncSuccessRateAnnotation: "0.9", "other": "x"})
	rated.SetDeletionTimestamp(&metav1.Time{})
	members := Register[member](NewStaticRegistry(Static{Objects: []*unstructured.Unstructured{
		rated, sent("v2", "a", "two", nil, prod), sent("v2", "a", "one", nil, nil),
		sent("v3", "a", "version-nobody-reads", nil, prod), other,
	}}), members())

	g := NewWithT(t)
	list := func(namespace, selector string) []string {
		parsed, err := labels.Parse(selector)
		g.Expect(err).NotTo(HaveOccurred())
		found, err := members.List(namespace, parsed)
		g.Expect(err).NotTo(HaveOccurred())
		return objectNames(found)
	}
	g.Expect(list("", "")).To(Equal([]string{"a/one", "a/two", "b/one"}), "all, by namespace and name")
	g.Expect(list("", "env=prod")).To(Equal([]string{"a/two", "b/one"}))
	g.Expect(list("a", "")).To(Equal([]string{"a/one", "a/two"}))
	g.Expect(list("c", "")).To(BeEmpty())

	one, err := members.Get("b", "one")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(one.Value.Spec.Paused).To(BeTrue())
	g.Expect(one.SuccessRate).To(Equal("0.9"))
	g.Expect(one.Labels).To(Equal(PairsOf(prod)))
	g.Expect(members.Get("b", "two")).To(BeNil())
	g.Expect(members.Get("c", "one")).To(BeNil())
}

func TestCollectionThatCannotAnswer(t *testing.T) {
	bad := sent("v1", "a", "bad", map[string]any{"paused": "yes"}, map[string]string{"env": "prod"})
	tests := map[string]struct {
		registry *Registry
		want     string
		finding  bool
	}{
		"nothing was read yet":            {NewRegistry(), "members.example.com: the inventory has not been read yet", false},
		"the resource is not served":      {NewStaticRegistry(Static{Absent: []string{"members.example.com"}}), "cannot count its environments: members.example.com is not served by this API server", true},
		"an object has another shape":     {NewStaticRegistry(Static{Objects: []*unstructured.Unstructured{bad}}), "cannot count its environments: members.example.com hold an object that cannot be read, which the log of Seawall names", true},
		"and of a resource of no version": {NewStaticRegistry(Static{}), "", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			members := Register[member](tt.registry, members())
			_, listErr := members.List("a", labels.Everything())
			_, getErr := members.Get("a", "bad")
			if tt.want == "" {
				g.Expect(errors.Join(listErr, getErr)).NotTo(HaveOccurred())
				return
			}
			for _, err := range []error{listErr, getErr} {
				g.Expect(err).To(MatchError(HavePrefix(tt.want)))
				_, finding := errors.AsType[*rollout.UnresolvedError](err)
				g.Expect(finding).To(Equal(tt.finding), "what the policy decides, and what is a failure of Seawall's own")
			}
			if !tt.finding {
				g.Expect(listErr).To(MatchError(ErrNotSynced))
				g.Expect(tt.registry.Check(nil)).To(MatchError(ErrNotSynced))
			}
		})
	}
}

func TestAResourceThatAppearsLaterLeavesTheWebhookReady(t *testing.T) {
	g := NewWithT(t)
	registry := NewRegistry()
	first := Register[member](registry, members())
	g.Expect(registry.Check(nil)).To(MatchError(ErrNotSynced))
	first.enter(missing)
	g.Expect(registry.Check(nil)).To(Succeed())
	first.enter(reading)
	g.Expect(registry.Check(nil)).To(Succeed())
	_, err := first.List("", labels.Everything())
	g.Expect(err).To(MatchError(ErrNotSynced))
}

func TestACollectionFollowsItsReflector(t *testing.T) {
	g := NewWithT(t)
	registry := NewRegistry()
	members := Register[member](registry, members())
	reflecting, stop := context.WithCancel(t.Context())
	store := members.store(reflecting.Err)
	all := func() []string {
		found, err := members.List("", labels.Everything())
		g.Expect(err).NotTo(HaveOccurred())
		return objectNames(found)
	}

	members.enter(reading)
	members.fail(reflecting, errors.New("forbidden"))
	g.Expect(registry.Check(nil)).To(Succeed(), "what cannot be read does not keep the webhook from serving the rest")
	_, err := members.List("", labels.Everything())
	g.Expect(err).To(MatchError(And(ContainSubstring("forbidden"), ContainSubstring("not been read yet"))))

	g.Expect(store.Replace([]any{sent("v1", "a", "one", nil, nil)}, "7")).To(Succeed())
	g.Expect(store.Add(sent("v1", "a", "two", nil, nil))).To(Succeed())
	g.Expect(all()).To(Equal([]string{"a/one", "a/two"}))
	members.fail(reflecting, errors.New("interrupted"))
	g.Expect(all()).To(HaveLen(2), "an interrupted watch forgets nothing")
	g.Expect(store.Delete(sent("v1", "a", "one", nil, nil))).To(Succeed())
	g.Expect(store.Update(sent("v1", "a", "two", nil, map[string]string{"env": "prod"}))).To(Succeed())
	g.Expect(all()).To(Equal([]string{"a/two"}))
	g.Expect(store.Replace([]any{sent("v1", "a", "three", nil, nil)}, "8")).To(Succeed())
	g.Expect(all()).To(Equal([]string{"a/three"}))
	g.Expect(store.Add("something else")).To(MatchError(ContainSubstring("got a string")))

	stop()
	members.enter(missing)
	g.Expect(store.Replace([]any{sent("v1", "a", "late", nil, nil)}, "9")).To(Succeed())
	_, err = members.List("", labels.Everything())
	g.Expect(err).To(MatchError(ContainSubstring("is not served")), "a reflector that was stopped writes nothing any more")
}

// A reflector that streams the first list collects it in a store of client-go's.
func TestACollectionTakesWhatWasCollected(t *testing.T) {
	g := NewWithT(t)
	members := Register[member](NewRegistry(), members())
	store := members.store(func() error { return nil }).(toolscache.TransformingStore)
	collected := toolscache.NewStore(toolscache.DeletionHandlingMetaNamespaceKeyFunc, toolscache.WithTransformer(store.Transformer()))
	for _, object := range []any{sent("v1", "b", "one", nil, nil), sent("v1", "a", "two", nil, nil), sent("v1", "a", "gone", nil, nil)} {
		g.Expect(collected.Add(object)).To(Succeed())
	}
	g.Expect(collected.Update(sent("v1", "a", "two", nil, map[string]string{"env": "prod"}))).To(Succeed())
	g.Expect(collected.Delete(sent("v1", "a", "gone", nil, nil))).To(Succeed())
	g.Expect(collected.List()).To(HaveEach(BeAssignableToTypeOf(&kept[member]{})), "nothing else is held meanwhile")
	g.Expect(store.Replace(collected.List(), "7")).To(Succeed())
	all, err := members.List("", labels.Everything())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(objectNames(all)).To(Equal([]string{"a/two", "b/one"}))
	g.Expect(all[0].Labels.Get("env")).To(Equal("prod"))
}

func TestRegistryNamesItsSources(t *testing.T) {
	g := NewWithT(t)
	registry := NewRegistry()
	last := Register[member](registry, Source{Group: "b.example.com", Resource: "x"})
	Register[member](registry, Source{Group: "a.example.com", Resource: "z"})
	Register[member](registry, Source{Group: "a.example.com", Resource: "y"})
	Register[struct{}](registry, Source{Group: "a.example.com", Resource: "z"})
	names := func() (names []string) {
		for _, source := range registry.Sources() {
			names = append(names, source.String())
		}
		return names
	}
	g.Expect(names()).To(Equal([]string{"y.a.example.com", "z.a.example.com", "x.b.example.com"}))
	Unregister(registry, last)
	g.Expect(names()).To(Equal([]string{"y.a.example.com", "z.a.example.com"}))
}

func TestWhoRegistersTheSameSourceSharesIt(t *testing.T) {
	g := NewWithT(t)
	registry := NewRegistry()
	first, second := Register[member](registry, members()), Register[member](registry, members())
	g.Expect(second).To(BeIdenticalTo(first))
	g.Expect(Register[struct{}](registry, members())).NotTo(BeNil(), "of another type")
	keyed := Register(registry, members(), KeyedBy(func(o *Object[member]) string { return o.Name }))
	g.Expect(keyed).NotTo(BeIdenticalTo(first), "a key is its own")
	g.Expect(registry.list()).To(HaveLen(3))
	Unregister(registry, second)
	g.Expect(registry.list()).To(HaveLen(3), "somebody still reads it")
	Unregister(registry, first)
	g.Expect(registry.list()).To(HaveLen(2))
}

func TestARequestAsksForTheLabelOfItsSource(t *testing.T) {
	g := NewWithT(t)
	labelled := newCollection[member](Source{Resource: "members", Label: "env=prod"}, &Texts{})
	labelled.enter(reading)
	_, err := answer(t.Context(), &labelled.feed, metav1.ListOptions{Limit: 7}, func(_ context.Context, options metav1.ListOptions) (string, error) {
		g.Expect(options).To(Equal(metav1.ListOptions{LabelSelector: "env=prod", Limit: 7}))
		return "", errors.New("forbidden")
	})
	g.Expect(err).To(MatchError("forbidden"))
	g.Expect(labelled.Check(nil)).To(And(MatchError(ErrNotSynced), MatchError(ContainSubstring("forbidden"))))
}

// It is the race detector that judges this test, most of all.
func TestACollectionIsSharedByGoroutines(t *testing.T) {
	g := NewWithT(t)
	collection := Register(NewRegistry(), members(), KeyedBy(func(o *Object[member]) string { return o.Labels.Get("env") }))
	store := collection.store(func() error { return nil })
	g.Expect(store.Replace(nil, "1")).To(Succeed())
	var group sync.WaitGroup
	failed := make([]error, 4)
	for writer := range failed {
		group.Go(func() {
			for i := range 300 {
				object := sent("v1", fmt.Sprint(i%2), fmt.Sprint(writer, "-", i%20), nil, map[string]string{"env": fmt.Sprint(i % 3)})
				if i%7 == 0 {
					failed[writer] = errors.Join(failed[writer], store.Delete(object))
					continue
				}
				failed[writer] = errors.Join(failed[writer], store.Add(object))
			}
		})
	}
	for reader := range 4 {
		group.Go(func() {
			selector := labels.SelectorFromSet(labels.Set{"env": fmt.Sprint(reader % 3)})
			for range 300 {
				all, _ := collection.List("", labels.Everything())
				some, _ := collection.ListLast("1", selector)
				keyed, _ := collection.Keyed("", "2")
				for _, object := range slices.Concat(all, some, keyed) {
					_ = object.Labels.Get("env")
				}
			}
		})
	}
	group.Wait()
	g.Expect(errors.Join(failed...)).NotTo(HaveOccurred())
	g.Expect(collection.List("", labels.Everything())).NotTo(BeEmpty())
}
