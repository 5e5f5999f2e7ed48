package applicationset

import (
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
}

// snippet is one string of an ApplicationSet, ready to be rendered.
type snippet struct {
	text string
	// execute is nil for a string without a template in it.
	execute func(params map[string]any) (string, error)
}

func newRenderer(ctx context.Context, dialect dialect, functions gotemplate.Functions) *renderer {
	return &renderer{
		dialect:  dialect,
		engine:   gotemplate.NewEngine(ctx, gotemplate.Language{Options: dialect.options}, functions),
		snippets: map[string]*snippet{},
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
		parsed.execute = executor(r.engine.Parse(text))
	case !r.dialect.goTemplate && fastTemplated(text):
		parsed.execute = executor(parseFast(text))
	}
	return parsed
}

type executable interface {
	Execute(params map[string]any) (string, error)
}

// executor keeps an error for later: a template that does not parse only matters where it
// is rendered.
func executor[T executable](parsed T, err error) func(map[string]any) (string, error) {
	if err != nil {
		return func(map[string]any) (string, error) { return "", err }
	}
	return parsed.Execute
}

func (s *snippet) render(params map[string]any) (string, error) {
	if s.execute == nil {
		return s.text, nil
	}
	return s.execute(params)
}

// oneLine makes an error of a template fit into a message.
func oneLine(err error) string { return gotemplate.Message(err) }
