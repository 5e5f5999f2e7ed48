package suite

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/manifest"
)

// everything ends a path that means a folder with all folders in it.
const everything = "/..."

// Find reads the suites that paths name: files, folders, and folders with all that is in them for DIR/... . In
// a folder what is no suite is passed over; it is a problem that a path names none at all.
func Find(paths ...string) (suites []*Suite, problems []*manifest.ReadError) {
	for _, path := range paths {
		files, named, err := filesOf(path)
		if err != nil {
			problems = append(problems, &manifest.ReadError{File: path, Err: err})
			continue
		}
		before := len(suites) + len(problems)
		for _, file := range files {
			found, wrong := read(file, named)
			suites, problems = append(suites, found...), append(problems, wrong...)
		}
		if len(suites)+len(problems) == before {
			problems = append(problems, &manifest.ReadError{File: path, Err: fmt.Errorf("there is no %s of %s in it", Kind, APIVersion)})
		}
	}
	return suites, problems
}

// filesOf returns the files of a path, and whether it names the one itself.
func filesOf(path string) (files []string, named bool, err error) {
	root, deep := strings.CutSuffix(filepath.ToSlash(path), everything)
	info, err := os.Stat(root)
	switch {
	case err != nil:
		return nil, false, err
	case !info.IsDir():
		return []string{path}, true, nil
	}
	err = filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && at != root && (!deep || strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case !entry.IsDir() && slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(at)):
			files = append(files, at)
		}
		return nil
	})
	return files, false, err
}

// read reads the suites of a file. Of one in a folder that is no YAML it matters only whether it seems to be
// of suites.
func read(file string, named bool) (suites []*Suite, problems []*manifest.ReadError) {
	text, err := os.ReadFile(file) //nolint:gosec // which the user names
	if err != nil {
		return nil, []*manifest.ReadError{{File: file, Err: err}}
	}
	group, _, _ := strings.Cut(APIVersion, "/")
	if !named && !bytes.Contains(text, []byte(group+"/")) {
		return nil, nil
	}
	parsed := manifest.Parse(file, text)
	problems = parsed.Problems
	for _, document := range parsed.Documents {
		if !Is(document) {
			continue
		}
		found, wrong := Parse(document)
		if problems = append(problems, wrong...); found != nil {
			suites = append(suites, found)
		}
	}
	return suites, problems
}
