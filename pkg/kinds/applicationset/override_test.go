package applicationset_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// listOf is a list generator of one element with a template of its own.
func listOf(name string, template any) map[string]any {
	return map[string]any{"list": map[string]any{
		"elements": []any{map[string]any{"name": name, "env": "prod", "url": "https://a.example.com"}},
		"template": template,
	}}
}

func revision(of any) map[string]any {
	return map[string]any{"metadata": map[string]any{}, "spec": map[string]any{"source": map[string]any{"targetRevision": of}}}
}

func TestGeneratorTemplates(t *testing.T) {
	base := goSpec(listOf("a", revision("v1")), listOf("b", nil))
	for name, test := range map[string]struct {
		after    spec
		affected int
	}{
		"the field of one generator changes one":                      {goSpec(listOf("a", revision("v2")), listOf("b", nil)), 1},
		"a field that a generator overrides changes none of its own":  {with(t, base, "v9", "template", "spec", "source", "targetRevision"), 1},
		"a field that no generator overrides changes all":             {with(t, base, "x", "template", "spec", "project"), 2},
		"an empty field overrides nothing":                            {goSpec(listOf("a", revision("")), listOf("b", nil)), 0},
		"an override that equals what it overrides changes nothing":   {goSpec(listOf("a", revision("v1")), listOf("b", revision("v1"))), 0},
		"a template that renders to what stood there changes nothing": {goSpec(listOf("a", revision(`{{"v1"}}`)), listOf("b", nil)), 0},
		"a name of its own is another Application":                    {goSpec(listOf("a", map[string]any{"metadata": map[string]any{"name": "mine"}}), listOf("b", nil)), 2},
		"another language that renders the same changes nothing":      {with(t, base, []any{"missingkey=zero"}, "goTemplateOptions"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			change, err := (&argoCD{}).read(update(t, base, test.after))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(test.affected))
		})
	}
}

func TestWhatIsGoneBesideWhatIsReleased(t *testing.T) {
	g := NewWithT(t)
	git := func(repository string) map[string]any {
		return map[string]any{"git": map[string]any{"repoURL": repository}}
	}
	before := with(t, goSpec(git("b"), git("a")), rolling(maxUpdate(1)), "strategy")
	after := with(t, goSpec(git("b")), rolling(maxUpdate(2)), "strategy")
	write := update(t, before, after)
	_, err := (&argoCD{progressive: true}).read(write)
	g.Expect(err).To(Equal(rollout.Unresolved("spec.generators[0].git", "is resolved over the network")), "nothing counts what is released")

	write.Metadata().Annotations = map[string]string{"seawall.dev/environments": "7"}
	_, err = (&argoCD{progressive: true}).read(write)
	g.Expect(err).To(Equal(rollout.Unresolved("spec.generators[1].git", "is resolved over the network")), "nothing counts what is gone")
}

func TestOperationsThatAreNone(t *testing.T) {
	g := NewWithT(t)
	change, err := (&argoCD{}).read(rollout.Write{Operation: "Connect"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Affected()).To(BeZero())
}
