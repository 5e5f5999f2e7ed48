package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
IN THE SOFTWARE.
`

const head = "// SPDX-License-Identifier: Apache-2.0\n// Licensed under the Apache License, Version 2.0 (the \"License\");\n" +
	"// you may not use this file except in compliance with the License.\n// You may obtain a copy of the License at\n" +
	"//     http://www.apache.org/licenses/LICENSE-2.0\n"

// moduleOf writes files of which the Go files are linked.
func moduleOf(t *testing.T, files map[string]string) *module {
	t.Helper()
	of := &module{name: "example.com/m", version: "v1.0.0", root: t.TempDir(), folders: map[string]bool{}, sources: map[string]bool{}}
	for name, text := range files {
		path := filepath.Join(of.root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) == ".go" {
			of.folders[filepath.Dir(path)], of.sources[path] = true, true
		}
	}
	return of
}

func TestWhatAModuleAsksToPassOn(t *testing.T) {
	for name, test := range map[string]struct {
		files    map[string]string
		licences []string
		texts    []string
	}{
		"its licence and its notice": {
			map[string]string{"a.go": "package a\n", "LICENSE": mit, "NOTICE": "by us", "README": "x"}, []string{"MIT"}, []string{"LICENSE", "NOTICE"},
		},
		"above what is linked and beside it": {
			map[string]string{"a/b/c.go": "package b\n", "a/COPYING": "by others", "LICENCE.txt": mit, "d/LICENSE": "not linked"},
			[]string{"MIT"}, []string{"a/COPYING", "LICENCE.txt"},
		},
		"those that it refers to": {
			map[string]string{"a.go": "package a\n", "LICENSE": "one of two", "licenses/mit.txt": mit, "licenses/all.csv": mit}, []string{"MIT"}, []string{"LICENSE", "licenses/mit.txt"},
		},
		"the heads of its files, if there is nothing else": {
			map[string]string{"a.go": head + "\npackage a\n", "b.go": "package a\n"}, []string{"Apache-2.0"}, []string{"a.go"},
		},
		"no code that is named so": {
			map[string]string{"license.go": "package a\n", "LICENSE": mit}, []string{"MIT"}, []string{"LICENSE"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			works, err := read(map[string]*module{"": moduleOf(t, test.files)})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(works).To(HaveLen(1))
			g.Expect(works[0].licences).To(Equal(test.licences))
			g.Expect(works[0].texts).To(HaveLen(len(test.texts)))
			for _, path := range test.texts {
				g.Expect(works[0].texts).To(HaveKey(path))
			}
		})
	}
	_, err := read(map[string]*module{"": moduleOf(t, map[string]string{"a.go": "package a\n", "LICENSE": "ask us"})})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("example.com/m v1.0.0: no licence is recognised in ")))
}

func TestATextStandsOnceWithAllItIsOf(t *testing.T) {
	g := NewWithT(t)
	text := string(page("tool", []work{
		{"a", "v1", []string{"MIT"}, map[string]string{"LICENSE": "the same\n", "NOTICE": "its own\n"}},
		{"b", "v2", []string{"MIT"}, map[string]string{"COPYING": "the same\n"}},
	}))
	g.Expect(strings.Count(text, "the same")).To(Equal(1))
	g.Expect(text).To(ContainSubstring("  a v1 (MIT)\n  b v2 (MIT)\n"))
	g.Expect(text).To(ContainSubstring("\na v1: LICENSE\nb v2: COPYING\n" + strings.Repeat("-", 80) + "\n\nthe same\n\n"))
	g.Expect(text).To(HaveSuffix("\na v1: NOTICE\n" + strings.Repeat("-", 80) + "\n\nits own\n"))
}

// TestOfThisProgram writes the notices of this program itself, on two platforms.
func TestOfThisProgram(t *testing.T) {
	g := NewWithT(t)
	var written [2]string
	for i := range written {
		file := filepath.Join(t.TempDir(), "new", "THIRD-PARTY.txt")
		g.Expect(run(t.Context(), []string{"-output", file, "-platforms", "linux/amd64 windows/arm64", "."})).To(Succeed())
		text, err := os.ReadFile(file)
		g.Expect(err).NotTo(HaveOccurred())
		written[i] = string(text)
	}
	list, _, _ := strings.Cut(written[0], "\n\n"+strings.Repeat("=", 80))
	g.Expect(list).To(MatchRegexp(`(?s)\n\n  Go's runtime and standard library go1\.\S+ \(BSD-3-Clause, GooglePatentsFile\)\n`+
		`  github\.com/google/licensecheck v\S+ \(BSD-3-Clause\)$`), "and no more")
	g.Expect(written[1]).To(Equal(written[0]), "the same bytes")
	for _, args := range [][]string{{}, {"./a", "./b"}, {"-platforms", "linux", "."}, {"-output", t.TempDir(), "./missing"}} {
		g.Expect(run(t.Context(), args)).NotTo(Succeed(), "%v", args)
	}
}
