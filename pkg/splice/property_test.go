package splice_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"pgregory.net/rapid"
	kyaml "sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/splice"
)

// writer writes a document as somebody may have.
type writer struct {
	*rapid.T

	newline  string
	step     int
	indented bool
	paths    [][]string // those of scalars and of what is empty
	maps     [][]string // those of maps
	tokens   map[string]string
}

func (w *writer) flip(what string) bool { return rapid.Bool().Draw(w.T, what) }

func (w *writer) scalar() string {
	return rapid.SampledFrom([]string{
		"1", "10%", `"10%"`, "'x y'", `"a \"b\" # c"`, "true", "RollingSync", `"ü"`, "1.5", "'it''s'", "0x10", "~", "null", `""`, "plain text: no",
	}[:14]).Draw(w.T, "scalar")
}

func (w *writer) comment() string {
	return rapid.SampledFrom([]string{"", "", "", " # why", "   # a: {b"}).Draw(w.T, "comment")
}

func (w *writer) between(indent int) string {
	return rapid.SampledFrom([]string{"", "", "", w.newline, strings.Repeat(" ", indent) + "# between" + w.newline}).Draw(w.T, "between")
}

// fields writes a block map at an indentation, all of its lines but for what stands before the first name.
func (w *writer) fields(path []string, indent, depth int) string {
	w.maps = append(w.maps, path)
	var text strings.Builder
	count := rapid.IntRange(1, 4).Draw(w.T, "count")
	for i := range count {
		if i > 0 {
			text.WriteString(w.between(indent) + strings.Repeat(" ", indent))
		}
		name := fmt.Sprintf("%c%d", 'a'+rune(i), depth)
		text.WriteString(name + ":" + w.value(append(slices.Clone(path), name), indent, depth))
	}
	return text.String()
}

// value writes what stands behind a name, to the end of its last line.
func (w *writer) value(path []string, indent, depth int) string {
	choice := rapid.IntRange(0, 9).Draw(w.T, "value")
	switch {
	case depth < 3 && choice < 4:
		return w.comment() + w.newline + w.between(indent+w.step) + strings.Repeat(" ", indent+w.step) + w.fields(path, indent+w.step, depth+1)
	case depth < 3 && choice == 4:
		return w.comment() + w.newline + w.items(path, indent, depth)
	case choice == 5:
		w.maps = append(w.maps, path)
		w.note(append(slices.Clone(path), "f"), "1")
		return " {f: 1, g: [1, 2]}" + w.comment() + w.newline
	case choice == 6:
		empty := rapid.SampledFrom([]string{"{}", "[]", "{ }"}).Draw(w.T, "empty")
		if !strings.HasPrefix(empty, "[") {
			w.maps = append(w.maps, path)
		}
		w.note(path, empty)
		return " " + empty + w.comment() + w.newline
	case choice == 7:
		w.maps = append(w.maps, path)
		w.note(path, "")
		return w.comment() + w.newline
	case choice == 8:
		deeper := strings.Repeat(" ", indent+w.step)
		return " |" + w.newline + deeper + "text: {" + w.newline + w.newline + deeper + "# no comment" + w.newline
	default:
		token := w.scalar()
		w.note(path, token)
		return " " + token + w.comment() + w.newline
	}
}

func (w *writer) note(path []string, token string) {
	w.paths = append(w.paths, path)
	w.tokens[strings.Join(path, ".")] = token
}

func (w *writer) items(path []string, indent, depth int) string {
	if w.indented {
		indent += w.step
	}
	var text strings.Builder
	for i := range rapid.IntRange(1, 3).Draw(w.T, "items") {
		text.WriteString(w.between(indent) + strings.Repeat(" ", indent) + "- ")
		text.WriteString(w.fields(append(slices.Clone(path), fmt.Sprint(i)), indent+2, depth+1))
	}
	return text.String()
}

func TestOnlyTheFieldChangesWhateverTheStyle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gomega.NewWithT(t)
		w := &writer{
			T: t, newline: rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "newline"), step: rapid.SampledFrom([]int{2, 4}).Draw(t, "step"),
			indented: rapid.Bool().Draw(t, "indented"), tokens: map[string]string{},
		}
		text := w.between(0) + w.fields(nil, 0, 0) + w.between(0)
		if w.flip("cut the end") {
			text = strings.TrimRight(text, "\r\n")
		}
		path := rapid.SampledFrom(w.maps).Draw(t, "map")
		path = append(slices.Clone(path), rapid.SampledFrom([][]string{{"new"}, {"new", "within"}, {"new", "0", "within"}}).Draw(t, "missing")...)
		if len(w.paths) > 0 && w.flip("replace") {
			path = rapid.SampledFrom(w.paths).Draw(t, "path")
		}
		value := rapid.SampledFrom([]any{22, "RollingSync", "10%", "5"}).Draw(t, "with")

		spliced, err := splice.Apply([]byte(text), splice.Edit{Path: path, Value: value})
		g.Expect(err).NotTo(gomega.HaveOccurred(), "%s\n%v", text, path)
		gone, came := difference(text, string(spliced))
		replaced := ""
		for end := range path { // itself, or something empty in which it is now
			replaced = max(replaced, w.tokens[strings.Join(path[:end+1], ".")])
		}
		g.Expect(len(gone)).To(gomega.BeNumerically("<=", len(replaced)), "%q gave way to %q in\n%s", gone, came, text)
		g.Expect(read(g, string(spliced))).To(gomega.Equal(with(g, read(g, text), path, value)))
	})
}

// difference returns what is between the beginning and the end that two texts share.
func difference(before, after string) (gone, came string) {
	same := 0
	for same < min(len(before), len(after)) && before[same] == after[same] {
		same++
	}
	before, after = before[same:], after[same:]
	same = 0
	for same < min(len(before), len(after)) && before[len(before)-1-same] == after[len(after)-1-same] {
		same++
	}
	return before[:len(before)-same], after[:len(after)-same]
}

// read reads a document as Kubernetes does, without the names of fields that hold nothing.
func read(g gomega.Gomega, text string) map[string]any {
	converted, err := kyaml.YAMLToJSONStrict([]byte(text))
	g.Expect(err).NotTo(gomega.HaveOccurred(), text)
	var value map[string]any
	g.Expect(json.Unmarshal(converted, &value)).To(gomega.Succeed())
	return value
}

// with sets a field in another way than the package does.
func with(g gomega.Gomega, root map[string]any, path []string, value any) map[string]any {
	if number, is := value.(int); is {
		value = float64(number)
	}
	for i := len(path) - 1; i > 0; i-- {
		if at := lookup(root, path[:i]); at != nil {
			switch at := at.(type) {
			case map[string]any:
				at[path[i]] = value
			case []any:
				var number int
				_, err := fmt.Sscan(path[i], &number)
				g.Expect(err).NotTo(gomega.HaveOccurred())
				at[number] = value
			}
			return root
		}
		if path[i] == "0" {
			value = []any{value}
		} else {
			value = map[string]any{path[i]: value}
		}
	}
	root[path[0]] = value
	return root
}

func lookup(at any, path []string) any {
	for _, step := range path {
		switch of := at.(type) {
		case map[string]any:
			at = of[step]
		case []any:
			var number int
			_, _ = fmt.Sscan(step, &number)
			at = of[number]
		default:
			return nil
		}
	}
	return at
}
