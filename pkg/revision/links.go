package revision

import (
	"context"
	"errors"
	"fmt"
	slashpath "path"
	"strings"
)

// mostLinks is how many links Linux follows for one path.
const mostLinks = 40

// links follows the symbolic links of a tree as Argo CD's repo-server does when it reads a file, but only to
// what the tree itself has: what lies around it where Argo CD runs is not known here.
type links struct {
	tree tree
	// entries are all of the tree, and folders those that they are in.
	entries map[string]entry
	folders map[string]bool
}

// file returns the entry itself if it is a file, and the file that a link leads to.
func (l *links) file(ctx context.Context, of entry) (entry, error) {
	switch of.sort {
	case regular:
		return of, nil
	case link:
	default:
		return entry{}, fmt.Errorf("%s is %s, which is not followed", of.path, of.sort)
	}
	if err := l.survey(ctx); err != nil {
		return entry{}, err
	}
	to, err := l.follow(ctx, of.path)
	if err != nil {
		return entry{}, fmt.Errorf("%s is %s, which %w", of.path, of.sort, err)
	}
	return to, nil
}

// survey finds out what there is, once it is asked for.
func (l *links) survey(ctx context.Context) error {
	if l.entries != nil {
		return nil
	}
	all, err := l.tree.list(ctx, ".")
	if err != nil {
		return err
	}
	l.entries, l.folders = make(map[string]entry, len(all)), map[string]bool{}
	for _, each := range all {
		l.entries[each.path] = each
		for folder := slashpath.Dir(each.path); !l.folders[folder]; folder = slashpath.Dir(folder) {
			l.folders[folder] = true
		}
	}
	return nil
}

// follow returns the file that a path leads to.
func (l *links) follow(ctx context.Context, path string) (entry, error) {
	at, rest := ".", strings.Split(path, "/")
	for followed := 0; len(rest) > 0; {
		if !l.folders[at] {
			return entry{}, errors.New("leads nowhere")
		}
		part := rest[0]
		rest = rest[1:]
		if part == ".." && at == "." {
			return entry{}, errors.New("leads out of the repository")
		}
		next := slashpath.Join(at, part)
		found, is := l.entries[next]
		switch {
		case !is:
			at = next
		case found.sort == link:
			target, err := l.target(ctx, found)
			if err != nil {
				return entry{}, err
			}
			if followed++; followed > mostLinks {
				return entry{}, errors.New("leads in a circle")
			}
			rest = append(strings.Split(target, "/"), rest...)
		case len(rest) == 0 && found.sort == regular:
			return found, nil
		case len(rest) == 0:
			return entry{}, fmt.Errorf("leads to %s, which is %s", found.path, found.sort)
		default:
			return entry{}, errors.New("leads nowhere")
		}
	}
	return entry{}, errors.New("leads to no file")
}

func (l *links) target(ctx context.Context, of entry) (string, error) {
	read, err := l.tree.read(ctx, []entry{of})
	if err != nil {
		return "", err
	}
	target := string(read[of.path])
	if slashpath.IsAbs(target) {
		return "", errors.New("leads out of the repository")
	}
	return target, nil
}
