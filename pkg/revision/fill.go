package revision

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// longestLink is how much of a symbolic link is read: no system has longer ones.
const longestLink = 1 << 12

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
	entries = slices.DeleteFunc(entries, func(e entry) bool { return e.sort == submodule })
	targets := map[string]string{}
	if err := of.each(ctx, entries, func(of entry, text io.Reader) error {
		name := filepath.FromSlash(of.path)
		if of.sort != link {
			return write(root, name, text)
		}
		target, err := io.ReadAll(io.LimitReader(text, longestLink))
		targets[name] = filepath.FromSlash(string(target))
		return err
	}); err != nil {
		return err
	}
	return t.link(root, targets)
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

// link makes the links, now that all else is there, but for those that cannot be followed within the folder.
func (t *Tree) link(root *os.Root, targets map[string]string) error {
	names := slices.Sorted(maps.Keys(targets))
	for _, name := range names {
		if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		_ = root.Symlink(targets[name], name) // which not every system lets everybody do: it is not there then
	}
	for _, name := range names {
		if _, err := root.Stat(name); err == nil {
			continue
		}
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		t.Unfollowed = append(t.Unfollowed, filepath.Join(t.folder, name))
	}
	return nil
}
