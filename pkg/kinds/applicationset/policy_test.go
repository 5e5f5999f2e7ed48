package applicationset_test

import (
	"testing"

	. "github.com/onsi/gomega"
)

// The table is that of Argo CD's ApplicationsSyncPolicy: AllowUpdate and AllowDelete.
func TestApplicationsSyncPolicies(t *testing.T) {
	named := func(names ...string) spec {
		elements := make([]any, len(names))
		for i, name := range names {
			elements[i] = fields{"name": name, "env": "prod", "url": "https://a.example.com"}
		}
		return goSpec(listed(elements...))
	}
	bumped := func(s spec) spec { return with(t, s, "v2", "template", "spec", "source", "targetRevision") }
	for policy, want := range map[string]struct{ changed, removed []string }{
		"":              {[]string{"b"}, []string{"a"}},
		"sync":          {[]string{"b"}, []string{"a"}},
		"create-only":   {nil, nil},
		"create-update": {[]string{"b"}, nil},
		"create-delete": {nil, []string{"a"}},
		"Sync":          {nil, nil}, // as Argo CD takes it: neither update nor deletion
	} {
		t.Run(policy, func(t *testing.T) {
			g := NewWithT(t)
			under := func(s spec) spec { return with(t, s, policy, "syncPolicy", "applicationsSync") }
			change, err := (&argoCD{}).read(update(t, under(named("a", "b")), under(bumped(named("b", "c")))))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(namesOf(change)).To(ConsistOf(append(append([]string{"c"}, want.changed...), want.removed...)))

			change, err = (&argoCD{policy: "sync"}).read(update(t, under(named("a", "b")), under(bumped(named("b", "c")))))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(namesOf(change)).To(ConsistOf("a", "b", "c"), "the controller holds to its own policy")
		})
	}
}

func TestALooserPacingReleasesNothingThatMayNotBeUpdated(t *testing.T) {
	g := NewWithT(t)
	under := func(s spec) spec { return with(t, s, "create-only", "syncPolicy", "applicationsSync") }
	before, after := with(t, tenants(3), rolling(maxUpdate(1)), "strategy"), with(t, tenants(3), rolling(maxUpdate(3)), "strategy")
	change, err := (&argoCD{progressive: true}).read(update(t, under(before), under(after)))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Affected()).To(BeZero())

	change, err = (&argoCD{progressive: true}).read(update(t, under(before), after))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Affected()).To(Equal(3), "another policy releases them")
}

func TestRulesThatIgnoreDifferences(t *testing.T) {
	rule := func(path string) any { return fields{"jqPathExpressions": []any{path}} }
	for name, test := range map[string]struct {
		before, after []any
		affected      int
	}{
		"a rule less releases all":               {[]any{rule(".a"), rule(".b")}, []any{rule(".b")}, 3},
		"another rule releases all":              {[]any{rule(".a")}, []any{rule(".b")}, 3},
		"a rule more releases none":              {[]any{rule(".a")}, []any{rule(".b"), rule(".a")}, 0},
		"the same rules in another order":        {[]any{rule(".a"), rule(".b")}, []any{rule(".b"), rule(".a")}, 0},
		"rules that are written where were none": {nil, []any{rule(".a")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			change, err := (&argoCD{}).read(update(t,
				with(t, tenants(3), test.before, "ignoreApplicationDifferences"), with(t, tenants(3), test.after, "ignoreApplicationDifferences")))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(test.affected))
		})
	}
}
