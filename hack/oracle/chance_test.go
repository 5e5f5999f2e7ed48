package oracle

import (
	"fmt"
	"math/rand/v2"
)

type (
	object = map[string]any
	list   = []any
)

// chance makes the choices of one case.
type chance struct {
	*rand.Rand

	// goTemplate says which of the two template languages the case is in.
	goTemplate bool
}

// in says yes once in so many times.
func (c *chance) in(times int) bool { return c.IntN(times) == 0 }

func pick[T any](c *chance, of ...T) T { return of[c.IntN(len(of))] }

// some returns a number between two, both included.
func (c *chance) some(least, most int) int { return least + c.IntN(most-least+1) }

// ref returns the template of a parameter.
func (c *chance) ref(path string) string {
	if !c.goTemplate {
		return pick(c, "{{"+path+"}}", "{{ "+path+" }}")
	}
	return pick(c, "{{."+path+"}}", "{{ ."+path+" }}")
}

// text returns a template of the parameters that a shape has.
func (c *chance) text(shape shape) string {
	path := pick(c, shape.fields()...)
	if !c.goTemplate || c.in(2) {
		return pick(c, "", "x-") + c.ref(path) + pick(c, "", "", "/y", "-"+c.ref(pick(c, shape.fields()...)))
	}
	other := pick(c, shape.fields()...)
	return fmt.Sprintf(pick(c, functions()...), "."+path, "."+other)
}

// functions are templates of two parameters with sprig's functions and Argo CD's own.
func functions() []string {
	return []string{
		`{{ %[1]s | upper }}`, `{{ lower %[1]s | trunc 4 }}-{{ %[2]s }}`, `{{ printf "%%s/%%v" %[1]s %[2]s }}`,
		`{{ if eq %[1]s "prod" }}yes{{ else }}{{ %[2]s }}{{ end }}`, `{{ default "none" %[1]s }}`,
		`{{ %[1]s | replace "-" "." }}`, `{{ %[1]s | sha256sum | trunc 8 }}`, `{{ ternary "a" "b" (eq %[1]s "prod") }}`,
		`{{ list %[1]s %[2]s | join "," }}`, `{{ coalesce %[1]s %[2]s }}`, `{{ %[1]s | quote }}`, `{{ %[1]s | b64enc }}`,
		`{{ hasPrefix "t" %[1]s }}`, `{{ len %[1]s | add 1 }}`, `{{ dict "a" %[1]s | toJson }}`, `{{ normalize %[1]s }}`,
		`{{ slugify 20 true %[1]s }}`, `{{ regexReplaceAll "[0-9]+" %[1]s "n" }}`, `{{ substr 0 2 %[1]s }}`,
		`{{ range $i, $e := until 3 }}{{ $i }}{{ end }}{{ %[1]s }}`, `{{- with %[1]s }}{{ . }}{{ end -}}`,
		`{{ $x := %[1]s }}{{ $x | title }}`, `{{ index . "missing" | default %[1]s }}`, `{{ and %[1]s %[2]s }}`,
		`{{ splitList "-" %[1]s | last }}`, `{{ %[1]s | nospace | trimSuffix "1" }}`, `{{ repeat 2 %[1]s }}`,
		`{{ toYaml (dict "k" %[1]s) | trim }}`, `{{ not (empty %[1]s) }}`, `{{ contains "a" %[2]s }}`,
		`{{ semverCompare ">=1.2.0" "1.3.0" }}{{ %[1]s }}`, `{{ %[1]s | abbrev 5 }}`, `{{ adler32sum %[1]s }}`,
		`{{ (fromYaml (printf "k: %%s" %[1]s)).k }}`, `{{ kindOf %[1]s }}`, `{{ %[1]s | snakecase | kebabcase }}`,
	}
}

// shape says which parameters the sets of a generator have.
type shape struct{ tenant, cluster, slot bool }

func tenants() shape { return shape{tenant: true} }

func (s shape) fields() (fields []string) {
	if s.tenant {
		fields = append(fields, "tenant", "env", "region", "version")
	}
	if s.cluster {
		fields = append(fields, "name", "server", "metadata.labels.env", "metadata.labels.tier", "nameNormalized")
	}
	if s.slot {
		fields = append(fields, "slot")
	}
	return fields
}

func (s shape) or(other shape) shape {
	return shape{s.tenant || other.tenant, s.cluster || other.cluster, s.slot || other.slot}
}

// name returns a template of names that tell most sets of parameters apart.
func (c *chance) name(shape shape) string {
	var name string
	if shape.tenant {
		name = c.ref("tenant")
	}
	if shape.cluster {
		name += pick(c, "", "-") + c.ref(pick(c, "name", "nameNormalized"))
	}
	if shape.slot {
		name += "-" + c.ref("slot")
	}
	switch {
	case c.goTemplate && shape.tenant && c.in(6):
		return pick(c, `{{ printf "%s-%s" .tenant .env }}`, `{{ .tenant | lower }}`, `{{ .tenant | sha256sum | trunc 8 }}`) + name
	case c.in(4):
		return pick(c, "app-"+name, name+"-app", name+"-"+c.ref(pick(c, shape.fields()...)))
	default:
		return "a" + name
	}
}
