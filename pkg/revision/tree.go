package revision

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// tree is the files of one revision.
type tree interface {
	// list returns what a pathspec matches, in order.
	list(ctx context.Context, pattern string) ([]entry, error)
	// read returns what files hold, and where links lead, by their paths.
	read(ctx context.Context, entries []entry) (map[string][]byte, error)
}

// sort is what an entry is, as it is said.
type sort string

const (
	regular   sort = "a file"
	link      sort = "a symbolic link"
	submodule sort = "a submodule"
	absent    sort = "left out by a sparse checkout"
)

// entry is one of a tree.
type entry struct {
	path string
	sort sort
	// blob names what it holds in the repository.
	blob string
}

func newTree(root, commit string) tree {
	if commit == "" {
		return &workingTree{root: root, known: map[string][]entry{}}
	}
	return &commitTree{root: root, commit: commit, known: map[string][]entry{}}
}

// workingTree is what would be committed if everything was: what git tracks or may, as it is now.
type workingTree struct {
	root  string
	known map[string][]entry
}

func (t *workingTree) list(ctx context.Context, pattern string) ([]entry, error) {
	if found, known := t.known[pattern]; known {
		return found, nil
	}
	lines, err := zeroed(ctx, t.root, nil, "ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard", "--", pattern)
	if err != nil {
		return nil, err
	}
	entries := []entry{}
	for _, line := range lines {
		tag, path, _ := strings.Cut(line, " ")
		found, err := t.entry(tag, path)
		if err != nil {
			return nil, err
		}
		if found.sort != "" {
			entries = append(entries, found)
		}
	}
	t.known[pattern] = inOrder(entries)
	return t.known[pattern], nil
}

// entry returns what is there; nothing for what is deleted, or a repository that is none of this one's.
func (t *workingTree) entry(tag, path string) (entry, error) {
	if strings.HasSuffix(path, "/") {
		return entry{}, nil
	}
	info, err := os.Lstat(filepath.Join(t.root, filepath.FromSlash(path)))
	switch {
	case errors.Is(err, os.ErrNotExist) && tag == "S":
		return entry{path: path, sort: absent}, nil
	case errors.Is(err, os.ErrNotExist):
		return entry{}, nil
	case err != nil:
		return entry{}, err
	case info.IsDir():
		return entry{path: path, sort: submodule}, nil
	case !info.Mode().IsRegular():
		return entry{path: path, sort: link}, nil
	}
	return entry{path: path, sort: regular}, nil
}

func (t *workingTree) read(_ context.Context, entries []entry) (map[string][]byte, error) {
	contents := make(map[string][]byte, len(entries))
	for _, entry := range entries {
		text, err := t.text(entry)
		if err != nil {
			return nil, err
		}
		contents[entry.path] = text
	}
	return contents, nil
}

func (t *workingTree) text(of entry) ([]byte, error) {
	path := filepath.Join(t.root, filepath.FromSlash(of.path))
	if of.sort == link {
		target, err := os.Readlink(path)
		return []byte(filepath.ToSlash(target)), err
	}
	return os.ReadFile(path)
}

// commitTree is what a commit holds.
type commitTree struct {
	root, commit string
	known        map[string][]entry
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
	index := []string{"GIT_INDEX_FILE=" + filepath.Join(folder, "index")}
	if _, err := run(ctx, t.root, index, nil, "read-tree", t.commit); err != nil {
		return nil, err
	}
	lines, err := zeroed(ctx, t.root, index, "ls-files", "-z", "--stage", "--full-name", "--", pattern)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, 0, len(lines))
	for _, line := range lines {
		stage, path, _ := strings.Cut(line, "\t")
		mode, rest, _ := strings.Cut(stage, " ")
		blob, _, _ := strings.Cut(rest, " ")
		sorts := map[string]sort{"120000": link, "160000": submodule}
		found := entry{path: path, blob: blob, sort: regular}
		if special, is := sorts[mode]; is {
			found.sort = special
		}
		entries = append(entries, found)
	}
	t.known[pattern] = inOrder(entries)
	return t.known[pattern], nil
}

func (t *commitTree) read(ctx context.Context, entries []entry) (map[string][]byte, error) {
	var asked strings.Builder
	for _, entry := range entries {
		asked.WriteString(entry.blob + "\n")
	}
	out, err := run(ctx, t.root, nil, strings.NewReader(asked.String()), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	contents := make(map[string][]byte, len(entries))
	answers := bufio.NewReader(bytes.NewReader(out))
	for _, entry := range entries {
		if contents[entry.path], err = answer(answers); err != nil {
			return nil, fmt.Errorf("%s: %w", entry.path, err)
		}
	}
	return contents, nil
}

// answer reads one answer of git cat-file: a line that says what follows, and that.
func answer(from *bufio.Reader) ([]byte, error) {
	head, err := from.ReadString('\n')
	if err != nil {
		return nil, err
	}
	var name, sort string
	var size int
	if _, err := fmt.Sscanf(head, "%s %s %d", &name, &sort, &size); err != nil || sort != "blob" {
		return nil, fmt.Errorf("git cat-file says %q", strings.TrimSpace(head))
	}
	text := make([]byte, size+1)
	if _, err := io.ReadFull(from, text); err != nil {
		return nil, err
	}
	return text[:size], nil
}

func inOrder(entries []entry) []entry {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.path, b.path) })
	return slices.CompactFunc(entries, func(a, b entry) bool { return a.path == b.path })
}

// zeroed returns what git prints with a zero byte behind each part.
func zeroed(ctx context.Context, root string, environment []string, arguments ...string) ([]string, error) {
	out, err := run(ctx, root, environment, nil, arguments...)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), nil
}

// run executes git, which fetches nothing.
func run(ctx context.Context, dir string, environment []string, in io.Reader, arguments ...string) ([]byte, error) {
	//nolint:gosec // what the user asks of the user's own repository
	command := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "protocol.allow=never"}, arguments...)...)
	command.Env, command.Stdin = append(os.Environ(), environment...), in
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", arguments[0], err, strings.TrimSpace(said.String()))
	}
	return out, nil
}
