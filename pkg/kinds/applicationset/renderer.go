package applicationset

import (
	"context"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
)

// dialect is the template language of an ApplicationSet.
type dialect struct {
	goTemplate bool
	options    []string
}

// renderer parses the strings of an ApplicationSet, each once.
type renderer struct {
	dialect  dialect
	engine   *gotemplate.Engine
	snippets map[string]*snippet
	// rendered says that nothing is looked up and everything rendered with all parameters.
	rendered bool
}

// snippet is one string of an ApplicationSet, ready to be rendered.
type snippet struct {
	text string
	// texts and fields are those of a template of plain fields: texts[0] fields[0] texts[1] … .
	texts  []string
	fields []field
	// execute is nil for a string without a template in it.
	execute func(params map[string]any) (string, error)
}

// field is a field of the parameters in a template.
type field struct {
	path []string
	// flat says that key is its name in fasttemplate, where parameters are flat.
	flat bool
	key  string
	// none is what the field renders to where it is absent, unless that is for text/template to say.
	none        string
	rendersNone bool
}

func newRenderer(ctx context.Context, dialect dialect, functions gotemplate.Functions, rendered bool) *renderer {
	return &renderer{
		dialect:  dialect,
		engine:   gotemplate.NewEngine(ctx, gotemplate.Language{Options: dialect.options}, functions),
		snippets: map[string]*snippet{},
		rendered: rendered,
	}
}

// snippetLimit bounds how many strings a renderer remembers: what one generator makes of
// another's parameters may be new every time.
const snippetLimit = 10_000

func (r *renderer) snippet(text string) *snippet {
	if parsed, found := r.snippets[text]; found {
		return parsed
	}
	parsed := &snippet{text: text}
	if len(r.snippets) < snippetLimit {
		r.snippets[text] = parsed
	}
	switch {
	case r.dialect.goTemplate && strings.Contains(text, "{{"):
		r.parseGo(parsed)
	case !r.dialect.goTemplate && fastTemplated(text):
		r.parseFast(parsed)
	}
	return parsed
}

func (r *renderer) parseGo(snippet *snippet) {
	parsed, err := r.engine.Parse(snippet.text)
	if err != nil {
		// A template that does not parse only matters where it is rendered.
		snippet.execute = func(map[string]any) (string, error) { return "", err }
		return
	}
	snippet.execute = parsed.Execute
	plain := parsed.Plain()
	if plain == nil || r.rendered {
		return
	}
	snippet.texts = plain.Texts
	snippet.fields = make([]field, len(plain.Fields))
	for i, of := range plain.Fields {
		snippet.fields[i] = field{path: of.Path, none: "<no value>", rendersNone: !of.Indexed && r.printsNoValue()}
	}
}

// printsNoValue says whether a field that is missing prints as no value, on whatever level.
func (r *renderer) printsNoValue() bool {
	options := r.dialect.options
	return len(options) == 0 || slices.Contains([]string{"missingkey=default", "missingkey=invalid"}, options[len(options)-1])
}

func (r *renderer) parseFast(snippet *snippet) {
	parsed, err := parseFast(snippet.text)
	if err != nil {
		snippet.execute = func(map[string]any) (string, error) { return "", err }
		return
	}
	snippet.execute = parsed.Execute
	if r.rendered {
		return
	}
	snippet.texts = []string{parsed.texts[0]}
	for i, tag := range parsed.tags {
		key, none := strings.TrimSpace(tag), "{{"+tag+"}}"
		if key == "" { // names no parameter
			snippet.texts[len(snippet.texts)-1] += none + parsed.texts[i+1]
			continue
		}
		snippet.texts = append(snippet.texts, parsed.texts[i+1])
		snippet.fields = append(snippet.fields, field{path: pathOfTag(key), flat: true, key: key, none: none, rendersNone: true})
	}
}

// pathOfTag returns where a parameter of fasttemplate comes from.
func pathOfTag(key string) []string {
	for _, prefix := range [...]string{"metadata.labels.", "metadata.annotations.", "values."} {
		if rest, has := strings.CutPrefix(key, prefix); has {
			return append(strings.Split(strings.TrimSuffix(prefix, "."), "."), rest)
		}
	}
	return []string{key}
}

// constant says whether the string is the same for all parameters.
func (s *snippet) constant() bool { return s.execute == nil }

// render returns what the string renders to.
func (s *snippet) render(set *parameters) (string, error) {
	if s.execute == nil {
		return s.text, nil
	}
	if len(s.fields) == 1 && s.texts[0] == "" && s.texts[1] == "" {
		if said, found := set.lookUp(&s.fields[0]); found == text {
			return said, nil
		}
	}
	rendered, err := s.appendTo(nil, set)
	return string(rendered), err
}

// appendTo appends what the string renders to.
func (s *snippet) appendTo(output []byte, set *parameters) ([]byte, error) {
	if s.execute == nil {
		return append(output, s.text...), nil
	}
	if all, done := s.appendFields(output, set); done {
		return all, nil
	}
	params, err := set.all()
	if err != nil {
		return output, err
	}
	rendered, err := s.execute(params)
	return append(output, rendered...), err
}

// appendFields is done unless a field is for text/template to render.
func (s *snippet) appendFields(output []byte, set *parameters) ([]byte, bool) {
	if s.texts == nil {
		return output, false
	}
	from := len(output)
	output = append(output, s.texts[0]...)
	for i := range s.fields {
		field := &s.fields[i]
		said, found := set.lookUp(field)
		if found == absent && field.rendersNone {
			said, found = field.none, text
		}
		if found != text || len(output)-from+len(said) > gotemplate.RenderLimit {
			return output[:from], false
		}
		output = append(append(output, said...), s.texts[i+1]...)
	}
	return output, len(output)-from <= gotemplate.RenderLimit
}

// oneLine makes an error of a template fit into a message.
func oneLine(err error) string { return gotemplate.Message(err) }
