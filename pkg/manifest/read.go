package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Reader reads objects from files, folders and standard input. The zero value reads files only.
type Reader struct {
	// Stdin is read for the path "-".
	Stdin io.Reader
	// Note, if not nil, is told of what is passed over, which nobody may take for read.
	Note func(text string)
}

// Read reads what paths name: files, whatever they are called; folders with all that is in them, of
// which files named *.yaml, *.yml and *.json are read, folders with a kustomization built, and those of
// Helm charts passed over; and standard input for "-". What cannot be read is among the problems.
func (r Reader) Read(paths ...string) Parsed {
	var parsed Parsed
	for _, path := range paths {
		parsed.add(r.path(path))
	}
	return parsed
}

func (r Reader) path(path string) Parsed {
	if path == Stdin {
		if r.Stdin == nil {
			return failed(path, errors.New("there is no standard input"))
		}
		text, err := io.ReadAll(r.Stdin)
		if err != nil {
			return failed(path, err)
		}
		return explicit(path, text)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return failed(path, cause(err))
	case info.IsDir():
		return r.folder(path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return failed(path, cause(err))
	}
	return explicit(path, text)
}

// explicit reads what somebody named: that it holds no object is a problem.
func explicit(path string, text []byte) Parsed {
	parsed := Parse(path, text)
	if len(parsed.Documents)+len(parsed.Problems) == 0 {
		return failed(path, errors.New("it holds no Kubernetes object: want YAML or JSON with apiVersion and kind"))
	}
	return parsed
}

func failed(path string, err error) Parsed {
	return Parsed{Problems: []*ReadError{{File: path, Err: err}}}
}

// cause leaves out the path, which stands before the error anyway.
func cause(err error) error {
	if of, is := errors.AsType[*fs.PathError](err); is {
		return of.Err
	}
	return err
}

// folder reads all that is in a folder.
func (r Reader) folder(root string) Parsed {
	if info, err := os.Lstat(root); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		root += string(filepath.Separator) // so that the link is followed, as those below it are not
	}
	walk := walk{Reader: r, root: root, bases: map[string]bool{}}
	if err := filepath.WalkDir(root, walk.visit); err != nil {
		walk.parsed.add(failed(root, err))
	}
	for _, path := range walk.built {
		if absolute, err := filepath.Abs(path); err == nil && walk.bases[absolute] {
			continue // whatever builds upon it holds it
		}
		walk.parsed.add(build(path))
	}
	return walk.parsed
}

// walk is what has been found on the way through a folder.
type walk struct {
	Reader

	root   string
	parsed Parsed
	// built are the folders with a kustomization, and bases those that others build upon.
	built []string
	bases map[string]bool
}

func (w *walk) visit(path string, entry fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case entry.IsDir():
		return w.enter(path, entry)
	case isManifest(path) && kustomizationOf(filepath.Dir(path)) == "":
		text, err := os.ReadFile(path)
		if err != nil {
			w.parsed.add(failed(path, cause(err)))
			return nil
		}
		w.parsed.add(Parse(path, text))
	}
	return nil
}

func (w *walk) enter(path string, entry fs.DirEntry) error {
	if path != w.root && strings.HasPrefix(entry.Name(), ".") {
		return filepath.SkipDir
	}
	if isChart(path) {
		w.notef("%s is a Helm chart, which is not rendered: helm template … | kubectl seawall check -", path)
		return filepath.SkipDir
	}
	if kustomization := kustomizationOf(path); kustomization != "" {
		w.built = append(w.built, path)
		for _, base := range referred(kustomization) {
			w.bases[base] = true
		}
	}
	return nil
}

func isManifest(path string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path))
}

func isChart(path string) bool {
	info, err := os.Stat(filepath.Join(path, "Chart.yaml"))
	return err == nil && info.Mode().IsRegular()
}

func (r Reader) notef(format string, arguments ...any) {
	if r.Note != nil {
		r.Note(fmt.Sprintf(format, arguments...))
	}
}
