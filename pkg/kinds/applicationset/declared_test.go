package applicationset_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// sixty are the clusters of the tables below.
func sixty() []cluster {
	clusters := make([]cluster, 60)
	for i := range clusters {
		name := fmt.Sprintf("c%02d", i)
		clusters[i] = cluster{Secret: name, Namespace: "argocd", Name: name, Server: "https://" + name}
	}
	return clusters
}

func withoutLocal(children ...any) fields {
	generators := append([]any{}, children...)
	return matrixOf(append(generators, fields{"clusters": fields{"selector": fields{
		"matchExpressions": []any{fields{"key": "argocd.argoproj.io/secret-type", "operator": "Exists"}},
	}}})...)
}

// TestDeclarationsAreHeldToWhatIsKnown holds that a declaration counts no less than could be counted, and
// no more than there are sets of parameters where those are all known.
func TestDeclarationsAreHeldToWhatIsKnown(t *testing.T) {
	const (
		annotation = "annotation seawall.dev/environments"
		raised     = annotation + ", raised to what could be counted"
	)
	below := func(declared, n int) []string {
		return []string{fmt.Sprintf("%s says %d, but at least %d environments could be counted: these are judged", annotation, declared, n)}
	}
	exactly := func(declared, n int) string {
		return fmt.Sprintf("%s says %d, but exactly %d environments were counted: these are judged", annotation, declared, n)
	}
	git := fields{"git": fields{"repoURL": "https://git.example.com/x.git", "revision": "HEAD"}}
	otherGit := fields{"git": fields{"repoURL": "https://git.example.com/y.git", "revision": "HEAD"}}
	product := goSpec(withoutLocal(git))
	bumped := with(t, product, "v2", "template", "spec", "source", "targetRevision")
	kept, createOnly := fields{"applicationsSync": "create-update"}, fields{"applicationsSync": "create-only"}
	list, repository := with(t, tenants(60), kept, "syncPolicy"), with(t, goSpec(git), kept, "syncPolicy")
	both := with(t, goSpec(git, listed(fields{"name": "a", "env": "e", "url": "https://u"})), kept, "syncPolicy")
	directive := with(t, tenants(3), `{"metadata": {"$patch": "replace"}}`, "templatePatch")
	unnamed := with(t, tenants(3), "{{.region}}", "template", "metadata", "labels", "region")
	tests := map[string]struct {
		before, after     spec
		declared          string
		affected, removed int
		evidence          string
		warnings          []string
	}{
		"a matrix of git and 60 clusters": {nil, product, "1", 60, 0, raised, below(1, 60)},
		"its template":                    {product, bumped, "1", 60, 0, raised, below(1, 60)},
		"more than one for each cluster":  {nil, product, "300", 300, 0, annotation, nil},
		"a selector may match none of them": {
			nil, goSpec(fields{"matrix": withoutLocal(git)["matrix"], "selector": fields{"matchLabels": fields{"a": "b"}}}), "1", 1, 0, annotation, nil,
		},
		"a matrix of git and no cluster": {
			nil, goSpec(matrixOf(git, fields{"clusters": fields{"selector": fields{"matchLabels": fields{"no": "one"}}}})), "9", 0, 0, "", nil,
		},
		"a stored list that nothing removes":             {list, repository, "1", 60, 0, raised, below(1, 60)},
		"a stored list that is removed":                  {tenants(60), goSpec(git), "1", 61, 60, annotation, nil},
		"a stored list that nothing removes or changes":  {with(t, list, createOnly, "syncPolicy"), with(t, repository, createOnly, "syncPolicy"), "1", 1, 0, annotation, nil},
		"what is stored besides, and stays":              {list, both, "2", 61, 0, raised, below(2, 61)},
		"more than a stored list":                        {list, repository, "80", 80, 0, annotation, nil},
		"another repository beside what stays":           {both, with(t, goSpec(otherGit), kept, "syncPolicy"), "3", 3, 0, annotation, nil},
		"what is all counted, above":                     {nil, tenants(3), "100", 3, 0, "", []string{exactly(100, 3)}},
		"what is all counted, below":                     {nil, tenants(3), "1", 3, 0, "", []string{exactly(1, 3)}},
		"what is all counted, and right":                 {nil, tenants(3), "3", 3, 0, "", nil},
		"what Argo CD does not render either":            {nil, unnamed, "100", 3, 0, annotation, []string{exactly(100, 3)}},
		"what Argo CD does not render either, but fewer": {nil, unnamed, "2", 3, 0, raised, []string{exactly(2, 3)}},
		"what Seawall does not render": {nil, directive, "100", 3, 0, "the sets of parameters", []string{
			exactly(100, 3),
			`spec.templatePatch does not render for spec.generators[0].list.elements[0]: "renders to a patch directive, which Seawall does not apply"`,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			write := creation(t, test.after)
			if test.before != nil {
				write = update(t, test.before, test.after)
			}
			write.Metadata().Annotations = map[string]string{"seawall.dev/environments": test.declared}
			change, err := (&argoCD{clusters: sixty()}).read(write)
			g.Expect(err).NotTo(HaveOccurred())
			removed := 0
			for _, step := range change.Steps {
				removed += step.Gone
				for _, target := range step.All() {
					if target.Effect == rollout.Removed {
						removed++
					}
				}
			}
			g.Expect(change.Affected()).To(Equal(test.affected))
			g.Expect(removed).To(Equal(test.removed))
			g.Expect(change.Evidence).To(Equal(test.evidence))
			g.Expect(change.Warnings).To(Equal(test.warnings))
		})
	}
}
