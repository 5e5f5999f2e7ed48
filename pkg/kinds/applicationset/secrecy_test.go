package applicationset_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// TestNoMessageTellsWhatAClusterSays holds that whoever may write an ApplicationSet learns nothing
// of the Secrets of clusters, which they need not be allowed to read: neither from an error nor
// from a warning, whatever the template does with them.
func TestNoMessageTellsWhatAClusterSays(t *testing.T) {
	const canary = "k4n4r1en"
	argo := &argoCD{progressive: true}
	for _, name := range []string{"one", "two"} {
		said := inventory.PairsOf(map[string]string{"said": canary, "number": "271828"})
		argo.clusters = append(argo.clusters, cluster{
			Secret: canary + name, Namespace: "argocd", Name: canary + name, Server: "https://" + canary, Project: canary, Labels: said, Annotations: said,
		})
	}
	fails := []string{
		`{{fail .server}}`, `{{fail (printf "x>: map has no entry for key %s" .server)}}`, `{{.missing}}{{.server}}`, `{{range .server}}{{end}}`,
		`{{index .metadata.labels .server "x"}}`, `{{index (list 1) (int .metadata.labels.number)}}`, `{{slice .server 100}}`, `{{template .server}}`,
		`{{regexMatch (printf "(%s" .server) "x"}}`, `{{regexFind .server}}`, `{{mustRegexFind (cat "(" .server) "x"}}`, `{{fromYaml (cat "{" .server)}}`,
		`{{fromYamlArray .server}}`, `{{mustFromJson .server}}`, `{{mustToDate .server "x"}}`, `{{toDecimal .server | slugify .server}}`, `{{.server.x}}`,
		`{{lt .server 1}}`, `{{mustMerge .server}}`, `{{call .server}}`, `{{add .server nil | index .metadata}}`, `{{(index .metadata .server).x}}`,
		`{{b32dec .server}}{{b64dec .server | fail}}`, `{{atoi .server | until}}{{fail .metadata.annotations.said}}`, `{{mustSlice (list) .server}}`,
		`{{"x" | default .server | fail}}`, `{{fail (toYaml .)}}`, `{{semver .server}}`, `{{mustDateModify .server now}}`, `{{urlParse (cat "%" .server)}}`,
	}
	specs := map[string]spec{}
	for _, text := range fails {
		specs["a name "+text] = with(t, goSpec(fields{"clusters": fields{"selector": fields{"matchLabels": fields{"said": canary}}}}), text, "template", "metadata", "name")
	}
	plain := goSpec(fields{"clusters": fields{}})
	specs["a label"] = with(t, plain, fields{"l": "{{fail .server}}"}, "template", "metadata", "labels")
	specs["a value"] = goSpec(fields{"clusters": fields{"values": fields{"v": "{{fail .server}}"}}})
	specs["equal names"] = with(t, with(t, plain, "{{.server}}", "template", "metadata", "name"), fields{}, "template", "spec")
	specs["a patch that is no YAML"] = with(t, plain, "{{.server}}: [", "templatePatch")
	specs["a patch that is no JSON"] = with(t, plain, `{"a": {{.server}}`, "templatePatch")
	specs["a patch of another shape"] = with(t, plain, "metadata: {labels: [{{.server}}]}", "templatePatch")
	for what, second := range map[string]fields{
		"a selector":             {"clusters": fields{"selector": fields{"matchLabels": fields{"a": "{{.server}}/"}}}},
		"an operator":            {"clusters": fields{"selector": fields{"matchExpressions": []any{fields{"key": "a", "operator": "{{.server}}"}}}}},
		"a filter":               {"list": fields{"elements": []any{fields{"a": "b"}}}, "selector": fields{"matchExpressions": []any{fields{"key": "{{.server}}", "operator": "Exists"}}}},
		"elements that are none": {"list": fields{"elementsYaml": "{{.server}}"}},
		"elements of no YAML":    {"list": fields{"elementsYaml": "[{{.server}}: {"}},
		"values":                 {"clusters": fields{"values": fields{"v": "{{fail .server}}"}}},
		"a flag":                 {"clusters": fields{"flatList": "{{.server}}"}},
		"a generator":            {"git": fields{"repoURL": "{{.server}}"}},
		"a template":             {"clusters": fields{"values": fields{"v": `{{"{{"}}{{.server}} x}}`}}},
	} {
		specs["of a matrix "+what] = goSpec(matrixOf(fields{"clusters": fields{}}, second))
	}
	for what, spec := range specs {
		t.Run(what, func(t *testing.T) {
			g := NewWithT(t)
			change, err := argo.read(creation(t, spec))
			said := strings.ToLower(fmt.Sprint(err, change.Warnings, change.Evidence))
			if strings.HasPrefix(what, "a name") && strings.Contains(fmt.Sprint(spec), "matchLabels:map[said") {
				said = strings.ReplaceAll(said, "said: "+canary, "") // what the writer has put there
			}
			for i := range len(canary) - 3 {
				g.Expect(said).NotTo(ContainSubstring(canary[i : i+4]))
			}
			g.Expect(said).NotTo(ContainSubstring("271828"))
		})
	}
}
