// Package cli holds the commands of the kubectl plugin.
package cli

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// New returns the root command, which writes to streams.
func New(streams genericiooptions.IOStreams) *cobra.Command {
	root := &cobra.Command{
		Use:           "kubectl-seawall",
		Short:         "Tells how likely a rollout's waves are to break something",
		SilenceUsage:  true,
		SilenceErrors: true,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl seawall"},
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	root.AddCommand(
		newCheck(streams),
		newExplain(streams),
		newInventory(streams),
		newAudit(streams),
		newGate(streams),
		newOverride(streams),
		newStatus(streams),
		newCompletion(streams),
		newCurve(streams),
		newPlan(streams),
		newPolicy(streams),
		newTest(streams),
		newVersion(streams),
	)
	return root
}
