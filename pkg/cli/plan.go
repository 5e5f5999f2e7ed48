package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/plan"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// planOptions are the flags of plan.
type planOptions struct {
	streams genericiooptions.IOStreams
	world   worldOptions

	environments int
	rate, limit  string
	tolerated    int
	canary       int
	ramp         float64
	maxWaves     int
	sync         time.Duration

	file, applyTo, rollout, namespace string
	dryRun                            bool
	output                            string
}

func newPlan(streams genericiooptions.IOStreams) *cobra.Command {
	options := planOptions{streams: streams}
	command := &cobra.Command{
		Use:   "plan",
		Short: "Divide a rollout into waves that a limit allows, and write them into a manifest",
		Long: `Divides a number of environments, or those of a rollout in a file, into waves of which none is likelier to fail than
the limit: a canary first, then larger ones up to the largest that the limit allows.

With --apply-to the pace is written into the manifest, in the fields that the rollout system has for it. Nothing else in
the file changes, not even a space. The result is judged as the webhook would judge it, and what would not pass is not
written.

Exit codes: 0 planned, and written; 1 what would be written would be denied; 2 it cannot be planned.`,
		Example: `  kubectl seawall plan --environments 100 --success-rate 0.99 --limit 20% --sync-duration 5m
  kubectl seawall plan -f appset.yaml --inventory clusters.yaml --success-rate 0.995
  kubectl seawall plan --apply-to appset.yaml --environments 100 --success-rate 0.99 --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			err := options.run(command.Context(), command.Flags().Changed("success-rate"))
			if invalid, is := errors.AsType[*plan.InvalidError](err); is {
				return fmt.Errorf("--%w", invalid)
			}
			return err
		},
	}
	options.addFlags(command)
	return command
}

func (o *planOptions) addFlags(command *cobra.Command) {
	flags := command.Flags()
	flags.IntVar(&o.environments, "environments", 0, "n, the number of environments; needed where no file tells")
	flags.StringVar(&o.rate, "success-rate", "", "chance that one sync succeeds, such as 0.99 or 99%; else that of the rollout's annotation")
	flags.StringVar(&o.limit, "limit", "0.2", "largest chance that a wave fails which is allowed, such as 0.2 or 20%")
	flags.IntVar(&o.tolerated, "tolerated", 0, "how many failures in a wave do not matter")
	flags.IntVar(&o.canary, "canary", 1, "environments in the first wave")
	flags.Float64Var(&o.ramp, "ramp", 2, "how many times as large as the one before a wave may be")
	flags.IntVar(&o.maxWaves, "max-waves", 0, "the most waves: the ramp gets steeper until there are no more; 0 for any number")
	flags.DurationVar(&o.sync, "sync-duration", 0, "time that one sync takes, such as 5m")
	flags.StringVarP(&o.file, "filename", "f", "", `FILE with the rollout, "-" for standard input; other objects in it are inventory`)
	flags.StringVar(&o.applyTo, "apply-to", "", "FILE with the rollout into which the pace is written")
	flags.BoolVar(&o.dryRun, "dry-run", false, "with --apply-to: print what would change, and write nothing")
	flags.StringVar(&o.rollout, "rollout", "", "which rollout of the file, if it holds several: KIND/NAME")
	flags.StringVarP(&o.namespace, "namespace", "n", "default", "namespace of a rollout that names none")
	flags.StringVarP(&o.output, "output", "o", formatTable, "table, json, yaml or markdown")
	complete(command, "output", formatTable, formatJSON, formatYAML, formatMarkdown)
	o.world.addFlags(flags)
	flags.Lookup("policies").Usage = "FILE or DIR of RolloutKinds, and of WavePolicies that the result has to satisfy, too; " +
		"may be given several times"
}

func (o *planOptions) run(ctx context.Context, rated bool) error {
	asked, rate, err := o.request(rated)
	if err != nil {
		return err
	}
	var found *subject
	if o.file != "" {
		if found, err = o.subject(ctx, &asked, rate, rated); err != nil {
			return err
		}
	}
	made, err := plan.New(asked)
	if err != nil {
		return err
	}
	var written *written
	if o.applyTo != "" {
		if written, err = o.apply(ctx, found, made); err != nil {
			return err
		}
		if o.dryRun {
			return written.diff(o.streams.Out)
		}
	}
	if err := o.print(planReport{request: asked, plan: made, subject: found}); err != nil || written == nil {
		return err
	}
	return written.write(o.streams.ErrOut)
}

// request reads the flags; the environments are those of --environments, if there are any.
func (o *planOptions) request(rated bool) (asked plan.Request, rate risk.Probability, err error) {
	if err := o.validate(); err != nil {
		return asked, 0, err
	}
	asked = plan.Request{
		Limit: risk.Limit{Tolerated: o.tolerated}, Canary: o.canary, Ramp: o.ramp, MaxWaves: o.maxWaves, SyncDuration: o.sync,
	}
	if asked.Limit.Max, err = parseLimit("limit", o.limit); err != nil {
		return asked, 0, err
	}
	if rated {
		if rate, err = parseRate("success-rate", o.rate); err != nil {
			return asked, 0, err
		}
	} else if o.file == "" {
		return asked, 0, errNoRate
	}
	asked.Environments = risk.Uniform(o.environments, rate)
	return asked, rate, nil
}

var errNoRate = errors.New("--success-rate is not set: want the chance that one sync succeeds, such as 0.99 or 99%")

func (o *planOptions) validate() error {
	if err := oneOf("output", o.output, formatTable, formatJSON, formatYAML, formatMarkdown); err != nil {
		return err
	}
	if o.environments < 0 || o.environments > risk.MaxEnvironments {
		return fmt.Errorf("--environments is %d: want a number from 1 to %d", o.environments, risk.MaxEnvironments)
	}
	if err := o.validateFiles(); err != nil {
		return err
	}
	return o.world.validate()
}

// validateFiles also takes the file of --apply-to for that of the rollout.
func (o *planOptions) validateFiles() error {
	if o.dryRun && o.applyTo == "" {
		return errors.New("--dry-run is set: want it with --apply-to only")
	}
	switch {
	case o.applyTo == manifest.Stdin:
		return fmt.Errorf(`--apply-to is %q: want a file`, o.applyTo)
	case o.applyTo != "" && o.file != "" && o.file != o.applyTo:
		return fmt.Errorf("--filename is %q: want the file of --apply-to, or nothing", o.file)
	case o.applyTo != "":
		o.file = o.applyTo
	case o.file == "" && o.environments == 0:
		return errors.New("--environments is not set: want the number of environments, or a rollout with --filename")
	}
	if o.file == manifest.Stdin && slices.Contains(o.world.inventory, manifest.Stdin) {
		return errors.New(`--inventory is "-": standard input is the rollout`)
	}
	return nil
}
