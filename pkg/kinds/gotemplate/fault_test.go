package gotemplate_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
)

// secrets are parameters whose every value and key is the canary, in each shape that a function takes.
func secrets() map[string]any {
	return map[string]any{
		"s": kindtest.Canary, "m": map[string]any{kindtest.Canary: kindtest.Canary}, "t": map[string]string{kindtest.Canary: kindtest.Canary},
		"l": []any{kindtest.Canary, map[string]any{kindtest.Canary: 1.0}}, "re": kindtest.Canary + "(", "tmpl": "{{" + kindtest.Canary,
		"yaml": kindtest.Canary + ": [", "alias": "*" + kindtest.Canary, "json": `{"` + kindtest.Canary + `": tru` + kindtest.Canary, "n": 7.0, "none": nil,
	}
}

// attacks are templates that try to put what they read into an error.
func attacks() []string {
	texts := []string{
		"{{fail .s}}", `{{fail (printf "no such key: %s" .s)}}`, `{{fail (print "map has no entry for key \"" .s "\"")}}`,
		`{{fail (print "template: base:1:1: executing \"base\" at <" .s ">: there is no such key")}}`,
		`{{fail (print ">: error calling index: index of untyped nil" .s)}}`, "{{range .s}}{{end}}", "{{range .m}}{{.x.y}}{{end}}",
		"{{index .m .s .s}}", "{{index .l .s}}", "{{index .s .s}}", "{{slice .s 99}}", "{{slice .l .s}}", "{{call .s}}", "{{len .n}}", "{{len .none}}",
		"{{.m.missing.deeper}}", "{{.s.deeper}}", "{{(index .m .s).deeper}}", "{{.missing}}", "{{.n.x}}", "{{eq .m .s}}", "{{lt .s 1}}", "{{and .m.x .s}}",
		`{{with $x := .s}}{{$x.y}}{{end}}`, `{{template "x" .s}}`, `{{define "t"}}{{fail .s}}{{end}}{{template "t" .}}`,
		`{{define "t"}}{{index .m .s .s}}{{end}}{{range .l}}{{template "t" $}}{{end}}`, "{{fromYaml .yaml}}", "{{fromYaml .alias}}", "{{fromYamlArray .yaml}}",
		"{{fromYamlArray .s}}", `{{fromYaml (print "{" .s ": 1, " .s ": 2}")}}`, "{{mustFromJson .json}}", `{{mustFromJson (print "{\"x\": " .s "}")}}`,
		"{{mustRegexMatch .re .s}}", "{{regexMatch .re .s}}", `{{regexReplaceAll (print "(?P<" .s) "x" "y"}}`, `{{mustRegexFind (print "[" .s) .s}}`,
		"{{atoi .s | until}}", "{{mustDateModify .s now}}", "{{mustToDate .s .s}}", "{{toDecimal .s}}", "{{semver .s}}", "{{semverCompare .s .s}}",
		"{{urlParse (print \":\" .s)}}", `{{urlParse (print "http://[" .s)}}`, "{{b64dec .s}}", "{{b32dec .s}}", "{{decryptAES .s .s}}", "{{mustMerge .m .s}}",
		"{{get .m .s .s}}", "{{set .t .s 1}}", "{{dig .s .s}}", `{{dig "x" .s}}`, "{{chunk .s .l}}", "{{mustSlice .s 1}}", "{{mustFirst .s}}", "{{repeat 5000000 .s}}",
		"{{mustAppend .s .s}}", "{{mustUniq .s}}", "{{pluck .s .s}}", "{{tuple .s | mustHas .s | fail}}", "{{.s | int | index .l}}", "{{$_ := set .m .s .m}}", "{{required .s .none}}",
	}
	for _, name := range slices.Sorted(maps.Keys(sprig.HermeticTxtFuncMap())) {
		for _, arguments := range []string{"", ".s", ".re", ".m", ".l", ".none", ".s .s", ".s .m", ".m .s", ".s .l", ".l .s", ".n .s", ".s .n", ".re .s .s", ".s .s .m", ".m .s .l", ".s .n .l .m"} {
			texts = append(texts, "{{"+name+" "+arguments+"}}")
		}
	}
	return texts
}

func withYAML() gotemplate.Functions {
	all := sprig.HermeticTxtFuncMap()
	maps.Copy(all, template.FuncMap{"toYaml": gotemplate.ToYAML, "fromYaml": gotemplate.FromYAML, "fromYamlArray": gotemplate.FromYAMLArray})
	return gotemplate.NewFunctions(all)
}

// TestNoErrorOfATemplateSaysAValue holds it for every function, of whatever arguments.
func TestNoErrorOfATemplateSaysAValue(t *testing.T) {
	failed, quoting := 0, 0
	for _, options := range [][]string{nil, {"missingkey=error"}} {
		engine := gotemplate.NewEngine(t.Context(), gotemplate.Language{Options: options}, withYAML())
		for _, text := range attacks() {
			parsed, err := engine.Parse(text)
			if err == nil {
				_, err = parsed.Execute(secrets())
			}
			if err == nil {
				continue
			}
			failed++
			if kindtest.Leaks(gotemplate.Whole(err)) {
				quoting++
			}
			for _, said := range []string{err.Error(), gotemplate.Message(err, gotemplate.OfNothing), gotemplate.Message(err, gotemplate.OfText),
				gotemplate.Unresolved("f", "does not render", err, gotemplate.OfText).Error()} {
				if kindtest.Leaks(said) {
					t.Errorf("%s: %s", text, said)
				}
			}
		}
	}
	t.Logf("%d templates failed, %d of them with the canary in text/template's own error", failed, quoting)
	NewWithT(t).Expect(failed).To(BeNumerically(">", 2000))
	NewWithT(t).Expect(quoting).To(BeNumerically(">", 30), "the attacks work, without what is tested")
}

