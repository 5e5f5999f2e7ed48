package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/report"
)

// denialHelp is what the webhook ends every denial with unless it is told otherwise, by a test.
const denialHelp = "More, and how to ask for an override: https://github.com/seawall-dev/seawall/blob/main/docs/denied.md"

// checkOptions are the flags of "check".
type checkOptions struct {
	streams genericiooptions.IOStreams
	world   worldOptions
	live    liveOptions
	flags   *pflag.FlagSet

	against     string
	namespace   string
	output      string
	repos       []string
	reports     []string
	failOn      []string
	failOnEmpty bool
	help        string
}

func newCheck(streams genericiooptions.IOStreams) *cobra.Command {
	options := checkOptions{streams: streams, live: newLiveOptions()}
	command := &cobra.Command{
		Use:   "check [FILE|DIR|-]...",
		Short: "Say of manifests what the webhook would say of them",
		Long: `Judges rollouts in files as Seawall's webhook does in a cluster: by the same policies, with the same words.

Without --live, or a flag that says which cluster, none is asked. What environments there are is read from --inventory,
or else from the cluster; a rollout that needs more is neither allowed nor denied, but unknown, and says what is missing.
With --against, what a change of the files affects is judged; else, with a cluster, what they change there; and else
each rollout as one that is created.

Policies, overrides and RolloutKinds are each taken from --policies, or else the cluster, or else the snapshot of
--inventory, or else the files. Git generators are resolved in the checkout and in the clones of --repo.

Exit codes: 0 nothing would be denied; 1 something would; 2 something cannot be read; 3 nothing would be denied, but
inventory is missing.`,
		Example: `  kubectl seawall check apps/ --policies policies/ --inventory fleet.yaml --against git:origin/main
  helm template charts/fleet | kubectl seawall check - --inventory fleet.yaml
  kubectl seawall check apps/ --context prod
  kubectl seawall check apps/ --against git:origin/main --repo https://git.example.com/org/tenants=../tenants`,
		RunE: func(command *cobra.Command, arguments []string) error {
			return options.run(command.Context(), arguments)
		},
	}
	options.addFlags(command.Flags())
	complete(command, "output", formats()...)
	return command
}

func (o *checkOptions) addFlags(flags *pflag.FlagSet) {
	o.flags = flags
	o.world.addFlags(flags)
	o.live.addFlags(flags)
	flags.StringVar(&o.against, "against", "",
		"judge what has changed since: git:REVISION (where the present one branched off) or a folder of the same layout")
	o.addRepositories(flags)
	flags.StringVarP(&o.namespace, "namespace", "n", "default",
		"namespace of rollouts that name none; with a cluster, that of the context unless it is given")
	flags.StringVarP(&o.output, "output", "o", "table", "format: "+strings.Join(formats(), ", "))
	flags.StringArrayVar(&o.reports, "report", nil, "write another report to a file, FORMAT=FILE; may be given several times")
	flags.StringSliceVar(&o.failOn, "fail-on", []string{"deny", "unresolved"},
		"what the exit code tells of: deny, warn (as 1), unresolved (as 3)")
	flags.BoolVar(&o.failOnEmpty, "fail-on-empty", false, "fail if there is no rollout")
	flags.StringVar(&o.help, "denial-help", denialHelp, "what every denial ends with")
}

func formats() []string { return slices.Sorted(maps.Keys(report.Formats())) }

// run judges, tells, and returns an error for the exit code.
func (o *checkOptions) run(ctx context.Context, paths []string) error {
	if err := o.validate(paths); err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	found, err := o.judge(ctx, paths)
	if err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	o.tellLeftOut(found)
	if err := o.write(found); err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	return o.exit(found)
}

// judge finds out what there is to report; the error says why nothing could be judged.
func (o *checkOptions) judge(ctx context.Context, paths []string) (found report.Report, err error) {
	shown := newProgress(o.streams.ErrOut)
	defer shown.end()
	if err := o.connect(); err != nil {
		return found, err
	}
	given, err := o.read(ctx, paths...)
	if err != nil {
		return found, err
	}
	checker := check.Checker{World: given.world, Namespace: o.namespace}
	if o.world.cluster != nil && o.against == "" {
		checker.Stored = o.world.cluster
	}
	if shown != nil {
		checker.Progress = shown.show
	}
	return report.Report{Problems: given.problems, Results: checker.Check(ctx, given.documents, given.before), Help: o.help}, nil
}

func (o *checkOptions) note(text string) { _, _ = fmt.Fprintln(o.streams.ErrOut, text) }

// connect finds the cluster to ask, if one is to be asked.
func (o *checkOptions) connect() error {
	if !o.live.live(o.flags) {
		return nil
	}
	var err error
	if o.world.cluster, err = o.live.connection.cluster(); err == nil && !o.flags.Changed("namespace") {
		o.namespace = o.world.cluster.namespace
	}
	return err
}

// tellLeftOut says why the cluster did not tell of what is missing.
func (o *checkOptions) tellLeftOut(found report.Report) {
	if o.world.cluster == nil {
		return
	}
	for _, resource := range found.Missing() {
		if why := o.world.cluster.left(resource); why != nil {
			_, _ = fmt.Fprintf(o.streams.ErrOut, "left out: %s: %s\n", resource, why)
		}
	}
}

func (o *checkOptions) validate(paths []string) error {
	var errs []error
	if len(paths) == 0 {
		errs = append(errs, errors.New(`want at least one FILE or DIR, or "-" for standard input`))
	}
	if report.Formats()[o.output] == nil {
		errs = append(errs, fmt.Errorf("--output is %q: want one of %s", o.output, strings.Join(formats(), ", ")))
	}
	for _, value := range o.failOn {
		if !slices.Contains([]string{"deny", "warn", "unresolved"}, value) {
			errs = append(errs, fmt.Errorf("--fail-on has %q: want deny, warn or unresolved", value))
		}
	}
	for _, value := range o.reports {
		if format, file, found := strings.Cut(value, "="); !found || file == "" || report.Formats()[format] == nil {
			errs = append(errs, fmt.Errorf("--report is %q: want FORMAT=FILE, with a format of %s", value, strings.Join(formats(), ", ")))
		}
	}
	return errors.Join(append(errs, o.validateRepositories(), o.world.validate())...)
}

// write writes the report to standard output, and others to files.
func (o *checkOptions) write(found report.Report) error {
	for _, value := range o.reports {
		format, path, _ := strings.Cut(value, "=")
		if err := writeFile(path, func(out io.Writer) error { return report.Formats()[format](out, found) }); err != nil {
			return err
		}
	}
	return report.Formats()[o.output](o.streams.Out, found)
}

func writeFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.Create(path) //nolint:gosec // which the user names
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return write(file)
}

// exit returns an error for the exit code.
func (o *checkOptions) exit(found report.Report) error {
	fails := func(what string, outcomes ...check.Outcome) bool {
		return slices.Contains(o.failOn, what) && found.Count(outcomes...) > 0
	}
	switch {
	case len(found.Problems) > 0 || found.Count(check.Failed) > 0:
		return &ExitError{Code: ExitUnreadable}
	case o.failOnEmpty && len(found.Results) == 0:
		return &ExitError{ExitUnreadable, errors.New("there is no rollout, and --fail-on-empty is set")}
	case fails("deny", check.Denied) || fails("warn", check.Warned):
		return &ExitError{Code: ExitDenied}
	case fails("unresolved", check.Unknown):
		return &ExitError{Code: ExitUnknown}
	default:
		return nil
	}
}
