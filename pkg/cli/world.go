package cli

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
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
}

func (o *worldOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.policies, "policies", nil,
		"FILE or DIR of WavePolicies, WaveOverrides and RolloutKinds; may be given several times. Without it those among the "+
			"manifests are taken, and without any the chart's default policy")
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

// settings returns what the flags say of a world without inventory.
func (o *worldOptions) settings() offline.Options {
	return offline.Options{
		ArgoCDNamespace: o.argoCDNamespace, ProgressiveSyncs: argocd.ProgressiveSyncs(o.progressiveSyncs), Home: o.home,
		WorkloadTemplates: o.workloadTemplates,
	}
}

func isOwn(document *manifest.Document) bool { return offline.IsOwn(document) }

// open returns what is judged by: own are Seawall's own objects among the manifests.
func (o *worldOptions) open(
	ctx context.Context, reader manifest.Reader, own []*manifest.Document,
) (*offline.World, []*manifest.ReadError, error) {
	given := reader.Read(o.inventory...)
	stock, problems := offline.NewInventory(given.Documents)
	problems = append(problems, given.Problems...)
	world := offline.New(offline.Options{
		ArgoCDNamespace: o.argoCDNamespace, ProgressiveSyncs: argocd.ProgressiveSyncs(o.progressiveSyncs), Home: o.home,
		WorkloadTemplates: o.workloadTemplates, Inventory: stock,
	})
	if len(o.policies) > 0 {
		read := reader.Read(o.policies...)
		problems = append(problems, read.Problems...)
		own = nil
		for _, document := range read.Documents {
			if isOwn(document) {
				own = append(own, document)
			}
		}
	}
	refused, err := world.Add(ctx, own...)
	if err != nil {
		return nil, nil, err
	}
	problems = append(problems, refused...)
	if len(world.Policies) == 0 && len(refused) == 0 {
		if reader.Note != nil {
			reader.Note("no policy was given: judged by the chart's default")
		}
		if _, err := world.Add(ctx, offline.Default()...); err != nil {
			return nil, nil, err
		}
	}
	return world, problems, nil
}
