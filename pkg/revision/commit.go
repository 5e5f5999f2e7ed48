package revision

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// commitTree is what a commit holds.
type commitTree struct {
	root, commit string
	// settings are what git finds in its environment.
	settings []string
	known    map[string][]entry
}

// list has git match the pathspec against an index of its own, which is how Argo CD has it do it.
func (t *commitTree) list(ctx context.Context, pattern string) ([]entry, error) {
	if found, known := t.known[pattern]; known {
		return found, nil
	}
	folder, err := os.MkdirTemp("", "seawall-index-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	settings := append([]string{"GIT_INDEX_FILE=" + filepath.Join(folder, "index")}, t.settings...)
	if _, err := run(ctx, t.root, settings, "read-tree", t.commit); err != nil {
		return nil, err
	}
	lines, err := zeroed(ctx, t.root, settings, "ls-files", "-z", "--stage", "--full-name", "--", pattern)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, 0, len(lines))
	for _, line := range lines {
		entries = append(entries, staged(line))
	}
	t.known[pattern] = inOrder(entries)
	return t.known[pattern], nil
}

// staged reads a line of git ls-files: mode, blob and stage, and behind a tab the path.
func staged(line string) entry {
	stage, path, _ := strings.Cut(line, "\t")
	mode, rest, _ := strings.Cut(stage, " ")
	blob, _, _ := strings.Cut(rest, " ")
	found := entry{path: path, blob: blob, sort: regular}
	if special, is := map[string]sort{"120000": link, "160000": submodule}[mode]; is {
		found.sort = special
	}
	return found
}

func (t *commitTree) read(ctx context.Context, entries []entry) (map[string][]byte, error) {
	contents := make(map[string][]byte, len(entries))
	err := t.each(ctx, entries, func(of entry, text io.Reader) (err error) {
		contents[of.path], err = io.ReadAll(text)
		return err
	})
	return contents, err
}

// each hands over what files and links hold, one after the other and none of them whole, and ends at the
// first error.
func (t *commitTree) each(ctx context.Context, entries []entry, do func(of entry, text io.Reader) error) error {
	var asked strings.Builder
	for _, entry := range entries {
		asked.WriteString(entry.blob + "\n")
	}
	command := newCommand(ctx, t.root, t.settings, "cat-file", "--batch")
	var said bytes.Buffer
	command.Stdin, command.Stderr = strings.NewReader(asked.String()), &said
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("git: %w", err)
	}
	failed := answers(bufio.NewReader(out), entries, do)
	_ = out.Close() // ends git, too, where it has more to say
	if err := command.Wait(); err != nil && (failed == nil || said.Len() > 0) {
		return fmt.Errorf("git cat-file: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return failed
}

func answers(from *bufio.Reader, entries []entry, do func(of entry, text io.Reader) error) error {
	for _, entry := range entries {
		size, err := head(from)
		if err != nil {
			return fmt.Errorf("%s: %w", entry.path, err)
		}
		text := &io.LimitedReader{R: from, N: size}
		if err := do(entry, text); err != nil {
			return fmt.Errorf("%s: %w", entry.path, err)
		}
		const newline = 1
		if _, err := io.CopyN(io.Discard, from, text.N+newline); err != nil {
			return fmt.Errorf("%s: %w", entry.path, err)
		}
	}
	return nil
}

// head reads the line with which git cat-file begins an answer, and returns how many bytes follow.
func head(from *bufio.Reader) (int64, error) {
	line, err := from.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("git cat-file ends early: %w", err)
	}
	var name, sort string
	var size int64
	if _, err := fmt.Sscanf(line, "%s %s %d", &name, &sort, &size); err != nil || sort != "blob" {
		return 0, fmt.Errorf("git cat-file says %q", strings.TrimSpace(line))
	}
	return size, nil
}
