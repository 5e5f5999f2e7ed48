package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/pkg/standing"
	"github.com/seawall-dev/seawall/pkg/version"
)

func newVersion(streams genericiooptions.IOStreams) *cobra.Command {
	connection := newConnection()
	clientOnly := false
	home := ""
	command := &cobra.Command{
		Use:   "version",
		Short: "Print the version of the plugin, and of Seawall where it can be seen",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if clientOnly {
				_, err := fmt.Fprintln(streams.Out, version.Get())
				return err
			}
			_, err := fmt.Fprintf(streams.Out, "Client: %s\nServer: %s\n", version.Get(), serverVersion(command.Context(), connection, home))
			return err
		},
	}
	connection.addFlags(command.Flags())
	command.Flags().BoolVar(&clientOnly, "client", false, "that of the plugin only, without asking a cluster")
	command.Flags().StringVar(&home, "seawall-namespace", "seawall-system", "namespace of Seawall")
	return command
}

// serverVersion returns what the Deployment of Seawall says, or why that cannot be seen: it is not asked
// for long.
func serverVersion(ctx context.Context, connection *connection, home string) string {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	connected, _, err := connection.client(rest.NoWarnings{})
	if err != nil {
		return "not seen: " + err.Error()
	}
	found, err := standing.Deployments(ctx, connected, home)
	switch {
	case err != nil:
		return "not seen: " + err.Error()
	case len(found) == 0:
		return "not seen: no Deployment of Seawall in namespace " + home
	}
	told, image := standing.VersionOf(&found[0])
	return fmt.Sprintf("%s (Deployment %s/%s, image %s)", told, found[0].Namespace, found[0].Name, image)
}
