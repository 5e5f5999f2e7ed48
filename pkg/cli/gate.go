package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
)

func newGate(streams genericiooptions.IOStreams) *cobra.Command {
	command := &cobra.Command{
		Use:   "gate",
		Short: "See who waits at the sync gate, and why, and release what drains",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(newGateList(streams), newGateWhy(streams), newGateRelease(streams))
	return command
}

func newGateList(streams genericiooptions.IOStreams) *cobra.Command {
	connection := newConnection()
	output := ""
	command := &cobra.Command{
		Use:   "list",
		Short: "List the Waves: how many of each group are in flight, wait and have failed, what drains, and what writes count for",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return listWaves(command.Context(), streams, connection, output)
		},
	}
	connection.addFlags(command.Flags())
	command.Flags().StringVarP(&output, "output", "o", "table", "table|json|yaml")
	complete(command, "output", "table", "json", "yaml")
	return command
}

func listWaves(ctx context.Context, streams genericiooptions.IOStreams, connection *connection, output string) error {
	if !slices.Contains([]string{"table", "json", "yaml"}, output) {
		return fmt.Errorf("--output: %q is none of table, json and yaml", output)
	}
	connected, _, err := connection.client(rest.NoWarnings{})
	if err != nil {
		return err
	}
	list, err := readWaves(ctx, connected)
	if err != nil {
		return err
	}
	if output == "table" {
		return printWaves(streams.Out, list.Items, time.Now())
	}
	printer, err := objectPrinter(output)
	if err != nil {
		return err
	}
	list.SetGroupVersionKind(v1alpha1.GroupVersion().WithKind("WaveList"))
	for i := range list.Items {
		list.Items[i].SetGroupVersionKind(v1alpha1.GroupVersion().WithKind("Wave"))
	}
	return printer.PrintObj(list, streams.Out)
}

// readWaves returns the Waves by policy and group.
func readWaves(ctx context.Context, connected client.Client) (*v1alpha1.WaveList, error) {
	list := &v1alpha1.WaveList{}
	if err := notServed(connected.List(ctx, list), "waves"); err != nil {
		return nil, err
	}
	slices.SortFunc(list.Items, func(a, b v1alpha1.Wave) int {
		return cmp.Or(strings.Compare(a.Spec.PolicyName, b.Spec.PolicyName), slices.Compare(a.Spec.Group, b.Spec.Group))
	})
	return list, nil
}

// readStarts returns the Waves of starts, which are those of the sync gate.
func readStarts(ctx context.Context, connected client.Client) (*v1alpha1.WaveList, error) {
	list, err := readWaves(ctx, connected)
	if err != nil {
		return nil, err
	}
	list.Items = slices.DeleteFunc(list.Items, func(w v1alpha1.Wave) bool { return w.Spec.Counts == v1alpha1.WaveOfWrites })
	return list, nil
}

// notServed says of an error of listing what it takes to do so.
func notServed(err error, resource string) error {
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Errorf("it takes the verb list on %s.seawall.dev: %w", resource, err)
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err):
		return fmt.Errorf("the API server does not serve %s.seawall.dev: Seawall is not installed there: %w", resource, err)
	}
	return err
}

func printWaves(out io.Writer, waves []v1alpha1.Wave, now time.Time) error {
	if len(waves) == 0 {
		_, err := fmt.Fprintln(out, "no waves: of no policy with a syncGate has anything started, and of none with a writeWindow been written")
		return err
	}
	table := printers.GetNewTabWriter(out)
	_, _ = fmt.Fprintln(table, "WAVE\tPOLICY\tCOUNTS\tGROUP\tIN FLIGHT\tLARGEST\tHELD\tHALTED BY\tDRAINING") // Flush returns the error
	for i := range waves {
		wave := &waves[i]
		cells := []string{
			wave.Name, wave.Spec.PolicyName, string(wave.Spec.Counts), groupOf(wave), number(wave.Status.InFlightCount), number(wave.Status.Largest),
			number(wave.Status.Held), wave.Status.HaltedBy, since(wave.Status.DrainingSince, now),
		}
		for c := range cells {
			cells[c] = cmp.Or(audit.Clean(cells[c]), "-")
		}
		_, _ = fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

// groupOf says whose Wave it is.
func groupOf(wave *v1alpha1.Wave) string {
	return cmp.Or(strings.Join(wave.Spec.Group, ", "), "those that belong to no group")
}

// since says for how long something is so; nothing if it is not.
func since(at *metav1.Time, now time.Time) string {
	if at == nil {
		return ""
	}
	return duration.HumanDuration(now.Sub(at.Time))
}
