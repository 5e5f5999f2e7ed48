package applicationset

import (
	"fmt"
	"strings"

	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// parseFast reads a template as github.com/valyala/fasttemplate does. A tag that names no
// parameter stays as it is.
func (s *snippet) parseFast() error {
	pending, rest := "", s.text
	for {
		before, tagged, found := strings.Cut(rest, "{{")
		pending += before
		if !found {
			s.texts = append(s.texts, pending)
			return nil
		}
		tag, after, closed := strings.Cut(tagged, "}}")
		if !closed {
			return gotemplate.NotATemplate(fmt.Errorf("has no end for the tag %s", rollout.Quote("{{"+tagged)))
		}
		rest = after
		if key := strings.TrimSpace(tag); key != "" {
			s.texts, pending = append(s.texts, pending), ""
			s.fields = append(s.fields, field{path: pathOfTag(key), flat: true, key: key, none: "{{" + tag + "}}", printsNone: true})
			continue
		}
		pending += "{{" + tag + "}}"
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
