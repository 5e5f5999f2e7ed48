// Package suite runs tests of policies: suites that say what is to become of rollouts.
package suite

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
)

const (
	// APIVersion is that of a Suite.
	APIVersion = "test.seawall.dev/v1alpha1"
	// Kind is that of a Suite.
	Kind = "Suite"
)

// Suite is a number of tests. Paths are relative to its file.
type Suite struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   Metadata `yaml:"metadata"`
	Tests      []Test   `yaml:"tests"`

	document *manifest.Document
}

// Metadata is what a suite is called.
type Metadata struct {
	Name string `yaml:"name"`
}

// Test is a number of cases that are judged by the same.
type Test struct {
	Name string `yaml:"name"`
	// Policies are files and folders of WavePolicies, WaveOverrides and RolloutKinds.
	Policies []string `yaml:"policies"`
	// Inventory are files and folders of what says which environments there are.
	Inventory []string `yaml:"inventory"`
	Cases     []Case   `yaml:"cases"`
}

// Case is one write of a rollout: its creation without an OldObject, its deletion without an Object.
type Case struct {
	Name      string `yaml:"name"`
	Object    string `yaml:"object"`
	OldObject string `yaml:"oldObject"`
	// Inventory is what there is beside that of the test.
	Inventory  []string   `yaml:"inventory"`
	Assertions Assertions `yaml:"assertions"`
}

// Assertions are what is to be true. What is left out may be anything.
type Assertions struct {
	Result string `yaml:"result"`
	// Environments is n.
	Environments *int `yaml:"environments"`
	// Waves are their sizes, as the policy that explains the result reads them.
	Waves []int `yaml:"waves"`
	// Policy is the one that explains the result.
	Policy string `yaml:"policy"`
	// Message is a regular expression of which a part of the message, or of a warning, is a match.
	Message string `yaml:"message"`
}

func (a Assertions) empty() bool {
	return a.Result == "" && a.Environments == nil && a.Waves == nil && a.Policy == "" && a.Message == ""
}

// Is tells whether a document is a suite, of whatever version.
func Is(document *manifest.Document) bool {
	group, _, _ := strings.Cut(APIVersion, "/")
	return document.Kind == Kind && document.GroupKind().Group == group
}

// Parse reads a suite. The problems name file and line.
func Parse(document *manifest.Document) (*Suite, []*manifest.ReadError) {
	found := &Suite{document: document}
	if document.APIVersion != APIVersion {
		return nil, []*manifest.ReadError{found.problem("apiVersion", fmt.Errorf("apiVersion is %q: want %s", document.APIVersion, APIVersion))}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(document.Text))
	decoder.KnownFields(true)
	if err := decoder.Decode(found); err != nil {
		return nil, malformed(document, err)
	}
	if problems := found.validate(); len(problems) > 0 {
		return nil, problems
	}
	return found, nil
}

var atLine = regexp.MustCompile(`(?m)^\s*(?:yaml: )?line (\d+): (.*)$`)

// malformed says of each error of the decoder where it is, in words of the suite.
func malformed(document *manifest.Document, err error) []*manifest.ReadError {
	matches := atLine.FindAllStringSubmatch(err.Error(), -1)
	problems := make([]*manifest.ReadError, 0, max(len(matches), 1))
	for _, match := range matches {
		line, _ := strconv.Atoi(match[1]) // which are digits
		text := match[2]
		if field, _, unknown := strings.Cut(strings.TrimPrefix(text, "field "), " not found in type "); unknown {
			text = fmt.Sprintf("there is no field %q", field)
		}
		problems = append(problems, &manifest.ReadError{File: document.File, Line: document.Line + line - 1, Err: errors.New(text)})
	}
	if len(problems) == 0 {
		problems = append(problems, &manifest.ReadError{File: document.File, Line: document.Line, Err: err})
	}
	return problems
}

func (s *Suite) problem(path string, err error) *manifest.ReadError {
	return &manifest.ReadError{File: s.document.File, Line: s.document.LineOf(path), Err: err}
}

// validate finds what would let a suite pass that tests nothing.
func (s *Suite) validate() []*manifest.ReadError {
	var problems []*manifest.ReadError
	add := func(path, format string, arguments ...any) {
		problems = append(problems, s.problem(path, fmt.Errorf(path+" "+format, arguments...)))
	}
	if len(s.Tests) == 0 {
		problems = append(problems, s.problem("kind", errors.New("tests is empty: want at least one test")))
	}
	for i, test := range s.Tests {
		path := fmt.Sprintf("tests[%d]", i)
		if test.Name == "" {
			add(path, "has no name")
		}
		if len(test.Policies) == 0 {
			add(path, "has no policies: want files or folders of WavePolicies")
		}
		if len(test.Cases) == 0 {
			add(path, "has no cases: want at least one")
		}
		for j, one := range test.Cases {
			if err := one.validate(); err != nil {
				add(fmt.Sprintf("%s.cases[%d]", path, j), "%w", err)
			}
		}
	}
	return problems
}

func (c Case) validate() error {
	results := []string{string(check.Denied), string(check.Warned), string(check.Audited), string(check.Allowed), string(check.Unknown)}
	switch {
	case c.Name == "":
		return errors.New("has no name")
	case c.Object == "" && c.OldObject == "":
		return errors.New("has no object: want a file in object, in oldObject or in both")
	case c.Assertions.empty():
		return errors.New("has no assertions: want any of result, environments, waves, policy, message")
	case c.Assertions.Result != "" && !slices.Contains(results, c.Assertions.Result):
		return fmt.Errorf("assertions.result is %q: want %s", c.Assertions.Result, strings.Join(results, ", "))
	}
	if _, err := regexp.Compile(c.Assertions.Message); err != nil {
		return fmt.Errorf("assertions.message: %w", err)
	}
	return nil
}
