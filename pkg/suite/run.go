package suite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Runner runs suites.
type Runner struct {
	// Options are those of the world but for the inventory.
	Options offline.Options
	// Namespace is that of rollouts that name none.
	Namespace string
	// Only picks cases by TEST/CASE; nil picks all.
	Only *regexp.Regexp
	// Reader reads what suites name.
	Reader manifest.Reader
}

// Result is what became of a case.
type Result struct {
	// File and Line say where the case stands.
	File string `json:"file"`
	Line int    `json:"line"`
	Test string `json:"test"`
	Case string `json:"case"`
	// Passed says that all is as it is to be.
	Passed bool `json:"passed"`
	// Failures are what is not.
	Failures []Failure `json:"failures,omitempty"`
	// Says is the message of the judgement, for who wonders.
	Says string `json:"says,omitempty"`
	// Error says why it could not be judged.
	Error string `json:"error,omitempty"`
	// Took is how long it took.
	Took time.Duration `json:"-"`
}

// Failure is an assertion that does not hold.
type Failure struct {
	Assertion string `json:"assertion"`
	Want      string `json:"want"`
	Got       string `json:"got"`
}

// Run runs the cases of suites.
func (r Runner) Run(ctx context.Context, suites []*Suite) []Result {
	var results []Result
	for _, one := range suites {
		for i, test := range one.Tests {
			for j, c := range test.Cases {
				if r.Only != nil && !r.Only.MatchString(test.Name+"/"+c.Name) {
					continue
				}
				began := time.Now()
				result := Result{
					File: one.document.File, Line: one.document.LineOf(fmt.Sprintf("tests[%d].cases[%d]", i, j)), Test: test.Name, Case: c.Name,
				}
				if err := r.run(ctx, one, test, c, &result); err != nil {
					result.Error = audit.Clean(err.Error())
				}
				result.Took, result.Passed = time.Since(began), result.Error == "" && len(result.Failures) == 0
				results = append(results, result)
			}
		}
	}
	return results
}

// run judges a case; the error says why that cannot be.
func (r Runner) run(ctx context.Context, of *Suite, test Test, c Case, result *Result) error {
	world, err := r.world(ctx, of, test, c)
	if err != nil {
		return err
	}
	object, err := r.object(world, of, "object", c.Object)
	if err != nil {
		return err
	}
	old, err := r.object(world, of, "oldObject", c.OldObject)
	if err != nil {
		return err
	}
	checker := check.Checker{World: world, Namespace: r.Namespace}
	explained := checker.Explain(ctx, object, old)
	switch {
	case len(explained) != 1:
		return errors.New("object and oldObject are two rollouts: want one, of the same kind, namespace and name")
	case explained[0].Err != nil:
		return explained[0].Err
	}
	result.Failures = c.Assertions.failures(explained[0])
	result.Says = audit.Clean(explained[0].Record.Message)
	return nil
}

// world returns what a case is judged by.
func (r Runner) world(ctx context.Context, of *Suite, test Test, c Case) (*offline.World, error) {
	given := r.Reader.Read(of.paths(slices.Concat(test.Inventory, c.Inventory))...)
	stock, problems := offline.NewInventory(given.Documents)
	read := r.Reader.Read(of.paths(test.Policies)...)
	options := r.Options
	options.Inventory = stock
	world := offline.New(options)
	own := slices.DeleteFunc(read.Documents, func(d *manifest.Document) bool { return !offline.IsOwn(d) })
	refused, err := world.Add(ctx, own...)
	if err != nil {
		return nil, err
	}
	if all := slices.Concat(given.Problems, problems, read.Problems, refused); len(all) > 0 {
		return nil, all[0]
	}
	if len(world.Policies) == 0 {
		return nil, fmt.Errorf("policies hold no WavePolicy: %s", strings.Join(test.Policies, ", "))
	}
	return world, nil
}

// object returns the one rollout of a file; none where there is no file.
func (r Runner) object(world *offline.World, of *Suite, field, path string) ([]*manifest.Document, error) {
	if path == "" {
		return nil, nil
	}
	read := r.Reader.Read(of.paths([]string{path})...)
	if len(read.Problems) > 0 {
		return nil, read.Problems[0]
	}
	rollouts := slices.DeleteFunc(read.Documents, func(d *manifest.Document) bool { return !world.Kinds.Knows(d.GroupKind()) })
	if len(rollouts) != 1 {
		return nil, fmt.Errorf("%s is %s, which holds %d rollouts: want 1", field, path, len(rollouts))
	}
	return rollouts, nil
}

// paths returns those of a suite as seen from here.
func (s *Suite) paths(relative []string) []string {
	all := make([]string, len(relative))
	for i, path := range relative {
		if all[i] = path; !filepath.IsAbs(path) {
			all[i] = filepath.Join(filepath.Dir(s.document.File), path)
		}
	}
	return all
}

// failures compares.
func (a Assertions) failures(explained check.Explained) []Failure {
	var found []Failure
	differ := func(assertion, want, got string) {
		if want != got {
			found = append(found, Failure{assertion, want, got})
		}
	}
	record := explained.Record
	if a.Result != "" {
		differ("result", a.Result, string(explained.Outcome()))
	}
	if a.Environments != nil {
		differ("environments", strconv.Itoa(*a.Environments), counted(explained, strconv.Itoa(record.Environments)))
	}
	if a.Waves != nil {
		differ("waves", fmt.Sprint(a.Waves), counted(explained, fmt.Sprint(waves(explained))))
	}
	if a.Policy != "" {
		differ("policy", a.Policy, record.Policy)
	}
	// Which has been compiled before.
	if said := append([]string{record.Message}, explained.Warnings...); a.Message != "" &&
		!slices.ContainsFunc(said, regexp.MustCompile(a.Message).MatchString) {
		found = append(found, Failure{"message", "a match of " + a.Message, audit.Clean(strings.Join(said, "; "))})
	}
	return found
}

// counted returns a number, unless nothing could be counted: that is never 0.
func counted(explained check.Explained, number string) string {
	if explained.Explanation.Uncounted != nil || len(explained.Missing) > 0 {
		return "not known"
	}
	return number
}

// waves returns the sizes of all waves as the policy reads them that explains the result.
func waves(explained check.Explained) []int {
	readings := explained.Explanation.Readings
	at := slices.IndexFunc(readings, func(r policy.Reading) bool { return r.Policy == explained.Record.Policy })
	var sizes []int
	if at < 0 {
		return sizes
	}
	for _, step := range readings[at].Waves {
		for left := step.Environments; left > 0; left -= step.PerWave {
			sizes = append(sizes, min(left, step.PerWave))
		}
	}
	return sizes
}
