package applicationset_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// nest is an inventory in which everything is the canary, in every object that an ApplicationSet reads.
func nest(t *testing.T) *argoCD {
	t.Helper()
	secrets := ""
	for _, name := range []string{"a", "b"} {
		secrets += strings.NewReplacer("CANARY", kindtest.Canary, "NAME", name).Replace(`
apiVersion: v1
kind: Secret
metadata:
  name: NAME-CANARY
  namespace: argocd
  labels: {argocd.argoproj.io/secret-type: cluster, env: CANARY, l-CANARY: x, same: same}
  annotations: {a-CANARY: CANARY, bad: '{{ CANARY', call: '{{ CANARY . }}', field: '{{ .CANARY.x }}', json: '{"CANARY": tru', yaml: 'CANARY: [', number: "7391739173"}
stringData: {name: n-CANARY-NAME, server: 'https://CANARY', project: p-CANARY}
---`)
	}
	argo := newArgoCD(t, []byte(secrets+strings.ReplaceAll(`
apiVersion: v1
kind: ConfigMap
metadata: {name: ducks, namespace: argocd}
data: {apiVersion: mallard.io/v1, kind: ducks, statusListKey: s-CANARY, matchKey: clusterName}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shallow, namespace: argocd}
data: {apiVersion: CANARY, kind: CANARY}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: unserved, namespace: argocd}
data: {apiVersion: CANARY.io/v1, kind: CANARY}
---
apiVersion: mallard.io/v1
kind: Duck
metadata: {name: one-CANARY, namespace: argocd, labels: {pond: list}}
status: {s-CANARY: [{clusterName: n-CANARY-a, zone: CANARY}]}
---
apiVersion: mallard.io/v1
kind: Duck
metadata: {name: odd-CANARY, namespace: argocd, labels: {pond: odd}}
status: {s-CANARY: CANARY}
---
apiVersion: mallard.io/v1
kind: Duck
metadata: {name: worse-CANARY, namespace: argocd, labels: {pond: worse}}
status: {s-CANARY: [CANARY]}
`, "CANARY", kindtest.Canary)))
	return argo
}

// expressions put a value of the inventory into an error, of text/template's, sprig's or Seawall's own.
func expressions() []string {
	return []string{
		"{{fail .server}}", "{{fail .name}}", "{{fail .metadata.labels.env}}", "{{fail (toJson .metadata.annotations)}}", "{{range .server}}{{end}}",
		"{{index .metadata.labels .server .server}}", "{{index .server .name}}", "{{(index .metadata.labels .server).x}}", "{{.server.x}}", `{{fromYaml .metadata.annotations.yaml}}`,
		"{{mustFromJson .metadata.annotations.json}}", `{{mustRegexMatch (print "(" .server) "x"}}`, "{{slugify .server}}", "{{slugify .server .server .server}}",
		"{{template \"x\" .server}}", "{{get .metadata.labels .server}}", "{{until (atoi .metadata.annotations.number)}}", "{{repeat (atoi .metadata.annotations.number) .server}}",
		"{{toDecimal .server}}", "{{semver .server}}", `{{fail (print "map has no entry for key" .server)}}`, "{{call .server}}", "{{slice .server 99}}",
		`{{fail (substr 8 13 .server)}}`, "{{fail (b64enc .server)}}", "{{fail (sha256sum .server)}}", `{{fail (printf "%x" .server)}}`,
	}
}

// rendered are templates whose output is of the wrong shape, or too much.
func rendered() []string {
	return []string{"{{.server}}", "[{{.server}}", "{ {{.server}}: 1 }", `{"{{.server}}": 1}`, `{"metadata": "{{.server}}"}`, `{"metadata": {"labels": {"{{.server}}": 1}}}`,
		`{"metadata": {"name": ["{{.server}}"]}}`, "*{{.name}}", "a: {{.server}}: b", `{"$patch": "{{.server}}"}`, `"{{.server}}`, "{{.metadata.annotations.json}}", "{{.metadata.annotations.yaml}}"}
}

