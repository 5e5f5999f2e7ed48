package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// What an override is, in one word.
const (
	stateActive  = "active"
	statePending = "not seen yet"
	stateUsed    = "used"
	stateExpired = "expired"
)

func newOverrideList(streams genericiooptions.IOStreams) *cobra.Command {
	connection := newConnection()
	output := ""
	command := &cobra.Command{
		Use:   "list",
		Short: "List overrides, those in force first: who created them, who used them",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return listOverrides(command.Context(), streams, connection, output)
		},
	}
	connection.addFlags(command.Flags())
	connection.addAllNamespaces(command)
	command.Flags().StringVarP(&output, "output", "o", "", "wide|yaml|json")
	complete(command, "output", "wide", "yaml", "json")
	return command
}

func listOverrides(ctx context.Context, streams genericiooptions.IOStreams, connection *connection, output string) error {
	wide := output == "wide"
	if wide {
		output = ""
	}
	printer, err := objectPrinter(output)
	if err != nil || output == "name" {
		return fmt.Errorf("--output: %q is none of wide, yaml and json", output)
	}
	namespace, err := connection.namespace()
	if err != nil {
		return err
	}
	connected, _, err := connection.client(rest.NoWarnings{})
	if err != nil {
		return err
	}
	list := &v1alpha1.WaveOverrideList{}
	switch err := connected.List(ctx, list, client.InNamespace(namespace)); {
	case apierrors.IsForbidden(err):
		return fmt.Errorf("it takes the verb list on waveoverrides.seawall.dev: %w", err)
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err):
		return fmt.Errorf("the API server does not serve waveoverrides.seawall.dev: Seawall is not installed there: %w", err)
	case err != nil:
		return err
	}
	now := time.Now()
	slices.SortStableFunc(list.Items, func(a, b v1alpha1.WaveOverride) int { return order(&a, &b, now) })
	if printer != nil {
		list.SetGroupVersionKind(v1alpha1.GroupVersion().WithKind("WaveOverrideList"))
		for i := range list.Items {
			list.Items[i].SetGroupVersionKind(v1alpha1.GroupVersion().WithKind("WaveOverride"))
		}
		return printer.PrintObj(list, streams.Out)
	}
	return printOverrides(streams.Out, list.Items, now, wide)
}

// order sorts those in force first, by their end, and the others by theirs, the last first.
func order(a, b *v1alpha1.WaveOverride, now time.Time) int {
	over := func(o *v1alpha1.WaveOverride) bool {
		return slices.Contains([]string{stateUsed, stateExpired}, stateOf(o, now))
	}
	switch {
	case over(a) && over(b):
		return cmp.Or(b.End().Compare(a.End()), cmp.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name))
	case over(a):
		return 1
	case over(b):
		return -1
	}
	return cmp.Or(a.End().Compare(b.End()), cmp.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name))
}

// stateOf says what an override is. That it has ended is so from that moment on, whatever its status says.
func stateOf(o *v1alpha1.WaveOverride, now time.Time) string {
	active := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionActive)
	switch {
	case active != nil && active.Reason == v1alpha1.ReasonUsed:
		return stateUsed
	case !o.End().After(now):
		return stateExpired
	case active == nil:
		return statePending
	default:
		return stateActive
	}
}

func printOverrides(out io.Writer, items []v1alpha1.WaveOverride, now time.Time, wide bool) error {
	if len(items) == 0 {
		_, err := fmt.Fprintln(out, "no overrides")
		return err
	}
	table := printers.GetNewTabWriter(out)
	titles := []string{"STATE", "ENDS", "NAMESPACE", "NAME", "KIND", "ROLLOUT", "PERMITS", "USES", "USED", "CREATED BY", "LAST USED BY"}
	if wide {
		titles = append(titles, "LAST USED", "REASON")
	}
	_, _ = fmt.Fprintln(table, strings.Join(titles, "\t")) // Flush returns the error
	for i := range items {
		o := &items[i]
		cells := []string{
			stateOf(o, now), o.End().UTC().Format(time.RFC3339), o.Namespace, o.Name, o.Spec.Rollout.Kind, o.Spec.Rollout.Name,
			percent(string(o.Spec.MaxFailureProbability)), string(o.Spec.Uses), used(o), o.Status.CreatedBy, o.Status.LastUsedBy,
		}
		if wide {
			last := ""
			if o.Status.LastUsedTime != nil {
				last = o.Status.LastUsedTime.UTC().Format(time.RFC3339)
			}
			cells = append(cells, last, o.Spec.Reason)
		}
		for c := range cells {
			cells[c] = cmp.Or(audit.Clean(cells[c]), "-")
		}
		_, _ = fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

func used(o *v1alpha1.WaveOverride) string {
	times := int64(0)
	if o.Status.TimesUsed != nil {
		times = *o.Status.TimesUsed
	}
	if o.Status.Reservation.Time != nil {
		return strconv.FormatInt(times, 10) + " (reserved)"
	}
	return strconv.FormatInt(times, 10)
}

// percent returns a probability as people read it.
func percent(probability string) string {
	parsed, err := risk.ParseProbability(probability)
	if err != nil {
		return probability
	}
	return parsed.Percent()
}
