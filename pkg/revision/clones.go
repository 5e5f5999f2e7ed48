package revision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/giturl"
)

// Clones are local clones of git repositories, which answer what Argo CD would ask those. Nothing in
// them is changed, and nothing is fetched. They are asked one question at a time.
type Clones struct {
	clones []*clone
	// checkout is the one that the program runs in, if it does, and problem why it cannot be read.
	checkout *clone
	problem  error
}

// NewClones returns the checkout that a folder is in, by the URLs of its remotes; none where it is in
// none.
func NewClones(ctx context.Context, dir string) *Clones {
	all := &Clones{}
	of, err := newClone(ctx, dir)
	switch {
	case err == nil:
		all.checkout = of
		for _, remote := range of.remotes {
			of.serves(remote.url, remote.name)
		}
		all.clones = append(all.clones, of)
	case !errors.Is(err, errNoRepository):
		all.problem = err
	}
	return all
}

// Add adds the clone of a repository that a folder is in. It wins over the checkout.
func (c *Clones) Add(ctx context.Context, url, dir string) error {
	of, err := newClone(ctx, dir)
	if err != nil {
		return err
	}
	if c.checkout != nil && of.root == c.checkout.root {
		of = c.checkout
	} else {
		c.clones = slices.Insert(c.clones, 0, of)
	}
	of.serves(url, of.remoteOf(url))
	return nil
}

// Before returns the clones as they were when HEAD of the checkout and a revision parted, which says
// what branch the checkout is to become part of.
func (c *Clones) Before(ctx context.Context, revision string) (*Clones, error) {
	if revision == "" || strings.HasPrefix(revision, "-") {
		return nil, fmt.Errorf("%q is no revision", revision)
	}
	if c.checkout == nil && c.problem != nil {
		return nil, c.problem
	}
	if c.checkout == nil {
		return nil, fmt.Errorf("there is no checkout to look for %q in", revision)
	}
	base, err := mergeBase(ctx, c.checkout.root, revision)
	if err != nil {
		return nil, err
	}
	c.checkout.becomes(ctx, revision)
	before := *c.checkout
	before.base, before.trees = base, map[string]tree{}
	were := &Clones{checkout: &before, clones: slices.Clone(c.clones)}
	were.clones[slices.Index(were.clones, c.checkout)] = &before
	return were, nil
}

// Directories returns the paths of the folders that a revision of a repository has, but those that are
// hidden, and below them: as Argo CD's repo-server does, and in its order.
func (c *Clones) Directories(ctx context.Context, url, revision string) ([]string, error) {
	found, err := c.tree(ctx, url, revision)
	if err != nil {
		return nil, err
	}
	entries, err := found.list(ctx, ".")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	folders, err := folders(entries)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return folders, nil
}

// Files returns what the files hold that a pathspec of git's matches, by their paths.
func (c *Clones) Files(ctx context.Context, url, revision, pattern string) (map[string][]byte, error) {
	found, err := c.tree(ctx, url, revision)
	if err != nil {
		return nil, err
	}
	if pattern == "" {
		pattern = "."
	}
	entries, err := found.list(ctx, pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	contents, err := contents(ctx, found, entries)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return contents, nil
}

// contents returns what entries of a tree hold, or the files that they lead to.
func contents(ctx context.Context, of tree, entries []entry) (map[string][]byte, error) {
	files, followed := make([]entry, len(entries)), newLinks(of)
	for i, each := range entries {
		var err error
		if files[i], err = followed.file(ctx, each); err != nil {
			return nil, err
		}
	}
	read, err := of.read(ctx, files)
	if err != nil {
		return nil, err
	}
	contents := make(map[string][]byte, len(entries))
	for i, each := range entries {
		contents[each.path] = read[files[i].path]
	}
	return contents, nil
}

// tree returns the files of a revision of a repository.
func (c *Clones) tree(ctx context.Context, url, revision string) (tree, error) {
	of := c.clone(url)
	switch {
	case of == nil && c.problem != nil:
		return nil, fmt.Errorf("there is no clone of %s (--repo URL=DIR), and the checkout cannot be read: %w", url, c.problem)
	case of == nil:
		return nil, fmt.Errorf("there is no clone of %s (--repo URL=DIR)", url)
	}
	found, err := of.tree(ctx, revision, of.remoteOf(url))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return found, nil
}

func (c *Clones) clone(url string) *clone {
	wanted := giturl.Place(url)
	for _, of := range c.clones {
		if _, serves := of.urls[wanted]; serves {
			return of
		}
	}
	return nil
}

// folders returns the folders that entries are in.
func folders(entries []entry) ([]string, error) {
	found := map[string]bool{}
	for _, entry := range entries {
		if entry.sort == submodule && !hidden(entry.path) {
			return nil, fmt.Errorf("%s is %s, which is not followed", entry.path, entry.sort)
		}
		for at, char := range entry.path {
			if folder := entry.path[:at]; char == '/' && !hidden(folder) {
				found[folder] = true
			}
		}
	}
	sorted := make([]string, 0, len(found))
	for folder := range found {
		sorted = append(sorted, folder)
	}
	slices.SortFunc(sorted, func(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) })
	return sorted, nil
}

// hidden tells whether Argo CD passes over a folder, as it does unless it is told otherwise.
func hidden(folder string) bool {
	return strings.HasPrefix(folder, ".") || strings.Contains(folder, "/.")
}
