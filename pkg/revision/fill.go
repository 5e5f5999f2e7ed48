package revision

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// fill writes files and links as they are in the commit, whatever .gitattributes says of archives. What a
// partial clone leaves out git fetches.
func (t *Tree) fill(ctx context.Context) (err error) {
	of := &commitTree{root: t.root, commit: t.Revision, known: map[string][]entry{}}
	entries, err := of.list(ctx, ".")
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(t.folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	followed := newLinks(of)
	held := slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.sort == submodule })
	if err := of.each(ctx, held, func(of entry, text io.Reader) error {
		if of.sort != link {
			return write(root, filepath.FromSlash(of.path), text)
		}
		target, err := io.ReadAll(io.LimitReader(text, longestLink))
		followed.targets[of.path] = string(target)
		return err
	}); err != nil {
		return err
	}
	return t.link(ctx, root, entries, followed)
}

func write(root *os.Root, name string, from io.Reader) (err error) {
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = io.Copy(file, from)
	return err
}

// link makes the links, each straight to the file or folder that it leads to, but for those that cannot be
// followed within the repository.
func (t *Tree) link(ctx context.Context, root *os.Root, entries []entry, followed *links) error {
	for _, each := range entries {
		if each.sort == regular {
			continue
		}
		name := filepath.FromSlash(each.path)
		folder := filepath.Dir(name)
		if err := root.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		if each.sort != link {
			continue
		}
		to, unfollowed := followed.follow(ctx, each.path)
		straight, err := filepath.Rel(folder, filepath.FromSlash(to))
		// Not every system lets everybody make links.
		if unfollowed != nil || err != nil || root.Symlink(straight, name) != nil {
			t.Unfollowed = append(t.Unfollowed, filepath.Join(t.folder, name))
		}
	}
	return nil
}
