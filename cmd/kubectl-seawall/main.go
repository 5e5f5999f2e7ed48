// The command kubectl-seawall is the kubectl plugin.
package main

import (
	"fmt"
	"os"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // those of the clouds, as kubectl has them

	"github.com/seawall-dev/seawall/pkg/cli"
)

func main() {
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	command := cli.New(streams)
	command.SetArgs(cli.Arguments(os.Args))
	if err := command.Execute(); err != nil {
		if text := err.Error(); text != "" {
			fmt.Fprintln(os.Stderr, "error:", text)
		}
		os.Exit(cli.ExitCode(err))
	}
}
