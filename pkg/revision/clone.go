package revision

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/seawall-dev/seawall/pkg/giturl"
)

var errNoRepository = errors.New("it is in no git repository")

// remote is a repository that a clone knows.
type remote struct{ name, url string }

// clone is a local clone.
type clone struct {
	root    string
	bare    bool
	remotes []remote
	// urls are the places of what it is a clone of, each with the name of its remote.
	urls map[string]string
	// present are the branches whose files are those of the working tree, or of base.
	present []string
	// base, if not empty, is the commit that stands for the working tree.
	base  string
	trees map[string]tree
}

func newClone(ctx context.Context, dir string) (*clone, error) {
	of := &clone{urls: map[string]string{}, trees: map[string]tree{}}
	bare, err := git(ctx, dir, "rev-parse", "--is-bare-repository")
	if err != nil && strings.Contains(err.Error(), "not a git repository") {
		return nil, fmt.Errorf("%q: %w", dir, errNoRepository)
	}
	if err != nil {
		return nil, err
	}
	top := "--show-toplevel"
	if of.bare = bare == "true"; of.bare {
		top = "--absolute-git-dir"
	}
	if of.root, err = git(ctx, dir, "rev-parse", top); err != nil {
		return nil, err
	}
	settings, _ := git(ctx, of.root, "config", "--get-regexp", `^remote\..*\.url$`) // fails where there are none
	for line := range strings.Lines(settings) {
		key, url, _ := strings.Cut(strings.TrimSpace(line), " ")
		of.remotes = append(of.remotes, remote{strings.TrimSuffix(strings.TrimPrefix(key, "remote."), ".url"), url})
	}
	if branch, err := git(ctx, of.root, "symbolic-ref", "--short", "--quiet", "HEAD"); err == nil {
		of.present = append(of.present, branch)
	}
	of.present = append(of.present, of.defaults(ctx)...)
	return of, nil
}

// defaults returns the branch that HEAD of a remote is. Where the clone does not say, as none does that
// CI has made, it is one of the usual names.
func (c *clone) defaults(ctx context.Context) []string {
	var found []string
	for _, remote := range c.remotes {
		if head, err := git(ctx, c.root, "symbolic-ref", "--quiet", "refs/remotes/"+remote.name+"/HEAD"); err == nil {
			found = append(found, strings.TrimPrefix(head, "refs/remotes/"+remote.name+"/"))
		}
	}
	if len(found) == 0 {
		return []string{"main", "master"}
	}
	return found
}

// becomes notes the branch that what is checked out is to become part of, if the revision is one.
func (c *clone) becomes(ctx context.Context, revision string) {
	name, err := git(ctx, c.root, "rev-parse", "--symbolic-full-name", "--verify", "--quiet", "--end-of-options", revision)
	if err != nil {
		return
	}
	if branch, is := strings.CutPrefix(name, "refs/heads/"); is {
		c.present = append(c.present, branch)
	}
	for _, remote := range c.remotes {
		if branch, is := strings.CutPrefix(name, "refs/remotes/"+remote.name+"/"); is {
			c.present = append(c.present, branch)
		}
	}
}

// serves notes a repository that it is a clone of.
func (c *clone) serves(url, remote string) { c.urls[giturl.Place(url)] = remote }

// remoteOf returns the name of the remote that a URL is of.
func (c *clone) remoteOf(url string) string {
	wanted := giturl.Place(url)
	for _, remote := range c.remotes {
		if giturl.Place(remote.url) == wanted {
			return remote.name
		}
	}
	return "origin"
}

// tree returns the files of a revision: those of the working tree where that stands for it.
func (c *clone) tree(ctx context.Context, revision, remote string) (tree, error) {
	commit, err := c.commit(ctx, revision, remote)
	if err != nil {
		return nil, err
	}
	if c.trees[commit] == nil {
		c.trees[commit] = newTree(c.root, commit)
	}
	return c.trees[commit], nil
}

// hash is a commit, maybe cut off.
var hash = regexp.MustCompile(`^[0-9A-Fa-f]{7,64}$`)

// commit returns the commit of a revision as Argo CD finds it, empty for the working tree.
func (c *clone) commit(ctx context.Context, revision, remote string) (string, error) {
	short := strings.TrimPrefix(revision, "refs/heads/")
	if revision == "" || revision == "HEAD" || slices.Contains(c.present, short) {
		if c.base == "" && c.bare {
			return c.verified(ctx, "HEAD")
		}
		return c.base, nil
	}
	if isRange(revision) {
		return "", fmt.Errorf("revision %q is a range of versions, which is not resolved", revision)
	}
	names := []string{"refs/remotes/" + remote + "/" + short, "refs/heads/" + short, "refs/tags/" + revision}
	if strings.HasPrefix(revision, "refs/") {
		names = append(names, revision)
	}
	if hash.MatchString(revision) {
		names = append(names, revision)
	}
	for _, name := range names {
		if commit, err := c.verified(ctx, name); err == nil {
			return commit, nil
		}
	}
	return "", deeper(ctx, c.root, fmt.Errorf("there is no revision %q in the clone %s", revision, c.root))
}

func (c *clone) verified(ctx context.Context, name string) (string, error) {
	return git(ctx, c.root, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
}

// isRange tells whether Argo CD takes a revision for a range of versions and looks for the latest tag.
func isRange(revision string) bool {
	if _, err := semver.NewVersion(revision); err == nil {
		return false
	}
	_, err := semver.NewConstraint(revision)
	return err == nil
}
