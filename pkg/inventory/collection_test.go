package inventory

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

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
		"an object has another shape":     {NewStaticRegistry(Static{Objects: []*unstructured.Unstructured{bad}}), "cannot count its environments: Member a/bad cannot be read: ", true},
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
