package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/suite"
)

const testExample = `  # All suites of a repository
  kubectl seawall test ./...

  # The cases of one test, for a CI system
  kubectl seawall test policies/suite.yaml --run '^fleet/' -o junit > junit.xml`

// testOptions are the flags of test.
type testOptions struct {
	streams   genericiooptions.IOStreams
	world     worldOptions
	namespace string
	only      string
	output    string
}

// suiteFormats are those of test, by their names.
func suiteFormats() map[string]func(io.Writer, suite.Report) error {
	return map[string]func(io.Writer, suite.Report) error{formatTable: suite.Table, formatJSON: suite.JSON, "junit": suite.JUnit}
}

func suiteFormatNames() []string { return slices.Sorted(maps.Keys(suiteFormats())) }

func newTest(streams genericiooptions.IOStreams) *cobra.Command {
	o := &testOptions{streams: streams}
	command := &cobra.Command{
		Use:   "test SUITE...",
		Short: "Test policies by suites that say what is to become of rollouts",
		Long: `Judges rollouts of files as check does, and compares what becomes of them with what suites say: the result, the number
of environments, the sizes of waves, the policy that explains it, and its message. SUITE is a file, a folder, or DIR/...
for a folder with all that is in it. The cluster is not asked.

Exit codes: 0 all cases pass; 1 some do not; 2 something cannot be read.`,
		Example: testExample,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(command *cobra.Command, paths []string) error {
			return o.run(command.Context(), paths)
		},
	}
	flags := command.Flags()
	o.world.addSettings(flags)
	flags.StringVarP(&o.namespace, "namespace", "n", "default", "namespace of rollouts that name none")
	flags.StringVar(&o.only, "run", "", "only cases whose TEST/CASE matches this regular expression")
	flags.StringVarP(&o.output, "output", "o", formatTable, "table, json or junit")
	complete(command, "output", suiteFormatNames()...)
	return command
}

func (o *testOptions) run(ctx context.Context, paths []string) error {
	runner, err := o.runner()
	if err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	suites, problems := suite.Find(paths...)
	report := suite.Report{Results: runner.Run(ctx, suites), Problems: problems}
	if err := suiteFormats()[o.output](o.streams.Out, report); err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	switch {
	case report.Broken():
		return &ExitError{Code: ExitUnreadable}
	case len(report.Results) == 0:
		return &ExitError{ExitUnreadable, fmt.Errorf("--run is %q: no case matches", o.only)}
	case report.Failed() > 0:
		return &ExitError{Code: ExitDenied}
	default:
		return nil
	}
}

// runner reads the flags.
func (o *testOptions) runner() (suite.Runner, error) {
	note := func(text string) { _, _ = fmt.Fprintln(o.streams.ErrOut, text) }
	runner := suite.Runner{Options: o.world.settings(offline.Inventory{}), Namespace: o.namespace, Reader: manifest.Reader{Note: note}}
	if err := oneOf("output", o.output, suiteFormatNames()...); err != nil {
		return runner, err
	}
	if o.only != "" {
		only, err := regexp.Compile(o.only)
		if err != nil {
			return runner, fmt.Errorf("--run is %q: want a regular expression: %w", o.only, err)
		}
		runner.Only = only
	}
	return runner, o.world.validate()
}
