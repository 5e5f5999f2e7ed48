package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/seawall-dev/seawall/pkg/revision"
)

func (o *checkOptions) addRepositories(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.repos, "repo", nil,
		"a local clone of a repository that git generators ask, URL=DIR; may be given several times. The checkout that this runs in "+
			"is known by its remotes")
}

func (o *checkOptions) validateRepositories() error {
	var errs []error
	for _, value := range o.repos {
		if _, _, found := cutLast(value); !found {
			errs = append(errs, fmt.Errorf("--repo is %q: want URL=DIR", value))
		}
	}
	return errors.Join(errs...)
}

// lookUp finds the clones of the repositories that git generators ask: those that are named, and the
// checkout, in which what was there before is that of --against.
func (o *checkOptions) lookUp(ctx context.Context) error {
	clones := revision.NewClones(ctx, ".")
	for _, value := range o.repos {
		url, dir, _ := cutLast(value)
		if err := clones.Add(ctx, url, dir); err != nil {
			return fmt.Errorf("--repo is %q: %w", value, err)
		}
	}
	o.world.repositories = clones
	rev, isGit := strings.CutPrefix(o.against, "git:")
	if !isGit {
		return nil
	}
	were, err := clones.Before(ctx, rev)
	if err != nil {
		return fmt.Errorf("--against is %q: %w", o.against, err)
	}
	o.world.were = were
	return nil
}

// cutLast cuts URL=DIR: it is the URL that may have the sign in it.
func cutLast(value string) (url, dir string, found bool) {
	at := strings.LastIndex(value, "=")
	if at <= 0 || at == len(value)-1 {
		return "", "", false
	}
	return value[:at], value[at+1:], true
}
