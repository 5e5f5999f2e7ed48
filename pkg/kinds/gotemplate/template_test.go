package gotemplate_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
)

func params() map[string]any {
	return map[string]any{
		"name": "a", "empty": "", "null": nil, "number": 3.0, "list": []any{"x", "y"},
		"deep":   map[string]any{"deep": map[string]any{"name": "b"}, "list": []any{}},
		"labels": map[string]string{"env": "prod", "labels": "no"},
	}
}

// plainly renders with text/template alone.
func plainly(text string, params map[string]any, options ...string) (string, error) {
	parsed, err := template.New("base").Option(options...).Funcs(sprig.HermeticTxtFuncMap()).Parse(text)
	if err != nil {
		return "", err
	}
	var output strings.Builder
	err = parsed.Execute(&output, params)
	return output.String(), err
}

func metered(ctx context.Context, text string, params map[string]any, options ...string) (string, error) {
	engine := gotemplate.NewEngine(ctx, gotemplate.Language{Options: options}, gotemplate.NewFunctions(sprig.HermeticTxtFuncMap()))
	parsed, err := engine.Parse(text)
	if err != nil {
		return "", err
	}
	return parsed.Execute(params)
}

func TestTemplatesRenderAsTextTemplateDoes(t *testing.T) {
	for _, text := range []string{
		"", "plain", "{{.name}}", "a{{.name}}b{{.deep.deep.name}}c", "{{.labels.env}}", "{{.labels.labels}}", "{{.labels.labels.env}}", "{{.labels.missing}}",
		"{{.deep.deep.deep.name}}", "{{.missing}}", "{{.missing.deeper}}", "{{.name.deeper}}", "{{.number}}", "{{.null}}", "{{.null.x}}", "{{.empty}}", "{{.list}}", "{{.deep}}",
		"{{.}}", "{{- .name -}} x", "{{.name | upper}}", "{{with .deep}}{{.deep.name}}{{end}}", "{{range .list}}{{.}}{{else}}none{{end}}", "{{range .deep.list}}{{.}}{{else}}none{{end}}",
		"{{range $i, $x := .list}}{{if $i}}{{break}}{{end}}{{$x}}{{end}}", "{{range 3}}{{.}}{{end}}", `{{define "t"}}{{.}}{{end}}{{template "t" .name}}`, `{{block "b" .deep}}{{.deep.name}}{{end}}`,
		`{{$_ := set .deep "x" "y"}}{{.deep.x}}`, `{{(merge (dict "a" 1) .deep).deep.name}}`, `{{(.deep).deep.name}}`, `{{(index .list 0) | quote}}`, `{{and .empty (fail "never")}}`,
		`{{printf "%s-%v" .name .number}}`, `{{/* nothing */}}`, "{{.name", "{{nobody .name}}", "{{template \"missing\"}}", `{{.list | join ","}}`, `{{dict "a" .list | toJson}}`, `{{ternary "y" "n" (empty .empty)}}`,
	} {
		for _, options := range [][]string{nil, {"missingkey=error"}, {"missingkey=zero"}} {
			t.Run(strings.Join(append(options, text), " "), func(t *testing.T) {
				g := NewWithT(t)
				want, wantErr := plainly(text, params(), options...)
				got, err := metered(t.Context(), text, params(), options...)
				g.Expect(err != nil).To(Equal(wantErr != nil), "%v, text/template says %v", err, wantErr)
				if wantErr == nil {
					g.Expect(got).To(Equal(want))
				}
			})
		}
	}
}

func TestWhatATemplateChangesIsChangedForItselfOnly(t *testing.T) {
	g := NewWithT(t)
	shared := params()
	_, err := metered(t.Context(), `{{$_ := set .deep "x" "y"}}{{$_ := unset .labels "env"}}`, shared)
	g.Expect(err).To(HaveOccurred(), "labels are no dict of sprig's")
	_, err = metered(t.Context(), `{{$_ := set .deep "x" "y"}}{{$_ := set . "name" "z"}}`, shared)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(shared).To(Equal(params()))
}

func TestDelimitersAndRoot(t *testing.T) {
	g := NewWithT(t)
	engine := gotemplate.NewEngine(t.Context(), gotemplate.Language{Left: "<<", Right: ">>", Root: "inputs"}, gotemplate.NewFunctions(nil))
	parsed, err := engine.Parse("<< inputs.name >>{{.name}}<< range inputs.list >><< . >><< end >>")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(parsed.Execute(params())).To(Equal("a{{.name}}xy"))
}

func TestParseYAML(t *testing.T) {
	g := NewWithT(t)
	g.Expect(gotemplate.ParseYAML[[]map[string]any](nil, "- &a {x: 1}\n- *a\n")).To(Equal([]map[string]any{{"x": 1.0}, {"x": 1.0}}))
	_, err := gotemplate.ParseYAML[map[string]any](nil, "a: &a [b, *a]")
	g.Expect(err).To(HaveOccurred(), "a list that holds itself")
	_, err = gotemplate.ParseYAML[map[string]any](nil, "[1]")
	g.Expect(err).To(HaveOccurred())
}

// unsteady are the functions and verbs whose results differ from call to call.
var unsteady = regexp.MustCompile(`keys|values|shuffle|omit|pick|gen|crypt|htpasswd|derive|ago|Date|date|now|duration|unixEpoch|rand|uuid|%`)

// FuzzTemplate holds that a metered template ends soon, does not panic, and, if it renders,
// renders to what text/template makes of it.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"{{.a}}-{{.b.c}}", `{{range .l}}{{. | upper}}{{end}}`, `{{$x := "x"}}{{range until 9}}{{$x = print $x $x}}{{end}}{{$x}}`,
		`{{$_ := set . "a" (list .b)}}{{.a}}`, `{{define "t"}}{{template "t"}}{{end}}{{template "t"}}`, `{{regexReplaceAll "a+" .a "b"}}`,
		`{{(merge .b (dict "c" .l)).c}}`, "{{index .l 0 | repeat 3}}", `{{with $y := .b}}{{$y.c}}{{else with .a}}{{.}}{{end}}`, `{{slice .a 1 | trunc 2 | b64enc}}`,
	} {
		f.Add(text, []byte(`{"a":"xyz","b":{"c":"d"},"l":["1",2,null,{}]}`))
	}
	functions := gotemplate.NewFunctions(sprig.HermeticTxtFuncMap())
	f.Fuzz(func(t *testing.T, text string, data []byte) {
		var once, twice map[string]any
		if json.Unmarshal(data, &once) != nil || json.Unmarshal(data, &twice) != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		parsed, err := gotemplate.NewEngine(ctx, gotemplate.Language{}, functions).Parse(text)
		if err != nil {
			if strings.Contains(gotemplate.Message(err, gotemplate.OfAll), "\n") {
				t.Fatalf("a message of several lines: %s", gotemplate.Message(err, gotemplate.OfAll))
			}
			return
		}
		started := time.Now()
		output, err := parsed.Execute(once)
		if took := time.Since(started); took > 10*time.Second {
			t.Fatalf("took %s", took)
		}
		if err != nil || unsteady.MatchString(text) {
			return
		}
		if len(output) > gotemplate.RenderLimit {
			t.Fatalf("%d bytes", len(output))
		}
		if want, err := plainly(text, twice); err != nil || output != want {
			t.Fatalf("%q, text/template makes %q of it: %v", output, want, err)
		}
	})
}
