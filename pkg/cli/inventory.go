package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/gate/entry"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/offline"
)

type inventoryOptions struct {
	streams         genericiooptions.IOStreams
	connection      *genericclioptions.ConfigFlags
	file            string
	argoCDNamespace string
}

func newInventory(streams genericiooptions.IOStreams) *cobra.Command {
	options := inventoryOptions{streams: streams, connection: genericclioptions.NewConfigFlags(true)}
	command := &cobra.Command{
		Use:   "inventory",
		Short: "Write down what environments there are, for checks without a cluster",
		Long: `Writes what counting needs of the cluster as YAML: clusters, placements and whatever else the kinds of rollout read,
those of RolloutKinds included, and whether starts of syncs are gated, cut to the fields that they read, with its date.
With the WavePolicies, WaveOverrides and RolloutKinds that are in force a check by it alone judges as the cluster does.
Of Secrets it holds no credential: nothing but what Argo CD's clusters are called, where they are and of which
project, and their labels and annotations.

What may not be listed is named, and is missing from checks by the snapshot.`,
		Example: `  kubectl seawall inventory --file fleet.yaml
  kubectl seawall check apps/ --inventory fleet.yaml`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return options.run(command.Context()) },
	}
	options.connection.AddFlags(command.Flags())
	command.Flags().StringVar(&options.file, "file", "", "write to this file in place of standard output")
	command.Flags().StringVar(&options.argoCDNamespace, "argocd-namespace", "argocd", "namespace of Argo CD's cluster Secrets")
	return command
}

func (o *inventoryOptions) run(ctx context.Context) error {
	config, err := o.connection.ToRESTConfig()
	if err != nil {
		return err
	}
	config.QPS = -1 // the API server's own flow control decides
	taken, err := take(ctx, config, o.argoCDNamespace, nil, everything)
	if err != nil {
		return err
	}
	for _, source := range taken.Sources {
		if source.Err != nil {
			_, _ = fmt.Fprintf(o.streams.ErrOut, "left out: %s: %s\n", source.Source, source.Err)
		}
	}
	write := func(out io.Writer) error { return offline.WriteSnapshot(out, taken, config.Host, time.Now()) }
	if o.file == "" {
		return write(o.streams.Out)
	}
	return writeFile(o.file, write)
}

// read returns a registry of what the kinds of rollout read that Seawall knows.
func read(argoCDNamespace string) *inventory.Registry {
	registry := inventory.NewRegistry()
	argoCD := argocd.New(registry, argoCDNamespace, argocd.ProgressiveSyncsAuto)
	kinds.All(kinds.Inventories{ArgoCD: argoCD, ArgoCDNamespace: argoCDNamespace, Registry: registry})
	inventory.NewNamespaces(registry, nil)
	entry.New(registry, "")
	return registry
}

// namespaces is the resource by whose labels policies may select.
const namespaces = "namespaces"