// again are templates that render to templates, which a generator within another renders once more.
func again() []string {
	return []string{"{{.metadata.annotations.bad}}", "{{.metadata.annotations.call}}", "{{.metadata.annotations.field}}", `{{"{{"}}{{.name}}`, `{{"{{"}} .{{.metadata.labels.env}}.x }}`,
		`{{"{{"}} fail "{{.server}}" }}`, `{{"{{"}} index "{{.server}}" 999 }}`, `{{"{{"}} template "{{.server}}" }}`, `{{"{{"}} repeat 99999999 "{{.server}}" }}`}
}

func everyCluster() fields {
	return fields{"clusters": fields{"selector": fields{"matchLabels": fields{"same": "same"}}}}
}

// attacks are ApplicationSets that try to read the inventory by what Seawall says about them.
func attacks(t *testing.T) map[string]spec {
	t.Helper()
	all := map[string]spec{}
	base := with(t, goSpec(everyCluster()), fields{"name": "{{.name}}"}, "template", "metadata")
	base = with(t, base, fields{"project": "default"}, "template", "spec")
	within := func(name string, second any) {
		all["within a matrix, "+name] = with(t, base, []any{matrixOf(everyCluster(), second)}, "generators")
		all["within a matrix of a matrix, "+name] = with(t, base, []any{matrixOf(everyCluster(), matrixOf(listed(fields{"x": "y"}), second))}, "generators")
	}
	for _, text := range append(append(expressions(), rendered()...), again()...) {
		all["name "+text] = with(t, base, text, "template", "metadata", "name")
		all["label "+text] = with(t, base, fields{text: text}, "template", "metadata", "labels")
		all["annotation "+text] = with(t, base, fields{text: text}, "template", "metadata", "annotations")
		all["finalizer "+text] = with(t, base, []any{text}, "template", "metadata", "finalizers")
		all["spec "+text] = with(t, base, fields{text: fields{text: text}}, "template", "spec")
		all["patch "+text] = with(t, base, text, "templatePatch")
		all["value "+text] = with(t, base, []any{fields{"clusters": fields{"values": fields{"v": text}}}}, "generators")
		all["flat "+text] = with(t, base, []any{fields{"clusters": fields{"flatList": true, "values": fields{"v": text}}}}, "generators")
		within("an element "+text, listed(fields{"x": text, text: text}))
		within("elements "+text, fields{"list": fields{"elements": text}})
		within("an element that is none "+text, fields{"list": fields{"elements": []any{text}}})
		within("YAML "+text, fields{"list": fields{"elementsYaml": text}})
		within("a label "+text, fields{"clusters": fields{"selector": fields{"matchLabels": fields{text: text}}}})
		within("labels "+text, fields{"clusters": fields{"selector": fields{"matchLabels": text}}})
		within("an operator "+text, fields{"clusters": fields{"selector": fields{"matchExpressions": []any{fields{"key": "env", "operator": text, "values": []any{text}}}}}})
		within("a selector "+text, fields{"clusters": fields{"selector": text}})
		within("a value "+text, fields{"clusters": fields{"values": fields{"v": text}}})
		within("values "+text, fields{"clusters": fields{"values": text}})
		within("a flag "+text, fields{"clusters": fields{"flatList": text}})
		within("a reference "+text, fields{"clusterDecisionResource": fields{"configMapRef": "ducks", "name": text}})
		within("a filter "+text, fields{"list": fields{"elements": []any{fields{"x": "y"}}}, "selector": fields{"matchLabels": fields{text: text}}})
		within("a generator "+text, fields{text: fields{}})
		within("git "+text, fields{"git": fields{text: text}})
	}
	for name, config := range map[string]fields{
		"a list":  {"configMapRef": "ducks", "labelSelector": fields{"matchLabels": fields{"pond": "list"}}},
		"an odd":  {"configMapRef": "ducks", "labelSelector": fields{"matchLabels": fields{"pond": "odd"}}},
		"worse":   {"configMapRef": "ducks", "labelSelector": fields{"matchLabels": fields{"pond": "worse"}}},
		"shallow": {"configMapRef": "shallow", "name": "x"}, "unserved": {"configMapRef": "unserved", "name": "x"},
	} {
		of := with(t, base, []any{fields{"clusterDecisionResource": config}}, "generators")
		all["decisions, "+name], all["decisions, fail, "+name] = of, with(t, of, "{{fail .zone}}", "template", "metadata", "name")
		all["decisions, the same twice, "+name] = with(t, of, []any{fields{"clusterDecisionResource": config}, fields{"clusterDecisionResource": config}}, "generators")
	}
	all["one name of two"] = with(t, base, "{{.server}}", "template", "metadata", "name")
	all["a flat name of two"] = with(t, with(t, base, `{{(index .clusters 0).server}}`, "template", "metadata", "name"), []any{
		fields{"clusters": fields{"flatList": true}}, fields{"clusters": fields{"flatList": true}},
	}, "generators")
	all["the keys of a merge"] = with(t, base, []any{mergeOf([]any{"server"}, everyCluster(), everyCluster())}, "generators")
	all["two values"] = with(t, base, []any{matrixOf(everyCluster(), listed(fields{"server": "x"}))}, "generators")
	return all
}