// TestATextMadeOfTheInventoryIsNotQuoted holds it for templates that are themselves made of values.
func TestATextMadeOfTheInventoryIsNotQuoted(t *testing.T) {
	engine := gotemplate.NewEngine(t.Context(), gotemplate.Language{Options: []string{"missingkey=error"}}, withYAML())
	for _, text := range []string{
		"{{" + kindtest.Canary, "{{" + kindtest.Canary + "}}", "{{." + kindtest.Canary + "}}", "{{." + kindtest.Canary + ".x}}", `{{template "` + kindtest.Canary + `"}}`,
		`{{define "` + kindtest.Canary + `"}}{{.x.y}}{{end}}{{template "` + kindtest.Canary + `"}}`, `{{fail "` + kindtest.Canary + `"}}`,
		`{{index "` + kindtest.Canary + `" 1000}}`, `{{repeat 5000000 "` + kindtest.Canary + `"}}`, "{{$" + kindtest.Canary + "}}", "{{\"" + kindtest.Canary,
		"{{ .a | " + kindtest.Canary + " }}", "{{if}}" + kindtest.Canary, "{{1" + kindtest.Canary + "}}", "{{'" + kindtest.Canary + "'}}",
	} {
		parsed, err := engine.Parse(text)
		if err == nil {
			_, err = parsed.Execute(map[string]any{"x": 1})
		}
		g := NewWithT(t)
		g.Expect(err).To(HaveOccurred(), text)
		g.Expect(kindtest.Leaks(gotemplate.Message(err, gotemplate.OfNothing))).To(BeFalse(), "%s: %s", text, gotemplate.Message(err, gotemplate.OfNothing))
		g.Expect(kindtest.Leaks(err.Error())).To(BeFalse(), "%s: %s", text, err)
	}
}

// TestAMessageStillSaysWhatToMend holds what the writer of a template is told without its parameters.
func TestAMessageStillSaysWhatToMend(t *testing.T) {
	for text, want := range map[string]string{
		"a-{{.labels.tier}}":           `there is no such key in line 1, column 11, at ".labels.tier"`,
		"{{.name.deeper}}":             `there is no such field in line 1, column 7, at ".name.deeper"`,
		"\n  {{fail .name}}":           `the function fail fails in line 2, column 4, at "fail .name"`,
		"{{range .name}}{{end}}":       `what it ranges over is no list, object or number in line 1, column 8, at ".name"`,
		"{{index .list 9}}":            `there is no such item for index in line 1, column 2, at "index .list 9"`,
		`{{mustRegexMatch "(" .name}}`: `the function mustRegexMatch fails in line 1, column 2, at "mustRegexMatch \"(\" .name"`,
		"{{nosuch .name}}":             `"1: function 'nosuch' not defined"`,
		"{{bcrypt .name}}":             "uses a function that Seawall does not execute",
		`{{range until 99999}}0123456789012345678901234567890{{end}}`: "renders to more than 1 MiB",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := metered(t.Context(), text, params(), "missingkey=error")
			NewWithT(t).Expect(gotemplate.Message(err, gotemplate.OfText)).To(Equal(want))
		})
	}
}

// TestNoYAMLErrorSaysAValue holds it for what templates render to.
func TestNoYAMLErrorSaysAValue(t *testing.T) {
	g := NewWithT(t)
	for _, text := range []string{
		"a: " + kindtest.Canary + ": b", "*" + kindtest.Canary, kindtest.Canary, "[" + kindtest.Canary, "{" + kindtest.Canary + ": 1, " + kindtest.Canary + ": 2}",
		"!!int " + kindtest.Canary, "a: !" + kindtest.Canary + " b\n c", "\"" + kindtest.Canary, "&x *" + kindtest.Canary, "a: &" + kindtest.Canary + " *" + kindtest.Canary,
	} {
		_, err := gotemplate.ParseYAML[map[string]any](nil, text)
		if err == nil {
			continue
		}
		for _, said := range []string{err.Error(), gotemplate.Message(err, gotemplate.OfText), gotemplate.Message(err, gotemplate.OfNothing)} {
			g.Expect(kindtest.Leaks(said)).To(BeFalse(), "%s: %s", text, said)
		}
	}
	_, err := gotemplate.ParseYAML[map[string]any](nil, "a: b\nc: d: e")
	g.Expect(err).To(MatchError("is no YAML in line 2"))
}

func TestLeaksFindsTheCanary(t *testing.T) {
	g := NewWithT(t)
	for _, text := range []string{kindtest.Canary, "x" + kindtest.Canary[3:9], fmt.Sprintf("%x", kindtest.Canary), fmt.Sprintf("%X", kindtest.Canary)} {
		g.Expect(kindtest.Leaks(text)).To(BeTrue(), text)
	}
	g.Expect(kindtest.Leaks("there is no such key in line 1")).To(BeFalse())
	g.Expect(regexp.MustCompile(`^[a-z0-9]+$`).MatchString(kindtest.Canary)).To(BeTrue())
}
