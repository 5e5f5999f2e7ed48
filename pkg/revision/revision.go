// Package revision reads files of git repositories: as they were in another revision, and what local
// clones hold of those that Argo CD asks.
package revision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Tree is the files of a revision, in a folder of their own.
type Tree struct {
	// Revision is the commit.
	Revision string
	// Unfollowed are the paths of symbolic links out of the repository, and to nothing: they are left out.
	Unfollowed []string

	// root is the repository, and folder where its files as they were are.
	root, folder string
}

// CheckOut writes the files of the commit at which HEAD and a revision parted into a folder of its
// own. Dir is any folder of the repository, of which nothing is changed.
func CheckOut(ctx context.Context, dir, revision string) (*Tree, error) {
	if revision == "" || strings.HasPrefix(revision, "-") {
		return nil, fmt.Errorf("%q is no revision", revision)
	}
	root, err := git(ctx, dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	base, err := mergeBase(ctx, root, revision)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "seawall-revision-")
	if err != nil {
		return nil, err
	}
	tree := &Tree{Revision: base, root: root, folder: folder}
	if err := tree.fill(ctx); err != nil {
		return nil, errors.Join(err, tree.Remove())
	}
	return tree, nil
}

// mergeBase returns the commit at which HEAD and a revision parted.
func mergeBase(ctx context.Context, root, revision string) (string, error) {
	if _, err := git(ctx, root, "rev-parse", "--verify", "--quiet", revision+"^{commit}"); err != nil {
		return "", deeper(ctx, root, fmt.Errorf("there is no revision %q", revision))
	}
	base, err := git(ctx, root, "merge-base", revision, "HEAD")
	if err != nil {
		return "", deeper(ctx, root, fmt.Errorf("%q and HEAD have no commit in common", revision))
	}
	return base, nil
}

// deeper adds to an error what helps where not all of the history is there.
func deeper(ctx context.Context, root string, err error) error {
	if shallow, _ := git(ctx, root, "rev-parse", "--is-shallow-repository"); shallow == "true" {
		return fmt.Errorf("%w: the clone is shallow; fetch all of its history (fetch-depth: 0 of actions/checkout, "+
			"GIT_DEPTH: 0 of GitLab CI)", err)
	}
	return err
}

// Remove deletes the files.
func (t *Tree) Remove() error { return os.RemoveAll(t.folder) }

// Path returns where a file of the working tree is as it was, if it was there.
func (t *Tree) Path(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	resolved, err := resolve(absolute)
	if err != nil {
		return "", err
	}
	inside, err := filepath.Rel(t.root, resolved)
	if err != nil || !filepath.IsLocal(inside) {
		return "", fmt.Errorf("%s is not in the repository %s", path, t.root)
	}
	if asked, err := filepath.Rel(t.root, absolute); err == nil && filepath.IsLocal(asked) {
		inside = asked // links in it led elsewhere then, maybe
	}
	return filepath.Join(t.folder, inside), nil
}

// resolve follows the symbolic links of what there is of a path.
func resolve(path string) (string, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if errors.Is(err, os.ErrNotExist) {
		parent, err := resolve(filepath.Dir(path))
		return filepath.Join(parent, filepath.Base(path)), err
	}
	return resolved, err
}

// Name returns how to call a file of the revision: by its path in the repository, and the commit.
func (t *Tree) Name(path string) string {
	inside, err := filepath.Rel(t.folder, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(inside)
}
