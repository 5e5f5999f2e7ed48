package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/report"
)

const policyDiffExample = `  # What a stricter policy would do to the manifests of a repository
  kubectl seawall policy diff policies-now/ policies-next/ -f apps/ --inventory fleet.yaml

  # And to the rollouts of a cluster
  kubectl seawall policy diff policies-now/ policies-next/ --live`

func newPolicy(streams genericiooptions.IOStreams) *cobra.Command {
	command := &cobra.Command{
		Use:   "policy",
		Short: "See what a change of policies would do",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(newPolicyDiff(streams))
	return command
}

// policyDiffOptions are the flags of policy diff.
type policyDiffOptions struct {
	streams    genericiooptions.IOStreams
	connection *connection
	// judging are the flags that check has, too.
	judging checkOptions

	files  []string
	live   bool
	output string
}

func newPolicyDiff(streams genericiooptions.IOStreams) *cobra.Command {
	o := &policyDiffOptions{streams: streams, connection: newConnection(), judging: checkOptions{streams: streams}}
	command := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say of which rollouts something else would become by other policies",
		Long: `Judges rollouts by the policies of OLD and by those of NEW, and says which would be denied, warned of or let through that
were not before. OLD and NEW are files or folders of WavePolicies, WaveOverrides and RolloutKinds. The rollouts are those
of manifests (-f), or of a cluster (--live), whose overrides and RolloutKinds then count, too. Each is judged as if it
were created, and with --against as what has changed.

Exit codes: 0 nothing would be denied that was not; 1 something would; 2 something cannot be read; 3 nothing would, but
inventory is missing.`,
		Example: policyDiffExample,
		Args:    cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, arguments []string) error {
			return o.run(command.Context(), arguments[0], arguments[1])
		},
	}
	flags := command.Flags()
	o.connection.addFlags(flags)
	o.judging.world.addSettings(flags)
	o.judging.addRepositories(flags)
	flags.StringArrayVarP(&o.files, "filename", "f", nil, `FILE or DIR of manifests, "-" for standard input; may be given several times`)
	flags.StringArrayVar(&o.judging.world.inventory, "inventory", nil,
		"FILE or DIR of what says which environments there are: a snapshot, or manifests; may be given several times")
	flags.StringVar(&o.judging.against, "against", "",
		"with -f, judge what has changed since: git:REVISION (where the present one branched off) or a folder of the same layout")
	flags.BoolVar(&o.live, "live", false, "judge the rollouts of the cluster, of all namespaces or of that of --namespace")
	flags.StringVarP(&o.output, "output", "o", formatTable, "table, json, yaml or markdown")
	flags.StringVar(&o.judging.help, "denial-help", denialHelp, "what every denial ends with")
	complete(command, "output", formatTable, formatJSON, formatYAML, formatMarkdown)
	return command
}

func (o *policyDiffOptions) run(ctx context.Context, from, to string) error {
	if err := o.validate(); err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	var found report.Difference
	var partial bool
	var err error
	if o.live {
		found, partial, err = o.ofCluster(ctx, from, to)
	} else {
		found, err = o.ofFiles(ctx, from, to)
	}
	if err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	found.Help = o.judging.help
	if err := o.write(found); err != nil {
		return &ExitError{ExitUnreadable, err}
	}
	switch {
	case len(found.Problems) > 0 || found.Failed:
		return &ExitError{Code: ExitUnreadable}
	case found.Become(check.Denied) > 0:
		return &ExitError{Code: ExitDenied}
	case found.Unknown > 0 || partial:
		return &ExitError{Code: ExitUnknown}
	default:
		return nil
	}
}

func (o *policyDiffOptions) validate() error {
	if err := oneOf("output", o.output, formatTable, formatJSON, formatYAML, formatMarkdown); err != nil {
		return err
	}
	switch {
	case o.live == (len(o.files) > 0):
		return errors.New("want manifests with -f, or --live for the rollouts of the cluster, and not both")
	case o.live && (o.judging.against != "" || len(o.judging.world.inventory)+len(o.judging.repos) > 0):
		return errors.New("--against, --inventory and --repo are for manifests with -f: with --live those of the cluster are taken")
	}
	return errors.Join(o.judging.validateRepositories(), o.judging.world.validate())
}

func (o *policyDiffOptions) write(found report.Difference) error {
	switch o.output {
	case formatTable:
		return report.DifferenceTable(o.streams.Out, found)
	case formatMarkdown:
		return report.DifferenceMarkdown(o.streams.Out, found)
	default:
		return printAs(o.streams.Out, o.output, found.Document())
	}
}

// policies reads the objects of OLD or NEW.
func policies(reader manifest.Reader, path string) ([]*manifest.Document, []*manifest.ReadError) {
	read := reader.Read(path)
	own := slices.DeleteFunc(read.Documents, func(d *manifest.Document) bool { return !isOwn(d) })
	if len(own)+len(read.Problems) == 0 {
		read.Problems = append(read.Problems, &manifest.ReadError{File: path, Err: errors.New(
			"it holds none of Seawall's objects: want WavePolicies, WaveOverrides or RolloutKinds")})
	}
	return own, read.Problems
}

// ofFiles judges manifests.
func (o *policyDiffOptions) ofFiles(ctx context.Context, from, to string) (report.Difference, error) {
	reader := manifest.Reader{Stdin: o.streams.In, Note: o.judging.note}
	parsed := reader.Read(o.files...)
	rest := slices.DeleteFunc(parsed.Documents, isOwn)
	given := reader.Read(o.judging.world.inventory...)
	stock, unusable := offline.NewInventory(given.Documents)
	before, err := o.judging.before(ctx, reader, o.files)
	if err != nil {
		return report.Difference{}, err
	}
	if err := o.judging.lookUp(ctx); err != nil {
		return report.Difference{}, err
	}
	problems := slices.Concat(parsed.Problems, given.Problems, unusable, before.Problems)
	var results [2][]check.Result
	for i, path := range []string{from, to} {
		own, wrong := policies(reader, path)
		world := offline.New(o.judging.world.settings(stock))
		refused, err := world.Add(ctx, own...)
		if err != nil {
			return report.Difference{}, err
		}
		problems = slices.Concat(problems, wrong, refused)
		checker := check.Checker{World: world, Namespace: namespaceOr(o.connection, "default")}
		results[i] = checker.Check(ctx, rest, before.Documents)
	}
	found := report.Compare(results[0], results[1])
	found.Problems, found.Premise = problems, "each judged as it is created"
	if o.judging.against != "" {
		found.Premise = "judged by what has changed since " + o.judging.against
	}
	return found, nil
}

// namespaceOr returns the namespace of the flag, if there is one.
func namespaceOr(of *connection, otherwise string) string {
	if of.flags.Namespace != nil && *of.flags.Namespace != "" {
		return *of.flags.Namespace
	}
	return otherwise
}
