package cli

import (
	"slices"

	"github.com/spf13/pflag"
)

// liveOptions say which cluster is asked, if any is.
type liveOptions struct {
	connection *connection
	asked      bool
	// names are those of the flags that say which cluster, and as whom.
	names []string
}

func newLiveOptions() liveOptions {
	connection := newConnection()
	connection.flags.Namespace = nil // --namespace is that of rollouts which name none
	return liveOptions{connection: connection}
}

func (o *liveOptions) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.asked, "live", false,
		"ask the cluster for what is not given: policies, overrides, RolloutKinds, the inventory, and rollouts as they are there. "+
			"--context and the other flags that say which cluster imply it")
	own := pflag.NewFlagSet("connection", pflag.ContinueOnError)
	o.connection.addFlags(own)
	own.VisitAll(func(flag *pflag.Flag) { o.names = append(o.names, flag.Name) })
	flags.AddFlagSet(own)
}

// live tells whether a cluster is asked.
func (o *liveOptions) live(flags *pflag.FlagSet) bool {
	return o.asked || !flags.Changed("live") && slices.ContainsFunc(o.names, flags.Changed)
}
