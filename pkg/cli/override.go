package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	// longestOverride is what the schema of WaveOverrides allows.
	longestOverride = 30 * 24 * time.Hour
	longestName     = 253

	overrideExample = `  # Let the ApplicationSet tenants change as many environments as it wants, for two hours
  kubectl seawall override create applicationset tenants -n argocd --for 2h --reason "Incident 4711: certificates expire"

  # For one write, up to a failure probability of 50%, as a manifest to be reviewed
  kubectl seawall override create appset tenants -n argocd --for 2h --reason "Incident 4711" \
    --max-failure-probability 0.5 --once --dry-run=client -o yaml`
)

func newOverride(streams genericiooptions.IOStreams) *cobra.Command {
	command := &cobra.Command{
		Use:   "override",
		Short: "Let a rollout exceed the limits for a time, and see which may",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(newOverrideCreate(streams), newOverrideList(streams))
	return command
}

// overrideOptions are the flags of override create.
type overrideOptions struct {
	connection  *connection
	home        string
	name        string
	lasting     string
	reason      string
	probability string
	once        bool
	dryRun      string
	output      string
}

func newOverrideCreate(streams genericiooptions.IOStreams) *cobra.Command {
	o := &overrideOptions{connection: newConnection()}
	command := &cobra.Command{
		Use:   "create KIND NAME --for DURATION --reason TEXT",
		Short: "Let a rollout exceed the limits for a time",
		Long: "Create a WaveOverride: for one rollout, which need not exist yet, for a time and for a reason. It takes the verb create\n" +
			"on waveoverrides.seawall.dev, which the ClusterRole seawall-override-approver has.",
		Example: overrideExample,
		Args:    cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, args []string) error {
			return o.run(command.Context(), streams, args[0], args[1])
		},
		ValidArgsFunction: completeKind,
	}
	flags := command.Flags()
	o.connection.addFlags(flags)
	flags.StringVar(&o.lasting, "for", "", `how long it lasts from its creation, at most 30 days: "2h", "3d"`)
	flags.StringVar(&o.reason, "reason", "", "why; it is shown to who writes, and is on the record of every use")
	flags.StringVar(&o.probability, "max-failure-probability", "1",
		"what is permitted in the place of the limits, such as 0.5 or 50%; 1 also covers environments that cannot be counted")
	flags.BoolVar(&o.once, "once", false, "for one write")
	flags.StringVar(&o.name, "name", "", "name of the WaveOverride; the rollout's and the time when empty")
	flags.StringVar(&o.home, "seawall-namespace", "seawall-system", "namespace of Seawall, where overrides of rollouts are that are in none")
	flags.StringVar(&o.dryRun, "dry-run", "none", "none, client (nothing is sent), or server (everything but the storing)")
	flags.StringVarP(&o.output, "output", "o", "", "yaml|json|name in place of a sentence")
	_ = command.MarkFlagRequired("for")    // as above: they fail for flags that are not there only
	_ = command.MarkFlagRequired("reason") //
	complete(command, "dry-run", "none", "client", "server")
	complete(command, "output", "yaml", "json", "name")
	return command
}

func (o *overrideOptions) run(ctx context.Context, streams genericiooptions.IOStreams, kind, name string) error {
	if !slices.Contains([]string{"none", "client", "server"}, o.dryRun) {
		return fmt.Errorf("--dry-run: %q is none of none, client and server", o.dryRun)
	}
	printer, err := objectPrinter(o.output)
	if err != nil {
		return err
	}
	connected, mapper, err := o.connection.client(rest.NewWarningWriter(streams.ErrOut, rest.WarningWriterOptions{Deduplicate: true}))
	if err != nil {
		return err
	}
	of, err := judged{connected, mapper}.find(ctx, kind)
	if err != nil {
		return err
	}
	object, err := o.object(of, name, time.Now())
	if err != nil {
		return err
	}
	if err := o.create(ctx, connected, object); err != nil {
		return err
	}
	if printer != nil {
		object.SetGroupVersionKind(v1alpha1.GroupVersion().WithKind("WaveOverride"))
		return printer.PrintObj(object, streams.Out)
	}
	return o.tell(streams.Out, object, of)
}