// TestNoMessageQuotesTheInventory holds it for all that an ApplicationSet can be refused with or warned
// of: whoever writes one need not have the right to read Argo CD's Secrets.
func TestNoMessageQuotesTheInventory(t *testing.T) {
	argo, refused, withheld := nest(t), 0, 0
	for name, spec := range attacks(t) {
		for what, write := range writesOf(t, spec) {
			change, err := argo.read(write)
			for _, said := range kindtest.Messages(change, err) {
				if kindtest.Leaks(said) {
					t.Errorf("%s of %s: %s", what, name, said)
				}
			}
			if err != nil {
				refused++
			}
			if unresolved, is := errors.AsType[*rollout.UnresolvedError](err); is && kindtest.Leaks(unresolved.Withheld) {
				withheld++
			}
		}
	}
	t.Logf("%d writes were refused, %d of them for reasons that only the log tells", refused, withheld)
	NewWithT(t).Expect(withheld).To(BeNumerically(">", 500), "the attacks work, without what is tested")
}

// writesOf returns the writes that bring a spec in or take it away, in each dialect of templates.
func writesOf(t *testing.T, attempt spec) map[string]rollout.Write {
	t.Helper()
	calm := goSpec(listed(fields{"name": "a", "env": "prod", "url": "u"}))
	writes := map[string]rollout.Write{}
	for dialect, options := range map[string][]any{"without goTemplate": nil, "with goTemplate": nil, "with missingkey": {"missingkey=error"}} {
		spoken := with(t, with(t, attempt, dialect != "without goTemplate", "goTemplate"), options, "goTemplateOptions")
		writes["creation "+dialect] = creation(t, spoken)
		writes["update "+dialect] = update(t, calm, spoken)
		writes["mending "+dialect] = update(t, spoken, calm)
	}
	return writes
}

// TestTheWriterIsToldWhatToMend holds what is still said about a template over the inventory.
func TestTheWriterIsToldWhatToMend(t *testing.T) {
	argo := nest(t)
	base := with(t, goSpec(everyCluster()), fields{"name": "{{.name}}"}, "template", "metadata")
	for name, test := range map[string]struct {
		spec spec
		want string
	}{
		"a label that a cluster lacks": {
			with(t, base, fields{"project": "x-{{.metadata.labels.tier}}"}, "template", "spec"),
			`spec.template.spec.project does not render for a registered cluster: there is no such key in line 1, column 13, at ".metadata.labels.tier"`,
		},
		"a function that fails": {
			with(t, base, fields{"project": "{{fail .server}}"}, "template", "spec"),
			`spec.template.spec.project does not render for a registered cluster: the function fail fails in line 1, column 2, at "fail .server"`,
		},
		"what is no template": {
			with(t, base, fields{"project": "{{.server"}, "template", "spec"),
			`spec.template.spec.project does not render for a registered cluster: "1: unclosed action"`,
		},
		"a patch that is no YAML": {
			with(t, with(t, base, fields{"project": "x"}, "template", "spec"), "a: {{.server}}\nb: [", "templatePatch"),
			"spec.templatePatch does not render for a registered cluster: is no YAML in line 2",
		},
		"a value of another sort": {
			with(t, with(t, base, fields{"project": "x"}, "template", "spec"), []any{matrixOf(everyCluster(), fields{"list": fields{"elements": "{{.server}}"}})}, "generators"),
			"spec.generators[0].matrix.generators[1].list.elements is a string: want a list",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := argo.read(creation(t, test.spec))
			NewWithT(t).Expect(err).To(MatchError(fmt.Sprintf("cannot count its environments: %s", test.want)))
		})
	}
}
