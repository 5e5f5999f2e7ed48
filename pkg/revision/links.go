package revision

import (
	"context"
	"errors"
	"fmt"
	slashpath "path"
	"strings"
)

const (
	// mostLinks is how many links Linux follows for one path.
	mostLinks = 40
	// longestLink is how much a link holds at most: no system has longer ones.
	longestLink = 1 << 12
)

// links follows the symbolic links of a tree as a system does that has it checked out, but only to what the
// tree itself has: what lies around it where Argo CD runs, or in another checkout, is not known here.
type links struct {
	tree tree
	// targets are where links say that they lead, as far as it has been read.
	targets map[string]string
	// entries are all of the tree, and folders those that they are in.
	entries map[string]entry
	folders map[string]bool
}

func newLinks(of tree) *links { return &links{tree: of, targets: map[string]string{}} }

// file returns the entry itself if it is a file, and the file that a link leads to.
func (l *links) file(ctx context.Context, of entry) (entry, error) {
	switch of.sort {
	case regular:
		return of, nil
	case link:
	default:
		return entry{}, fmt.Errorf("%s is %s, which is not followed", of.path, of.sort)
	}
	to, err := l.follow(ctx, of.path)
	if err != nil {
		return entry{}, fmt.Errorf("%s is %s, which %w", of.path, of.sort, err)
	}
	found, is := l.entries[to]
	if !is {
		return entry{}, fmt.Errorf("%s is %s, which leads to no file", of.path, of.sort)
	}
	return found, nil
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

// follow returns the file or the folder that a path leads to.
func (l *links) follow(ctx context.Context, path string) (string, error) {
	if err := l.survey(ctx); err != nil {
		return "", err
	}
	at, rest := ".", strings.Split(path, "/")
	for followed := 0; len(rest) > 0; {
		if !l.folders[at] {
			return "", errors.New("leads nowhere")
		}
		part := rest[0]
		rest = rest[1:]
		if part == ".." && at == "." {
			return "", errors.New("leads out of the repository")
		}
		next := slashpath.Join(at, part)
		found, is := l.entries[next]
		switch {
		case !is:
			at = next
		case found.sort == link:
			target, err := l.target(ctx, found)
			if err != nil {
				return "", err
			}
			if followed++; followed > mostLinks {
				return "", errors.New("leads in a circle")
			}
			rest = append(strings.Split(target, "/"), rest...)
		default:
			return end(found, rest)
		}
	}
	if !l.folders[at] {
		return "", errors.New("leads to no file")
	}
	return at, nil
}

// end returns the file that ends a way, of which there is a rest.
func end(at entry, rest []string) (string, error) {
	switch {
	case len(rest) > 0:
		return "", errors.New("leads nowhere")
	case at.sort != regular:
		return "", fmt.Errorf("leads to %s, which is %s", at.path, at.sort)
	}
	return at.path, nil
}

// target returns where a link says that it leads.
func (l *links) target(ctx context.Context, of entry) (string, error) {
	target, known := l.targets[of.path]
	if !known {
		read, err := l.tree.read(ctx, []entry{of})
		if err != nil {
			return "", err
		}
		target = string(read[of.path])
		l.targets[of.path] = target
	}
	switch {
	case target == "" || len(target) >= longestLink:
		return "", errors.New("leads nowhere")
	case slashpath.IsAbs(target):
		return "", errors.New("leads out of the repository")
	}
	return target, nil
}
