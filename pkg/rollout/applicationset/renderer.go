package applicationset

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// dialect is the template language of an ApplicationSet.
type dialect struct {
	goTemplate bool
	options    []string
}

// renderer parses every distinct string of an ApplicationSet once.
type renderer struct {
	dialect   dialect
	functions map[string]function
	names     map[string]any
	meter     *meter
	snippets  map[string]*snippet
}

// snippet is one string of an ApplicationSet, ready to be rendered.
type snippet struct {
	text string
	// execute is nil for a string without a template in it.
	execute func(params map[string]any) (string, error)
}

func newRenderer(ctx context.Context, dialect dialect, functions map[string]function, names map[string]any) *renderer {
	return &renderer{
		dialect:   dialect,
		functions: functions,
		names:     names,
		meter:     &meter{ctx: ctx},
		snippets:  map[string]*snippet{},
	}
}

func (r *renderer) snippet(text string) *snippet {
	if parsed, found := r.snippets[text]; found {
		return parsed
	}
	parsed := &snippet{text: text}
	r.snippets[text] = parsed
	switch {
	case r.dialect.goTemplate && strings.Contains(text, "{{"):
		parsed.execute = executor(r.parseGo(text))
	case !r.dialect.goTemplate && fastTemplated(text):
		parsed.execute = executor(parseFast(text))
	}
	return parsed
}

type executable interface {
	execute(params map[string]any) (string, error)
}

// executor keeps an error for later: a template that does not parse only matters where it
// is rendered.
func executor[T executable](parsed T, err error) func(map[string]any) (string, error) {
	if err != nil {
		return func(map[string]any) (string, error) { return "", err }
	}
	return parsed.execute
}

func (s *snippet) render(params map[string]any) (string, error) {
	if s.execute == nil {
		return s.text, nil
	}
	return s.execute(params)
}

// knownNames returns the names that a template may use; text/template/parse wants a map.
func knownNames(functions map[string]function) map[string]any {
	names := map[string]any{}
	for name := range maps.Keys(functions) {
		names[name] = true
	}
	for builtin := range strings.FieldsSeq("and call eq ge gt index le len lt ne not or slice") {
		names[builtin] = true
	}
	return names
}

// oneLine makes an error of a template fit into a message.
func oneLine(err error) string {
	for _, known := range []error{errBudget, errLimit, errNesting, errCycle, errNotExecuted, errAliases} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	message := strings.ReplaceAll(err.Error(), `"`, "'")
	message = strings.TrimPrefix(message, "template: "+rootName+":")
	if at := strings.LastIndex(message, ">: "); at >= 0 {
		message = message[at+3:]
	}
	return rollout.Quote(message)
}
