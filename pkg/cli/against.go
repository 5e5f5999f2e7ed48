package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/revision"
)

// before reads what there was: none without --against.
func (o *checkOptions) before(ctx context.Context, reader manifest.Reader, paths []string) (manifest.Parsed, error) {
	if o.against == "" {
		return manifest.Parsed{}, nil
	}
	rev, isGit := strings.CutPrefix(o.against, "git:")
	if !isGit {
		if info, err := os.Stat(o.against); err != nil || !info.IsDir() {
			return manifest.Parsed{}, fmt.Errorf("--against is %q: want git:REVISION or a folder", o.against)
		}
		return reader.Read(o.against), nil
	}
	old, err := revision.CheckOut(ctx, ".", rev)
	if err != nil {
		return manifest.Parsed{}, fmt.Errorf("--against is %q: %w", o.against, err)
	}
	defer func() { _ = old.Remove() }()
	var there []string
	for _, path := range paths {
		was, err := old.Path(path)
		if err != nil {
			return manifest.Parsed{}, err
		}
		if _, err := os.Stat(was); err == nil { // what was not there yet is new
			there = append(there, was)
		}
		noteLinks(reader, old, was)
	}
	parsed := reader.Read(there...)
	for _, document := range parsed.Documents {
		document.File = old.Name(document.File)
	}
	for _, problem := range parsed.Problems {
		problem.File = old.Name(problem.File)
	}
	return parsed, nil
}

// noteLinks says which links of what was there are not followed.
func noteLinks(reader manifest.Reader, old *revision.Tree, path string) {
	for _, link := range old.Unfollowed {
		if link == path || strings.HasPrefix(link, path+string(filepath.Separator)) {
			reader.Note(old.Name(link) + " was a symbolic link out of the repository, or to nothing, which is not followed: it counts as not there")
		}
	}
}
