package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
)

// worldOptions say by what is judged.
type worldOptions struct {
	policies, inventory []string
	progressiveSyncs    string
	argoCDNamespace     string
	home                string
	workloadTemplates   bool
	// cluster, if not nil, is asked for what no files are given of.
	cluster *cluster
	// repositories, if not nil, are asked by git generators, and were by those of what was there before.
	repositories, were kinds.Repositories
}

func (o *worldOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.policies, "policies", nil,
		"FILE or DIR of WavePolicies, WaveOverrides and RolloutKinds; may be given several times. Without it those of the "+
			"cluster or the snapshot are taken, else those among the manifests, and without any policy the chart's default")
	flags.StringArrayVar(&o.inventory, "inventory", nil,
		"FILE or DIR of what says which environments there are: a snapshot, or manifests; may be given several times")
	o.addSettings(flags)
}

// addSettings adds what is true of a cluster, and in no file of it.
func (o *worldOptions) addSettings(flags *pflag.FlagSet) {
	flags.StringVar(&o.progressiveSyncs, "argocd-progressive-syncs", string(argocd.ProgressiveSyncsAuto),
		"whether the ApplicationSet controller paces RollingSync: Auto (ConfigMap argocd-cmd-params-cm of the inventory), "+
			"Enabled or Disabled")
	flags.StringVar(&o.argoCDNamespace, "argocd-namespace", "argocd", "namespace of Argo CD's cluster Secrets")
	flags.StringVar(&o.home, "seawall-namespace", "seawall-system",
		"namespace of Seawall, in which overrides for rollouts of the cluster are")
	flags.BoolVar(&o.workloadTemplates, "workload-templates", false,
		"let RolloutKinds be of the groups apps and batch, as the webhook's flag does")
}

func (o *worldOptions) validate() error {
	if _, err := argocd.ParseProgressiveSyncs(o.progressiveSyncs); err != nil {
		return fmt.Errorf("--argocd-progressive-syncs: %w", err)
	}
	return nil
}

// settings returns what the flags say of a world with an inventory.
func (o *worldOptions) settings(stock offline.Inventory) offline.Options {
	return offline.Options{
		ArgoCDNamespace: o.argoCDNamespace, ProgressiveSyncs: argocd.ProgressiveSyncs(o.progressiveSyncs), Home: o.home,
		WorkloadTemplates: o.workloadTemplates, Inventory: stock, Repositories: o.repositories, Were: o.were,
	}
}

func isOwn(document *manifest.Document) bool { return offline.IsOwn(document) }

// open returns what is judged by: own are Seawall's own objects among the manifests.
func (o *worldOptions) open(
	ctx context.Context, reader manifest.Reader, own []*manifest.Document,
) (*offline.World, []*manifest.ReadError, error) {
	given := basis{found: own, note: reader.Note}
	var read manifest.Parsed
	if len(o.policies) > 0 {
		read = reader.Read(o.policies...)
		given.given, given.found = read.Documents, nil
	}
	problems := read.Problems
	stock, unread, err := o.stock(ctx, reader, &given)
	if err != nil {
		return nil, nil, err
	}
	world := offline.New(o.settings(stock))
	refused, err := given.establish(ctx, world)
	if err != nil {
		return nil, nil, err
	}
	return world, slices.Concat(unread, problems, refused), nil
}

// stock returns the inventory: that of files, or else of the cluster that is asked. It notes in what is
// judged by what the cluster has, or else a snapshot.
func (o *worldOptions) stock(
	ctx context.Context, reader manifest.Reader, given *basis,
) (offline.Inventory, []*manifest.ReadError, error) {
	files := reader.Read(o.inventory...)
	stock, problems := offline.NewInventory(files.Documents)
	problems = append(problems, files.Problems...)
	given.standing = &stock
	if o.cluster == nil {
		return stock, problems, nil
	}
	live, err := o.cluster.take(ctx, o.argoCDNamespace, offline.RolloutKinds.Of(given.given))
	if err != nil {
		return stock, nil, err
	}
	given.standing = &live
	if len(o.inventory) == 0 {
		stock = live
	}
	return stock, problems, nil
}
