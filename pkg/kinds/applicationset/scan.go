package applicationset

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seawall-dev/seawall/pkg/budget"
)

// scanner reads JSON that is known to be valid: rollout.Cut has looked at every byte. What it
// returns shares the memory of the text.
type scanner struct {
	text string
	at   int
	// account pays for trees. Once it cannot, the scanner is at the end.
	account *budget.Account
}

// next skips white space and returns the byte that follows; 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n', ',', ':':
		default:
			return s.text[s.at]
		}
	}
	return 0
}

// enter steps into an object or a list, and more says whether it holds another value.
func (s *scanner) enter() { s.at++ }

func (s *scanner) more() bool {
	switch s.next() {
	case ']', '}':
		s.at++
		return false
	default:
		return s.at < len(s.text)
	}
}

// value returns the JSON of the next value.
func (s *scanner) value() string {
	s.next()
	start, depth := s.at, 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			s.skipString()
		case '{', '[':
			s.at++
			depth++
		case '}', ']':
			s.at++
			depth--
		default:
			s.skipPlain()
		}
		if depth <= 0 {
			break
		}
	}
	return s.text[start:s.at]
}

func (s *scanner) skipString() {
	for s.at++; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return
		}
	}
}

// skipPlain skips what stands between strings and brackets.
func (s *scanner) skipPlain() {
	end := strings.IndexAny(s.text[s.at+1:], "\"{}[], \t\r\n")
	if end < 0 {
		s.at = len(s.text)
		return
	}
	s.at += 1 + end
}

// string returns what the next value says, which is a string.
func (s *scanner) string() string {
	return unquoted(s.value())
}

func unquoted(quoted string) string {
	if len(quoted) < 2 {
		return ""
	}
	if inner := quoted[1 : len(quoted)-1]; strings.IndexByte(inner, '\\') < 0 && utf8.ValidString(inner) {
		return inner
	}
	// Of what is no UTF-8 it makes what encoding/json does, and reports it all the same.
	text, _ := jsontext.AppendUnquote(nil, quoted)
	return string(text)
}

// rawList is the JSON of a list that nobody has parsed yet.
type rawList string

// MarshalJSON spells the list as a parsed one.
func (l rawList) MarshalJSON() ([]byte, error) { return json.Marshal(parse(nil, string(l))) }

// tree parses the next value as encoding/json does. Within generators it leaves the elements of
// lists as they are: there may be thousands, of which a few fields are looked at.
func (s *scanner) tree(key string, generators bool) any {
	switch s.next() {
	case '{':
		members := map[string]any{}
		s.pay(mapWeight)
		for s.enter(); s.more(); s.pay(memberWeight) {
			key := s.string()
			members[key] = s.tree(key, generators && slices.Contains([]string{"generators", "matrix", "merge", "list", "elements"}, key))
		}
		return members
	case '[':
		if generators && key == "elements" {
			return rawList(s.value())
		}
		items := []any{}
		for s.enter(); s.more(); s.pay(memberWeight) {
			items = append(items, s.tree("", generators))
		}
		return items
	default:
		return scalar(s.value())
	}
}

// parse returns the tree of a JSON value.
func parse(account *budget.Account, text string) any {
	return (&scanner{text: text, account: account}).tree("", false)
}

// parseSpec returns the tree of a spec, with lists that are not parsed in its generators.
func parseSpec(account *budget.Account, text string) any {
	scanner := &scanner{text: text, account: account}
	if scanner.next() != '{' {
		return parse(account, text)
	}
	members := map[string]any{}
	for scanner.enter(); scanner.more(); {
		key := scanner.string()
		members[key] = scanner.tree(key, key == "generators")
	}
	return members
}

// What trees weigh, as budget.Tree measures it.
const (
	mapWeight    = 360
	memberWeight = 48
)

func (s *scanner) pay(weight int) {
	if s.account.Spend(weight) != nil {
		s.at = len(s.text) // the account keeps the error
	}
}

func scalar(text string) any {
	switch {
	case text == "" || text == "null":
		return nil
	case text[0] == '"':
		return unquoted(text)
	case text == "true" || text == "false":
		return text == "true"
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	return number
}
