package applicationset

import (
	"fmt"
	"strings"

	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// fastTemplate is a template as github.com/valyala/fasttemplate reads it: texts[0] tags[0]
// texts[1] … . A tag that names no parameter stays as it is.
type fastTemplate struct {
	texts []string
	tags  []string
}

func parseFast(text string) (*fastTemplate, error) {
	parsed := &fastTemplate{}
	for {
		before, rest, found := strings.Cut(text, "{{")
		parsed.texts = append(parsed.texts, before)
		if !found {
			return parsed, nil
		}
		tag, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return nil, fmt.Errorf("has no end for the tag %s", rollout.Quote("{{"+rest))
		}
		parsed.tags = append(parsed.tags, tag)
		text = after
	}
}

func (f *fastTemplate) Execute(params map[string]any) (string, error) {
	var output strings.Builder
	for i, tag := range f.tags {
		output.WriteString(f.texts[i])
		trimmed := strings.TrimSpace(tag)
		replacement, found := params[trimmed].(string)
		if !found || trimmed == "" {
			replacement = "{{" + tag + "}}"
		}
		output.WriteString(replacement)
		if output.Len() > gotemplate.RenderLimit {
			return "", gotemplate.ErrLimit
		}
	}
	output.WriteString(f.texts[len(f.tags)])
	return output.String(), nil
}

// fastTemplated says whether Argo CD takes a string for a template at all: only if a tag
// begins and ends on one line (isTemplatedRegex, applicationset/utils/utils.go).
func fastTemplated(text string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		if begin := strings.Index(line, "{{"); begin >= 0 && strings.LastIndex(line, "}}") >= begin+2 {
			return true
		}
	}
	return false
}
