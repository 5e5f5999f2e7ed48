package kinds_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestSet(t *testing.T) {
	g := NewWithT(t)
	names := func(set *kinds.Set) (names []string) {
		for _, kind := range set.All() {
			names = append(names, kind.Group+"/"+kind.Name)
		}
		return names
	}
	set := kinds.NewSet([]rollout.Kind{{Group: "b.example.com", Name: "B", Resource: "bs"}, {Group: "a.example.com", Name: "A", Resource: "as"}})
	set.Put("cs.c.example.com", rollout.Kind{Group: "c.example.com", Name: "C", Resource: "cs"})
	set.Put("others.a.example.com", rollout.Kind{Group: "a.example.com", Name: "A", Resource: "others"})
	g.Expect(names(set)).To(Equal([]string{"a.example.com/A", "b.example.com/B", "c.example.com/C"}))

	a, c := schema.GroupKind{Group: "a.example.com", Kind: "A"}, schema.GroupKind{Group: "c.example.com", Kind: "C"}
	g.Expect(set.Refuses(a)).To(ContainSubstring("Seawall itself reads"))
	g.Expect(set.Refuses(c)).To(BeEmpty())
	g.Expect(set.Lookup(a).Resource).To(Equal("as"), "no RolloutKind takes the place of a kind that is listed")
	g.Expect(set.Lookup(c).Resource).To(Equal("cs"))
	g.Expect(set.Knows(a) && set.Knows(c)).To(BeTrue())

	set.Put("fakes.c.example.com", rollout.Kind{Group: "c.example.com", Name: "C", Resource: "fakes"})
	_, err := set.Lookup(c).Reader.Read(t.Context(), rollout.Write{Operation: rollout.Create})
	g.Expect(err).To(MatchError("cannot count its environments: C.c.example.com is described by more than one RolloutKind: " +
		"cs.c.example.com, fakes.c.example.com"))
	g.Expect(names(set)).To(Equal([]string{"a.example.com/A", "b.example.com/B", "c.example.com/C"}))
	set.Delete("fakes.c.example.com")
	g.Expect(set.Lookup(c).Resource).To(Equal("cs"))

	workload := schema.GroupKind{Group: "apps", Kind: "Deployment"}
	set.Put("deployments.apps", rollout.Kind{Group: "apps", Name: "Deployment", Resource: "deployments"})
	g.Expect(set.Refuses(workload)).To(ContainSubstring("--workload-templates"))
	g.Expect(set.Knows(workload)).To(BeFalse())
	g.Expect(names(set)).NotTo(ContainElement("apps/Deployment"))
	set.Templates = true
	g.Expect(set.Refuses(workload)).To(BeEmpty())
	g.Expect(set.Knows(workload)).To(BeTrue())
	set.Delete("deployments.apps")

	set.Delete("cs.c.example.com")
	g.Expect(names(set)).To(Equal([]string{"a.example.com/A", "b.example.com/B"}))
	g.Expect(set.Knows(c)).To(BeFalse())
	same := kindtest.Cut(t, []byte(`{"metadata":{},"spec":1}`))
	_, err = set.Lookup(c).Reader.Read(t.Context(), rollout.Write{Operation: rollout.Create})
	g.Expect(err).To(MatchError("cannot count its environments: C.c.example.com is a kind that no RolloutKind describes"))
	g.Expect(custom.Uncounted("x", "y").Read(t.Context(), rollout.Write{Operation: rollout.Update, Object: same, OldObject: same})).
		To(Equal(rollout.Change{}), "nothing is changed")
}
