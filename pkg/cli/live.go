package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/rollout"
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

// cluster is one that is asked.
type cluster struct {
	config *rest.Config
	// namespace is that of the context.
	namespace string
	client    dynamic.Interface
	// left says why resources could not be listed, by their names.
	left map[string]error
}

func (o *liveOptions) cluster() (*cluster, error) {
	config, err := o.connection.flags.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("no cluster to ask: %w", err)
	}
	config.QPS = -1 // the API server's own flow control decides
	config.WarningHandler = rest.NoWarnings{}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("no cluster to ask: %w", err)
	}
	namespace, _, err := o.connection.flags.ToRawKubeConfigLoader().Namespace()
	return &cluster{config: config, namespace: namespace, client: client, left: map[string]error{}}, err
}

// take returns what there is in the cluster, with what RolloutKinds read: those given, or else its own.
func (c *cluster) take(ctx context.Context, argoCDNamespace string, given []*manifest.Document) (offline.Inventory, error) {
	taken, err := take(ctx, c.config, argoCDNamespace, given)
	if err != nil {
		return offline.Inventory{}, fmt.Errorf("asking %s: %w", c.config.Host, err)
	}
	for _, source := range taken.Sources {
		if source.Err != nil {
			c.left[source.String()] = source.Err
		}
	}
	return offline.Live(taken, c.config.Host)
}

// Get implements check.Stored.
func (c *cluster) Get(ctx context.Context, kind rollout.Kind, version, namespace, name string) (*manifest.Document, error) {
	others := slices.DeleteFunc(slices.Clone(kind.Versions), func(other string) bool { return other == version })
	versions := append([]string{version}, others...)
	for _, version := range versions {
		of := c.client.Resource(schema.GroupVersionResource{Group: kind.Group, Version: version, Resource: kind.Resource})
		object, err := of.Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
		if errors.IsNotFound(err) {
			continue // also where the version is not served
		}
		if err != nil {
			return nil, err
		}
		text, err := object.MarshalJSON()
		if err != nil {
			return nil, err
		}
		parsed := manifest.Parse(c.config.Host, text)
		if len(parsed.Documents) != 1 {
			return nil, fmt.Errorf("%s %s is no object", kind.Name, name)
		}
		return parsed.Documents[0], nil
	}
	return nil, nil //nolint:nilnil // a rollout that does not exist is no error
}

// take lists what the kinds of rollout read, and by what the cluster judges. RolloutKinds are those
// given, or else the cluster's.
func take(
	ctx context.Context, config *rest.Config, argoCDNamespace string, given []*manifest.Document,
) (inventory.Taken, error) {
	if len(given) == 0 {
		first := inventory.NewRegistry()
		offline.RolloutKinds.Register(first)
		taken, err := inventory.Take(ctx, first, config)
		if err != nil {
			return inventory.Taken{}, err
		}
		for _, object := range taken.Objects {
			text, err := object.MarshalJSON()
			if err != nil {
				return inventory.Taken{}, err
			}
			given = append(given, manifest.Parse(config.Host, text).Documents...)
		}
	}
	registry := read(argoCDNamespace)
	offline.RegisterKinds(registry, given)
	for _, own := range offline.Owns() {
		own.Register(registry)
	}
	return inventory.Take(ctx, registry, config)
}
