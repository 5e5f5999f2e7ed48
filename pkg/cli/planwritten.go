package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	kyaml "sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/splice"
)

// written is a file before and after a pace is written into it.
type written struct {
	file          string
	before, after []byte
	edits         []splice.Edit
}

// diff prints what would change, as diff -u does.
func (w *written) diff(out io.Writer) error {
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(w.before), B: lines(w.after),
		FromFile: w.file, ToFile: w.file, Context: 3,
	})
	if err != nil {
		return err
	}
	if text == "" {
		text = w.file + " stays as it is: no wave is larger than planned.\n"
	}
	_, err = io.WriteString(out, text)
	return err
}

// lines returns the lines of a text with their ends; the last one gets one for a diff.
func lines(text []byte) []string {
	all := slices.Collect(strings.Lines(string(text)))
	if last := len(all) - 1; last >= 0 && !strings.HasSuffix(all[last], "\n") {
		all[last] += "\n\\ No newline at end of file\n"
	}
	return all
}

// write writes the file, and says what is set.
func (w *written) write(out io.Writer) error {
	if len(w.edits) == 0 {
		_, err := fmt.Fprintf(out, "%s stays as it is: no wave is larger than planned.\n", w.file)
		return err
	}
	info, err := os.Stat(w.file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(w.file, w.after, info.Mode().Perm()); err != nil {
		return err
	}
	for _, edit := range w.edits {
		if _, err := fmt.Fprintf(out, "%s: set %s\n", w.file, edit); err != nil {
			return err
		}
	}
	return nil
}

// splice returns the text of the file with edits of the rollout.
func (s *subject) splice(edits []splice.Edit) ([]byte, error) {
	start := s.start()
	if start < 0 {
		return nil, errors.New("where the rollout stands in it is not known")
	}
	prefix, err := s.item()
	if err != nil {
		return nil, err
	}
	inside := make([]splice.Edit, len(edits))
	for i, edit := range edits {
		inside[i] = splice.Edit{Path: append(append([]string{}, prefix...), edit.Path...), Value: edit.Value}
	}
	spliced, err := splice.Apply(s.document.Text, inside...)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{s.text[:start], s.text[start+len(s.document.Text):]}, spliced), nil
}

// start returns where the document begins in its file: on its line, or behind the dashes on that.
func (s *subject) start() int {
	at := 0
	for range s.document.Line - 1 {
		at += bytes.IndexByte(s.text[at:], '\n') + 1
	}
	for ; at+len(s.document.Text) <= len(s.text); at++ {
		if bytes.HasPrefix(s.text[at:], s.document.Text) {
			return at
		}
	}
	return -1
}

// item returns the path to the rollout in its document, which may be a List.
func (s *subject) item() ([]string, error) {
	node := s.document.Node()
	for i, other := range manifest.Parse(s.document.File, s.document.Text).Documents {
		if other.Identity != s.document.Identity {
			continue
		}
		if node == nil || other.Node() == nil {
			break
		}
		if isList(s.document.Text) {
			return []string{"items", strconv.Itoa(i)}, nil
		}
		return nil, nil
	}
	return nil, errors.New("where the rollout stands in it is not known")
}

func isList(text []byte) bool {
	var root struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	return kyaml.Unmarshal(text, &root) == nil && root.Kind == "List" && root.APIVersion == "v1"
}
