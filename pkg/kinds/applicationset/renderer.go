package applicationset

import (
	"cmp"
	"context"
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
	// templated says that there is a template in the string, and template what renders it where
	// its fields do not do, or err why nothing does.
	templated bool
	template  *gotemplate.Template
	err       error
	rendered  bool
}

// field is a field of the parameters in a template.
type field struct {
	path []string
	// flat says that key is its name in fasttemplate, where parameters are flat.
	flat bool
	key  string
	// none is what the field prints where it is absent, unless that is for text/template to say.
	none       string
	printsNone bool
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
	if parsed.templated = r.dialect.templated(text); parsed.templated {
		r.parse(parsed)
	}
	return parsed
}

// parse finds the fields of a template. One that does not parse only matters where it is
// rendered.
func (r *renderer) parse(snippet *snippet) {
	snippet.rendered = r.rendered
	if !r.dialect.goTemplate {
		snippet.err = cmp.Or(snippet.parseFast(), gotemplate.ErrLimit)
		return
	}
	if snippet.template, snippet.err = r.engine.Parse(snippet.text); snippet.err != nil || r.rendered {
		return
	}
	if plain := snippet.template.Plain(); plain != nil {
		snippet.texts = plain.Texts
		snippet.fields = make([]field, len(plain.Fields))
		for i, of := range plain.Fields {
			snippet.fields[i] = field{path: of.Path, none: "<no value>", printsNone: !of.Indexed && r.dialect.printsNoValue()}
		}
	}
}

// templated says whether a string holds a template.
func (d dialect) templated(text string) bool {
	return strings.Contains(text, "{{") && (d.goTemplate || fastTemplated(text))
}

// printsNoValue says whether a field that is missing prints as no value, on whatever level.
func (d dialect) printsNoValue() bool {
	last := len(d.options) - 1
	return last < 0 || d.options[last] == "missingkey=default" || d.options[last] == "missingkey=invalid"
}

// render returns what the string renders to.
func (s *snippet) render(set *parameters) (string, error) {
	if !s.templated {
		return s.text, nil
	}
	if !s.rendered && len(s.fields) == 1 && s.texts[0] == "" && s.texts[1] == "" {
		if said, found := set.lookUp(&s.fields[0]); found == text {
			return said, nil
		}
	}
	rendered, err := s.appendTo(nil, set)
	return string(rendered), err
}

// appendTo appends what the string renders to.
func (s *snippet) appendTo(output []byte, set *parameters) ([]byte, error) {
	if !s.templated {
		return append(output, s.text...), nil
	}
	if s.rendered {
		params, err := set.all()
		if err != nil {
			return output, err
		}
		set = &parameters{record: &made{params: params}, made: params, empty: set.empty}
	}
	if all, done := s.appendFields(output, set); done {
		return all, nil
	}
	params, err := set.all()
	if err = cmp.Or(err, s.err); err != nil {
		return output, err
	}
	rendered, err := s.template.Execute(params)
	return append(output, rendered...), err
}

// size returns how long the string is that it renders to, if its fields tell.
func (s *snippet) size(set *parameters) (size int, told bool) {
	if !s.templated {
		return len(s.text), true
	}
	if s.texts == nil || s.rendered {
		return 0, false
	}
	size = len(s.texts[0])
	for i := range s.fields {
		said, found := set.lookUp(&s.fields[i])
		if found != text {
			return 0, false
		}
		size += len(said) + len(s.texts[i+1])
	}
	return size, size <= gotemplate.RenderLimit
}

// appendFields is done unless a field is for the template to render.
func (s *snippet) appendFields(output []byte, set *parameters) ([]byte, bool) {
	if s.texts == nil {
		return output, false
	}
	from := len(output)
	output = append(output, s.texts[0]...)
	for i := range s.fields {
		field := &s.fields[i]
		said, found := set.lookUp(field)
		if found == absent && field.printsNone || found == other && field.flat {
			said, found = field.none, text
		}
		if found != text {
			return output[:from], false
		}
		output = append(append(output, said...), s.texts[i+1]...)
		if len(output)-from > gotemplate.RenderLimit {
			return output[:from], false
		}
	}
	return output, true
}
