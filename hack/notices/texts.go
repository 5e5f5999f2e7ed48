package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// work is a module, and what it asks to pass on.
type work struct {
	name, version string
	// licences are the names that SPDX has for them, as far as they are recognised.
	licences []string
	// texts are what its files say, by their paths in the module.
	texts map[string]string
}

// noticed matches the names of files that have to be passed on.
var noticed = regexp.MustCompile(`(?i)^(licen[cs]e|unlicense|copying|copyright|notice|patents|ofl)([._-][a-z0-9._-]*)?$`)

// alsoIn are the folders beside such files in which some keep the texts that these refer to, and texts the
// files there.
var (
	alsoIn = regexp.MustCompile(`(?i)^licen[cs]es$`)
	texts  = regexp.MustCompile(`(?i)^([^.]+|.+\.(txt|md))$`)
)

// read reads the texts of modules, which are sorted by their names. A module of which no licence is
// recognised is an error: somebody has to look at it.
func read(linked map[string]*module) ([]work, error) {
	works := make([]work, 0, len(linked))
	for _, of := range linked {
		made, err := of.read()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", of.name, err)
		}
		if len(made.licences) == 0 {
			return nil, fmt.Errorf("%s %s: no licence is recognised in %s: read what it says before it is passed on", of.name, of.version, of.root)
		}
		works = append(works, made)
	}
	slices.SortFunc(works, func(a, b work) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.version, b.version))
	})
	return works, nil
}

// read reads what lies in the folders of what is linked, and in those around them.
func (m *module) read() (work, error) {
	made := work{name: m.name, version: m.version, texts: map[string]string{}}
	seen, names := map[string]bool{}, map[string]bool{}
	for folder := range m.folders {
		for ; !seen[folder] && within(folder, m.root); folder = filepath.Dir(folder) {
			seen[folder] = true
			if err := made.take(folder, m.root, noticed); err != nil {
				return work{}, err
			}
		}
	}
	if len(made.texts) == 0 {
		if err := made.takeHeads(m); err != nil {
			return work{}, err
		}
	}
	for _, text := range made.texts {
		for _, match := range licensecheck.Scan([]byte(text)).Match {
			names[match.ID] = true
		}
	}
	made.licences = slices.Sorted(maps.Keys(names))
	return made, nil
}

// takeHeads adds what stands above the code of a module that says its licence nowhere else.
func (w *work) takeHeads(of *module) error {
	for path := range of.sources {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		head, _, _ := bytes.Cut(text, []byte("\npackage "))
		if len(licensecheck.Scan(head).Match) == 0 {
			continue
		}
		if err := w.add(path, of.root, head); err != nil {
			return err
		}
	}
	return nil
}

func within(folder, root string) bool {
	inside, err := filepath.Rel(root, folder)
	return err == nil && filepath.IsLocal(inside)
}

// take adds the files of a folder with such names, and those of a folder of licences in it.
func (w *work) take(folder, root string, names *regexp.Regexp) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		switch {
		case entry.IsDir() && alsoIn.MatchString(entry.Name()):
			err = w.take(path, root, texts)
		case entry.Type().IsRegular() && names.MatchString(entry.Name()) && filepath.Ext(path) != ".go":
			var text []byte
			if text, err = os.ReadFile(path); err == nil {
				err = w.add(path, root, text)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *work) add(path, root string, text []byte) error {
	inside, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	w.texts[filepath.ToSlash(inside)] = strings.TrimRight(string(text), "\n \t\f") + "\n"
	return nil
}
