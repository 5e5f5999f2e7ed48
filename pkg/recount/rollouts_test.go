package recount

import (
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestPagesAreOfASize(t *testing.T) {
	for name, test := range map[string]struct{ items, bytes, want int }{
		"small rollouts":      {50, 50 * 2_000, 500},
		"rollouts of 40 kB":   {50, 50 * 40_000, 104},
		"rollouts of 1.5 MB":  {50, 50 * 1_500_000, 2},
		"larger than a page":  {1, 10 << 20, 1},
		"a page without any":  {0, 200, firstPage},
		"more than they were": {1, 20, 500},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(nextPage(test.items, test.bytes)).To(gomega.Equal(test.want))
		})
	}
}

func TestParse(t *testing.T) {
	g := gomega.NewWithT(t)
	object := []byte(`{"metadata":{"namespace":"a","name":"b","labels":{"c":"d"},"annotations":{"e":"f"},"deletionTimestamp":"2026-01-01T00:00:00Z"},"spec":{"metadata":{"name":"x"}}}`)
	found, err := parse(object)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(found.key().String()).To(gomega.Equal("a/b"))
	g.Expect(found.Metadata.DeletionTimestamp).NotTo(gomega.BeNil())
	g.Expect(found.JSON).To(gomega.Equal(object))
	_, err = parse([]byte(`{"metadata":{"name":7}}`))
	g.Expect(err).To(gomega.MatchError(gomega.HavePrefix("reading a rollout: ")))
}

// TestATraceTellsAWrite holds that what is kept of a rollout differs if, and only if, it was
// written.
func TestATraceTellsAWrite(t *testing.T) {
	trail := func(change func(*unstructured.Unstructured)) inventory.Object[trace] {
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "example.com/v1", "kind": "Wave", "spec": map[string]any{"a": "b"},
			"metadata": map[string]any{"namespace": "apps", "name": "w", "generation": int64(3), "annotations": map[string]any{"a": "1", "b": "2"}},
		}}
		change(object)
		registry := inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{object}})
		collection := inventory.Register[trace](registry, inventory.Source{Group: "example.com", Versions: []string{"v1"}, Kind: "Wave", Resource: "waves"})
		found, err := collection.List("", labels.Everything())
		gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
		return *found[0]
	}
	before := trail(func(*unstructured.Unstructured) {})
	for name, test := range map[string]struct {
		change  func(*unstructured.Unstructured)
		written bool
	}{
		"nothing":               {func(*unstructured.Unstructured) {}, false},
		"the status":            {func(o *unstructured.Unstructured) { o.Object["status"] = map[string]any{"ready": true} }, false},
		"the resource version":  {func(o *unstructured.Unstructured) { o.SetResourceVersion("7") }, false},
		"a field's owner":       {func(o *unstructured.Unstructured) { o.SetFinalizers([]string{"x"}) }, false},
		"the spec":              {func(o *unstructured.Unstructured) { o.SetGeneration(4) }, true},
		"a label":               {func(o *unstructured.Unstructured) { o.SetLabels(map[string]string{"x": "y"}) }, true},
		"an annotation":         {func(o *unstructured.Unstructured) { o.SetAnnotations(map[string]string{"a": "1", "b": "3"}) }, true},
		"an annotation is gone": {func(o *unstructured.Unstructured) { o.SetAnnotations(nil) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			after := trail(test.change)
			same := gomega.Equal(before)
			if test.written {
				same = gomega.Not(same)
			}
			g.Expect(after).To(same)
			g.Expect(after.Value.Metadata.Annotations).To(gomega.BeAssignableToTypeOf(digest(0)))
		})
	}
}

func TestTheFollowerFollowsKinds(t *testing.T) {
	g := gomega.NewWithT(t)
	f := &follower{registry: inventory.NewRegistry(), followed: map[schema.GroupKind]followed{}}
	first, second := waves(nil), waves(nil)
	second.Name, second.Resource = "Second", "seconds"
	resources := func() (names []string) {
		for _, source := range f.registry.Sources() {
			g.Expect(source.MetadataOnly).To(gomega.BeTrue())
			names = append(names, source.Resource+"/"+source.Versions[0])
		}
		return names
	}
	g.Expect(f.follow([]rollout.Kind{first, second})).To(gomega.BeEmpty())
	g.Expect(resources()).To(gomega.Equal([]string{"seconds/v1", "waves/v1"}))
	before := f.followed[first.GroupKind()].collection
	g.Expect(f.follow([]rollout.Kind{second, first})).To(gomega.BeEmpty())
	g.Expect(f.followed[first.GroupKind()].collection).To(gomega.BeIdenticalTo(before), "what stays is read on")
	second.Versions = []string{"v2"}
	g.Expect(f.follow([]rollout.Kind{first, second})).To(gomega.BeEmpty())
	g.Expect(resources()).To(gomega.Equal([]string{"seconds/v2", "waves/v1"}))
	g.Expect(f.follow([]rollout.Kind{second})).To(gomega.Equal([]schema.GroupKind{first.GroupKind()}))
	g.Expect(resources()).To(gomega.Equal([]string{"seconds/v2"}))
}