// object is the override that the flags ask for.
func (o *overrideOptions) object(of rollout.Kind, name string, now time.Time) (*v1alpha1.WaveOverride, error) {
	lasting, err := journal.ParseAge(o.lasting)
	if err != nil || lasting < time.Second || lasting > longestOverride {
		return nil, fmt.Errorf(`--for: %q is no duration from a second to 30 days, such as "2h"`, o.lasting)
	}
	probability, err := risk.ParseRate(o.probability)
	if err != nil {
		return nil, fmt.Errorf(`--max-failure-probability: %q is no probability: want a decimal such as "0.5", or a percentage`, o.probability)
	}
	if strings.TrimSpace(o.reason) == "" {
		return nil, errors.New("--reason is empty")
	}
	namespace, err := o.connection.namespace()
	if err != nil {
		return nil, err
	}
	if !of.Namespaced {
		namespace = o.home
	}
	object := &v1alpha1.WaveOverride{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion().String(), Kind: "WaveOverride"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: o.name},
		Spec: v1alpha1.WaveOverrideSpec{
			Rollout:               v1alpha1.RolloutReference{Group: of.Group, Kind: of.Name, Name: name},
			MaxFailureProbability: v1alpha1.Probability(probability.String()), Reason: o.reason,
			DurationSeconds: int32(lasting / time.Second),
			Uses:            v1alpha1.UsesUnlimited,
		},
	}
	if o.once {
		object.Spec.Uses = v1alpha1.UsesOnce
	}
	if object.Name == "" {
		suffix := now.UTC().Format("-20060102-150405")
		object.Name = strings.TrimRight(name[:min(len(name), longestName-len(suffix))], "-.") + suffix
	}
	return object, nil
}

func (o *overrideOptions) create(ctx context.Context, connected client.Client, object *v1alpha1.WaveOverride) error {
	var options []client.CreateOption
	switch o.dryRun {
	case "client":
		return nil
	case "server":
		options = append(options, client.DryRunAll)
	}
	err := connected.Create(ctx, object, options...)
	if apierrors.IsForbidden(err) && !strings.Contains(err.Error(), "admission webhook") {
		return fmt.Errorf("it takes the verb create on waveoverrides.seawall.dev in namespace %s, which the ClusterRole "+
			"seawall-override-approver has: %w", object.Namespace, err)
	}
	return err
}

// tell says what is permitted now.
func (o *overrideOptions) tell(out io.Writer, object *v1alpha1.WaveOverride, of rollout.Kind) error {
	where := object.Spec.Rollout.Name
	if of.Namespaced {
		where = object.Namespace + "/" + where
	}
	permits := "whatever may fail, and however many environments it has"
	if object.Spec.MaxFailureProbability != "1" {
		permits = "with a failure probability of up to " + percent(string(object.Spec.MaxFailureProbability))
	}
	times := "any number of writes"
	if object.Spec.Uses == v1alpha1.UsesOnce {
		times = "one write"
	}
	until := fmt.Sprintf("for %s from its creation", o.lasting)
	if end := object.End(); !end.IsZero() {
		until = "until " + end.UTC().Format(time.RFC3339)
	}
	done := "created"
	if o.dryRun != "none" {
		done = "created (" + o.dryRun + " dry run)"
	}
	_, err := fmt.Fprintf(out, "waveoverride.seawall.dev/%s %s in namespace %s\nIt lets pass %s of %s %s, %s, %s.\n"+
		"Take it back with: kubectl delete waveoverride -n %s %s\n",
		object.Name, done, object.Namespace, times, of.Name, where, permits, until, object.Namespace, object.Name)
	return err
}

// objectPrinter returns what prints objects in a format; nil where that is a sentence.
func objectPrinter(output string) (printers.ResourcePrinter, error) {
	switch output {
	case "":
		return nil, nil //nolint:nilnil // as it says
	case "yaml":
		return &printers.OmitManagedFieldsPrinter{Delegate: &printers.YAMLPrinter{}}, nil
	case "json":
		return &printers.OmitManagedFieldsPrinter{Delegate: &printers.JSONPrinter{}}, nil
	case "name":
		return printers.ResourcePrinterFunc(func(object runtime.Object, out io.Writer) error {
			return (&printers.NamePrinter{ShortOutput: true}).PrintObj(object, out)
		}), nil
	default:
		return nil, fmt.Errorf("--output: %q is none of yaml, json and name", output)
	}
}
