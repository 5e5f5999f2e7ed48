package revision

import (
	"context"
	"errors"
	"os"
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
	return &commitTree{root: root, commit: commit, settings: []string{offline}, known: map[string][]entry{}}
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
	lines, err := zeroed(ctx, t.root, []string{offline}, "ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard", "--", pattern)
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
	return os.ReadFile(path) //nolint:gosec // a file that git has named in the user's own repository
}

func inOrder(entries []entry) []entry {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.path, b.path) })
	return slices.CompactFunc(entries, func(a, b entry) bool { return a.path == b.path })
}
