package cli

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/pkg/explain"
	"github.com/seawall-dev/seawall/pkg/gate/entry"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// cluster is one that is asked what environments there are, and by what it judges.
type cluster struct {
	config *rest.Config
	// namespace is that of the context.
	namespace string
	client    dynamic.Interface
	// wants tells what of the inventory is to be listed.
	wants func(inventory.Source) bool
	// asked are the sources that have been, with what became of them.
	asked []inventory.TakenSource
}

// cluster returns the one that the flags say, of which all of the inventory is wanted.
func (c *connection) cluster() (*cluster, error) {
	config, err := c.flags.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("no cluster to ask: %w", err)
	}
	config.QPS = -1 // the API server's own flow control decides
	config.WarningHandler = rest.NoWarnings{}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("no cluster to ask: %w", err)
	}
	namespace, _, err := c.flags.ToRawKubeConfigLoader().Namespace()
	return &cluster{config: config, namespace: namespace, client: client, wants: everything}, err
}

func everything(inventory.Source) bool { return true }

// wantsFor tells what of the inventory judging rollouts of a kind takes.
func wantsFor(kind rollout.Kind) func(inventory.Source) bool {
	wanted := slices.Concat([]string{namespaces, entry.Resource}, kind.Reads, ownResources())
	return func(source inventory.Source) bool { return slices.Contains(wanted, source.String()) }
}

// ownResources are those of Seawall's own objects.
func ownResources() []string {
	names := make([]string, len(offline.Owns()))
	for i, own := range offline.Owns() {
		names[i] = own.String()
	}
	return names
}

// take returns what there is in the cluster, with what RolloutKinds read: those given, or else its own.
func (c *cluster) take(ctx context.Context, argoCDNamespace string, given []*manifest.Document) (offline.Inventory, error) {
	taken, err := take(ctx, c.config, argoCDNamespace, given, c.wants)
	if err != nil {
		return offline.Inventory{}, fmt.Errorf("asking %s: %w", c.config.Host, err)
	}
	c.asked = taken.Sources
	return offline.Live(taken, c.config.Host)
}

// left returns the error for which some of a resource could not be listed.
func (c *cluster) left(resource string) error {
	for _, source := range c.asked {
		if source.String() == resource && source.Err != nil {
			return source.Err
		}
	}
	return nil
}

// noteFailures says why some of these resources could not be listed, if it is not for want of a right.
func (c *cluster) noteFailures(note func(text string), resources ...string) {
	for _, source := range c.asked {
		if source.Err != nil && !errors.IsForbidden(source.Err) && slices.Contains(resources, source.String()) {
			note("left out: " + source.String() + ": " + source.Err.Error())
		}
	}
}

// lacking returns the rights without which some of these resources could not be listed.
func (c *cluster) lacking(resources ...string) []explain.Right {
	var rights []explain.Right
	for _, source := range c.asked {
		right := explain.Right{Verb: "list", Resource: source.String(), Namespace: source.Namespace}
		if errors.IsForbidden(source.Err) && slices.Contains(resources, right.Resource) && !slices.Contains(rights, right) {
			rights = append(rights, right)
		}
	}
	return rights
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

// take lists what the kinds of rollout read, and by what the cluster judges, as far as it is wanted.
// RolloutKinds are those given, or else the cluster's.
func take(
	ctx context.Context, config *rest.Config, argoCDNamespace string, given []*manifest.Document, wanted func(inventory.Source) bool,
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
	return inventory.TakeOnly(ctx, registry, config, wanted)
}
