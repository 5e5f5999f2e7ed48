package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/explain"
	"github.com/seawall-dev/seawall/pkg/manifest"
)

const (
	// formatText is a page for people.
	formatText = "text"
	// mostNamed is how many environments are named unless all are wanted.
	mostNamed = 50

	explainExample = `  # A manifest, before it is written
  kubectl seawall explain -f apps/set.yaml --policies policies/ --inventory fleet.yaml --against git:origin/main

  # A rollout of the cluster, and what is on the record about it
  kubectl seawall explain applicationset tenants -n argocd`
)

// explainOptions are the flags of explain.
type explainOptions struct {
	streams    genericiooptions.IOStreams
	connection *connection
	// judging are the flags that check has, too.
	judging checkOptions

	file   string
	output string
	all    bool
}

func newExplain(streams genericiooptions.IOStreams) *cobra.Command {
	o := &explainOptions{streams: streams, connection: newConnection(), judging: checkOptions{streams: streams}}
	command := &cobra.Command{
		Use:   "explain KIND NAME | -f FILE",
		Short: "Say how a judgement comes about",
		Long: `Says of a rollout how the number of environments, its waves, the success rate and the limit come about: environment by
environment, wave by wave and policy by policy, what would make it pass, and what cannot be known.

With -f it judges the rollouts of a file, by the files that check takes. With KIND NAME it judges the rollout of a
cluster as if it were created now, by the cluster's policies, overrides and inventory, which takes the rights of the
ClusterRole seawall-explainer, and shows what is on the record, for which the ClusterRole seawall-auditor is enough.

Exit codes: 0 it would not be denied; 1 it would; 2 something cannot be read; 3 it cannot be known.`,
		Example: explainExample,
		Args:    cobra.MaximumNArgs(2),
		RunE: func(command *cobra.Command, arguments []string) error {
			return o.run(command.Context(), arguments)
		},
		ValidArgsFunction: completeKind,
	}
	flags := command.Flags()
	o.connection.addFlags(flags)
	o.judging.world.addFlags(flags)
	o.judging.addRepositories(flags)
	flags.StringVarP(&o.file, "filename", "f", "", `FILE with rollouts, "-" for standard input`)
	flags.StringVar(&o.judging.against, "against", "",
		"with -f, judge what has changed since: git:REVISION (where the present one branched off) or a folder of the same layout")
	flags.StringVarP(&o.output, "output", "o", formatText, "text, json or yaml")
	flags.BoolVar(&o.all, "all", false, fmt.Sprintf("name all environments, not the first %d", mostNamed))
	flags.StringVar(&o.judging.help, "denial-help", denialHelp, "what every denial ends with")
	complete(command, "output", formatText, formatJSON, formatYAML)
	return command
}

func (o *explainOptions) run(ctx context.Context, arguments []string) error {
	if err := o.validate(arguments); err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	var rollouts []explain.Rollout
	var problems []*manifest.ReadError
	var err error
	if o.file != "" {
		rollouts, problems, err = o.fromFile(ctx)
	} else {
		rollouts, problems, err = o.fromCluster(ctx, arguments[0], arguments[1])
	}
	if err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	if err := o.write(rollouts, problems); err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	return exitOf(rollouts, problems)
}

func (o *explainOptions) validate(arguments []string) error {
	if err := oneOf("output", o.output, formatText, formatJSON, formatYAML); err != nil {
		return err
	}
	const named = 2 // KIND and NAME
	switch {
	case o.file != "" && len(arguments) > 0:
		return fmt.Errorf("--filename is %q: want it or KIND NAME, not both", o.file)
	case o.file == "" && len(arguments) != named:
		return errors.New("want KIND NAME of a rollout in the cluster, or a manifest with -f FILE")
	case o.file == "" && len(o.judging.world.policies)+len(o.judging.world.inventory) > 0:
		return errors.New("--policies and --inventory are for a manifest with -f FILE: those of the cluster are taken for KIND NAME")
	case o.file == "" && o.judging.against != "":
		return fmt.Errorf("--against is %q: want it with -f FILE only", o.judging.against)
	case o.file == "" && len(o.judging.repos) > 0:
		return fmt.Errorf("--repo is %q: want it with -f FILE only", o.judging.repos[0])
	}
	return errors.Join(o.judging.validateRepositories(), o.judging.world.validate())
}

// most is how many environments are named; all if negative.
func (o *explainOptions) most() int {
	if o.all {
		return -1
	}
	return mostNamed
}

// fromFile explains the rollouts of a file.
func (o *explainOptions) fromFile(ctx context.Context) ([]explain.Rollout, []*manifest.ReadError, error) {
	given, err := o.judging.read(ctx, o.file)
	if err != nil {
		return nil, nil, err
	}
	checker := check.Checker{World: given.world, Namespace: namespaceOr(o.connection, "default")}
	var rollouts []explain.Rollout
	for _, explained := range checker.Explain(ctx, given.documents, given.before) {
		rollouts = append(rollouts, explain.Of(explained, o.most()))
	}
	if len(rollouts)+len(given.problems) == 0 {
		return nil, nil, fmt.Errorf("--filename is %q: it holds no rollout", o.file)
	}
	return rollouts, given.problems, nil
}

func (o *explainOptions) write(rollouts []explain.Rollout, problems []*manifest.ReadError) error {
	if o.output != formatText {
		return printAs(o.streams.Out, o.output, explain.Documented(rollouts, problems))
	}
	if err := explain.Text(o.streams.Out, rollouts, o.judging.help); err != nil {
		return err
	}
	for _, problem := range problems {
		o.judging.note(problem.Error())
	}
	return nil
}

// exitOf returns an error for the exit code.
func exitOf(rollouts []explain.Rollout, problems []*manifest.ReadError) error {
	is := func(outcome check.Outcome) bool {
		return slices.ContainsFunc(rollouts, func(r explain.Rollout) bool { return r.Result == string(outcome) })
	}
	switch {
	case len(problems) > 0 || is(check.Failed):
		return &ExitError{Code: ExitUnreadable}
	case is(check.Denied):
		return &ExitError{Code: ExitDenied}
	case is(check.Unknown):
		return &ExitError{Code: ExitUnknown}
	default:
		return nil
	}
}
