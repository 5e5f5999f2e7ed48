package applicationset_test

import (
	"encoding/json"
	"maps"
	"testing"

	. "github.com/onsi/gomega"
)

// TestTemplatesOfWhatIsOpen holds that the Applications of a git generator, of which three exist, change
// with their template where Argo CD would take them for changed, and not where it is spelled otherwise.
func TestTemplatesOfWhatIsOpen(t *testing.T) {
	git := func(more ...any) fields {
		config := fields{"repoURL": "https://git.example.com/x.git", "revision": "HEAD"}
		for i := 0; i < len(more); i += 2 {
			config[more[i].(string)] = more[i+1]
		}
		return fields{"git": config}
	}
	const revision = "targetRevision"
	plain := func(path ...any) spec {
		of := goSpec(git())
		if len(path) > 0 {
			keys := make([]string, len(path)-1)
			for i := range keys {
				keys[i] = path[i+1].(string)
			}
			of = with(t, of, path[0], keys...)
		}
		return of
	}
	source := fields{"repoURL": "https://git.example.com/tenants.git", revision: "v1", "path": "x"}
	spelled := func(more fields) spec {
		of := fields{"source": source, "destination": fields{"server": "https://s"}}
		maps.Copy(of, more)
		return plain(of, "template", "spec")
	}
	bare := spelled(nil)
	annotated := func(key, text string) spec { return plain(fields{key: text}, "template", "metadata", "annotations") }
	manual, sleeping := plain(fields{}, "template", "spec", "syncPolicy"), plain(fields{"automated": fields{"enabled": false}}, "template", "spec", "syncPolicy")
	patched := func(patch string) spec { return plain(patch, "templatePatch") }
	ignoring := func(of spec, rule fields) spec { return with(t, of, []any{rule}, "ignoreApplicationDifferences") }
	newer := plain("v2", "template", "spec", "source", revision)
	own := func(text string) spec {
		return goSpec(git("template", fields{"spec": fields{"source": fields{revision: text}}}))
	}
	revisions := fields{"jqPathExpressions": []any{".spec.source.targetRevision"}}
	for name, test := range map[string]struct {
		before, after spec
		affected      int
	}{
		"another revision":             {plain(), newer, 3},
		"empty helm":                   {bare, spelled(fields{"source": fields{"repoURL": source["repoURL"], revision: "v1", "path": "x", "helm": fields{}}}), 0},
		"no options":                   {bare, spelled(fields{"syncPolicy": fields{"syncOptions": []any{}}}), 0},
		"the default project":          {bare, spelled(fields{"project": "default"}), 0},
		"another project":              {bare, spelled(fields{"project": "other"}), 3},
		"a directory not followed":     {bare, spelled(fields{"source": fields{"repoURL": source["repoURL"], revision: "v1", "path": "x", "directory": fields{"recurse": false}}}), 0},
		"null":                         {bare, spelled(fields{"info": nil}), 0},
		"syncs stop":                   {plain(), manual, 0},
		"syncs sleep":                  {plain(), sleeping, 0},
		"syncs begin":                  {manual, plain(), 3},
		"syncs that sleep are dropped": {sleeping, manual, 0},
		"left alone no longer":         {annotated("argocd.argoproj.io/skip-reconcile", "true"), plain(), 3},
		"left alone from now on":       {plain(), annotated("argocd.argoproj.io/skip-reconcile", "true"), 0},
		"asked to refresh":             {plain(), annotated("argocd.argoproj.io/refresh", "hard"), 3},
		"asked no longer":              {annotated("argocd.argoproj.io/refresh", "hard"), plain(), 0},
		"another annotation":           {plain(), annotated("a", "b"), 0},
		"a patch spelled otherwise":    {patched(`{"spec": {"project": "x"}}`), patched("spec:\n  project: x # as before"), 0},
		"a patch":                      {patched(`{"spec": {"source": {"path": "x"}}}`), patched(`{"spec": {"source": {"path": "y"}}}`), 3},
		"a patch of templates":         {patched("spec: {info: [{name: a, value: '{{.a}}'}]}"), patched("spec: {info: [{name: a, value: '{{.b}}'}]}"), 3},
		"a revision that is ignored":   {ignoring(plain(), revisions), ignoring(newer, revisions), 0},
		"of one Application":           {ignoring(plain(), fields{"name": "a", "jqPathExpressions": revisions["jqPathExpressions"]}), ignoring(newer, fields{"name": "a", "jqPathExpressions": revisions["jqPathExpressions"]}), 3},
		"a template of the generator":  {own("v1"), own("v2"), 3},
		"a template of the generator that says what all say": {plain(), own("v1"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			write := update(t, test.before, test.after)
			write.OldObject.Status = json.RawMessage(`{"resourcesCount": 3}`)
			change, err := (&argoCD{}).read(write)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(test.affected))
		})
	}
}

func TestExpressionsBeyondPathsAreSaid(t *testing.T) {
	g := NewWithT(t)
	rules := []any{fields{"jqPathExpressions": []any{".spec.info", "del(.spec)"}}}
	before := with(t, tenants(2), rules, "ignoreApplicationDifferences")
	change, err := (&argoCD{}).read(update(t, before, with(t, before, "v2", "template", "spec", "source", "targetRevision")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Affected()).To(Equal(2))
	g.Expect(change.Warnings).To(Equal([]string{
		"spec.ignoreApplicationDifferences[0].jqPathExpressions[1] is more than a path of jq: differences that it ignores are counted",
	}))
}
