package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/explain"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
)

// liveWorld is what is judged by in a cluster: its policies, overrides and kinds, and of its inventory what
// judging asks for.
type liveWorld struct {
	config   *rest.Config
	options  offline.Options
	registry *inventory.Registry
	// own are Seawall's own objects.
	own []*manifest.Document
	// note is told of what cannot be listed for another reason than a right.
	note func(text string)

	// asked are the resources that have been, and whole the sources that are known.
	asked map[string]bool
	whole []inventory.Source
	// lacking are the rights without which something could not be listed.
	lacking []explain.Right
}

// newLiveWorld reads what a cluster judges by, but for the inventory. Of the flags of a world it takes those
// that are of a cluster.
func newLiveWorld(ctx context.Context, to *connection, world worldOptions, note func(string)) (*liveWorld, error) {
	connected, _, err := to.client(rest.NoWarnings{})
	if err != nil {
		return nil, err
	}
	config, err := to.flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // the API server's own flow control decides
	live := &liveWorld{config: config, registry: inventory.NewRegistry(), note: note, asked: map[string]bool{}, options: world.settings()}
	live.options.Inventory.Given = live.given
	argoCD := argocd.New(live.registry, world.argoCDNamespace, argocd.ProgressiveSyncsAuto)
	kinds.All(kinds.Inventories{ArgoCD: argoCD, ArgoCDNamespace: world.argoCDNamespace, Registry: live.registry})
	inventory.Register[struct{}](live.registry, inventory.Source{
		Versions: []string{"v1"}, Resource: "namespaces", Kind: "Namespace", MetadataOnly: true,
	})
	for _, own := range [][2]string{
		{"RolloutKind", "rolloutkinds"}, {"WavePolicy", "wavepolicies"}, {"WaveOverride", "waveoverrides"},
	} {
		if err := live.readOwn(ctx, connected, own[0], own[1]); err != nil {
			return nil, err
		}
	}
	return live, nil
}

// readOwn reads Seawall's own objects of a kind.
func (l *liveWorld) readOwn(ctx context.Context, from client.Reader, kind, resource string) error {
	var list unstructured.UnstructuredList
	list.SetGroupVersionKind(v1alpha1.GroupVersion().WithKind(kind + "List"))
	err := from.List(ctx, &list)
	if apierrors.IsForbidden(err) {
		l.lacking = append(l.lacking, explain.Right{Verb: "list", Resource: resource + "." + v1alpha1.GroupVersion().Group})
		return nil
	}
	if err != nil {
		return fmt.Errorf("list %s.%s: %w", resource, v1alpha1.GroupVersion().Group, err)
	}
	for i := range list.Items {
		if err := l.add(&list.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

// add adds one of Seawall's own objects, and what it says is to be read.
func (l *liveWorld) add(object *unstructured.Unstructured) error {
	text, err := object.MarshalJSON()
	if err != nil {
		return err
	}
	l.own = append(l.own, manifest.Parse("the cluster", text).Documents...)
	if object.GetKind() != "RolloutKind" {
		return nil
	}
	var kind v1alpha1.RolloutKind
	if err := json.Unmarshal(text, &kind); err != nil {
		return fmt.Errorf("RolloutKind %s: %w", object.GetName(), err)
	}
	custom.NewInventories(l.registry, &kind.Spec)
	return nil
}

// judge judges by what is known and some of Seawall's own objects, again and again, until judging asks for
// nothing more. It returns what of those objects cannot be read.
func (l *liveWorld) judge(ctx context.Context, own []*manifest.Document, with func(*offline.World)) ([]*manifest.ReadError, error) {
	for {
		world := offline.New(l.options)
		problems, err := world.Add(ctx, own...)
		if err != nil {
			return nil, err
		}
		with(world)
		if more, err := l.learn(ctx, world.Missed()); err != nil || !more {
			return problems, err
		}
	}
}

// learn lists the resources that nobody has asked for yet, and tells whether there were any.
func (l *liveWorld) learn(ctx context.Context, missed []string) (more bool, err error) {
	wanted := slices.DeleteFunc(slices.Clone(missed), func(resource string) bool { return l.asked[resource] })
	if len(wanted) == 0 {
		return false, nil
	}
	for _, resource := range wanted {
		l.asked[resource] = true
	}
	taken, err := inventory.TakeOnly(ctx, l.registry, l.config, func(s inventory.Source) bool { return slices.Contains(wanted, s.String()) })
	if err != nil {
		return false, err
	}
	stock := &l.options.Inventory
	stock.Objects = append(stock.Objects, taken.Objects...)
	for _, source := range taken.Sources {
		switch {
		case !source.Served:
			stock.Absent = append(stock.Absent, source.String())
		case apierrors.IsForbidden(source.Err):
			l.lacking = append(l.lacking, explain.Right{Verb: "list", Resource: source.String(), Namespace: source.Namespace})
		case source.Err != nil:
			l.note(fmt.Sprintf("left out: %s: %s", source.Source, source.Err))
		default:
			l.whole = append(l.whole, source.Source)
		}
	}
	return true, nil
}

// given tells whether all objects of a source are known.
func (l *liveWorld) given(source inventory.Source) bool {
	return slices.ContainsFunc(l.whole, func(known inventory.Source) bool {
		return known.String() == source.String() && known.Namespace == source.Namespace && known.Name == source.Name &&
			known.Label == source.Label
	})
}
