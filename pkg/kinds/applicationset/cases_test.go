package applicationset_test

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// right is what a case counts.
type right struct {
	added, changed, removed, released int
	// steps are the sizes of the steps, and inFlight their windows; nil where they are not said.
	steps, inFlight []int
	// warns is what a warning holds.
	warns string
	// unresolved says that the case cannot be counted.
	unresolved bool
}

// rights are the cases whose object is an ApplicationSet.
func rights() map[string]right {
	return map[string]right{
		"01-patch-adopt":             {changed: 1},
		"03-patch-empty-list":        {changed: 3},
		"05-patch-drop":              {},
		"06-patch-type-error":        {warns: "writes nothing"},
		"08-postselector":            {added: 6},
		"11-set-mergekey":            {added: 6},
		"12-set-name":                {added: 6},
		"13-alias":                   {changed: 6},
		"14-merge-maptypes":          {warns: "writes nothing"},
		"16-nested-matrix":           {unresolved: true},
		"16b-nested-matrix-outer":    {added: 15},
		"17-elementsyaml-annotation": {added: 21},
		"22-flatlist":                {added: 1, removed: 6},
		"23-ignored-revision":        {},
		"25-ignored-syncpolicy":      {},
		"26-ignored-named":           {changed: 5},
		"27-ignore-added":            {},
		"29c-helm-empty":             {},
		"29d-syncoptions-empty":      {},
		"29e-project-default":        {},
		"29g-dir-recurse":            {},
		"38-create-update":           {changed: 1},
		"43-skip-reconcile-removed":  {released: 6},
		"43b-skip-and-bump":          {},
		"44-operation-patch":         {changed: 6},
		"45-git-list-one-rev":        {changed: 4},
		"45d-git-list-key-added":     {},
		"46c-selector-typo":          {removed: 6},
		"47-patch-spec-null":         {added: 6},
		"47c-patch-labels-null":      {},
		"47e-stuck-fixed":            {added: 3},
		"50-rolling-patch-labels":    {changed: 12, steps: []int{3, 5, 4}, inFlight: []int{3, 1, 2}},
		"50e-step-label-edit":        {},
		"52-freeze":                  {},
		"55-big-list":                {changed: 1},
		"61a-reorder":                {released: 6, inFlight: []int{2}},
		"61b-drop-failing-step":      {released: 3, removed: 0, inFlight: []int{1}},
		"61d-remove-failing-cluster": {removed: 1, released: 3},
		"61e-merge-steps":            {released: 10, inFlight: []int{1}},
		"62-pr-none-open":            {},
		"63-git-requeue":             {},
	}
}

func TestCases(t *testing.T) {
	kindtest.EachCase(t, "argo", []string{"ApplicationSet"}, rights(), func(t *testing.T, of kindtest.Case, row right) {
		t.Helper()
		row.expect(t, of)
	})
}

func (r *right) expect(t *testing.T, of kindtest.Case) {
	t.Helper()
	g := NewWithT(t)
	change, err := newArgoCD(t, of.Inventory).read(of.Write)
	if r.unresolved {
		_, is := errors.AsType[*rollout.UnresolvedError](err)
		g.Expect(is).To(BeTrue(), "%v", err)
		return
	}
	g.Expect(err).NotTo(HaveOccurred())
	counted := right{warns: r.warns}
	for _, step := range change.Steps {
		counted.add(step)
	}
	if r.steps == nil {
		counted.steps = nil
	}
	if r.inFlight == nil {
		counted.inFlight = nil
	}
	g.Expect(counted).To(Equal(*r), of.Right)
	if r.warns != "" {
		g.Expect(change.Warnings).To(ContainElement(ContainSubstring(r.warns)))
	}
}

// add counts a step. Environments without a name have changed or go.
func (r *right) add(step rollout.Step) {
	r.steps, r.inFlight = append(r.steps, step.Size()), append(r.inFlight, step.InFlight)
	counts := map[rollout.Effect]*int{
		rollout.Added: &r.added, rollout.Changed: &r.changed, rollout.Removed: &r.removed, rollout.Released: &r.released,
	}
	for _, target := range step.All() {
		*counts[target.Effect]++
	}
	r.changed += step.Declared
	r.removed += step.Gone
}
