package cli

import (
	"fmt"

	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// connection reaches a cluster as kubectl would, by the same flags.
type connection struct {
	flags         *genericclioptions.ConfigFlags
	allNamespaces bool
}

func newConnection() *connection {
	flags := genericclioptions.NewConfigFlags(true)
	flags.AuthInfoName = nil // --user is that of a decision; whom to be says the context
	return &connection{flags: flags}
}

func (c *connection) addFlags(flags *pflag.FlagSet) {
	c.flags.AddFlags(flags)
}

// addAllNamespaces adds the flag that all commands which list have.
func (c *connection) addAllNamespaces(command *cobra.Command) {
	command.Flags().BoolVarP(&c.allNamespaces, "all-namespaces", "A", false, "look into all namespaces, and at what is in none")
	command.MarkFlagsMutuallyExclusive("all-namespaces", "namespace")
}

// namespace returns the one to look into: that of the flag, else of the context; empty for all.
func (c *connection) namespace() (string, error) {
	if c.allNamespaces {
		return "", nil
	}
	namespace, _, err := c.flags.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// context returns the name of the context, as far as there is one.
func (c *connection) context() string {
	if *c.flags.Context != "" {
		return *c.flags.Context
	}
	raw, err := c.flags.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return ""
	}
	return raw.CurrentContext
}

// client returns a client that knows what Seawall writes, and what names its mapper knows. It passes
// on what the API server warns of only where told.
func (c *connection) client(warnings rest.WarningHandler) (client.Client, meta.RESTMapper, error) {
	config, err := c.flags.ToRESTConfig()
	if err != nil {
		return nil, nil, fmt.Errorf("no cluster to ask: %w", err)
	}
	config.QPS = -1 // it asks little, one thing after the other
	config.WarningHandler = warnings
	mapper, err := c.flags.ToRESTMapper()
	if err != nil {
		return nil, nil, err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, openreports.Install} {
		if err := add(scheme); err != nil {
			return nil, nil, err
		}
	}
	connected, err := client.New(config, client.Options{Scheme: scheme, Mapper: mapper})
	return connected, mapper, err
}
