package fleet

import (
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// GitRepo reads GitRepos, as far as they tell.
func GitRepo(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: group, Versions: []string{"v1alpha1"}, Resource: "gitrepos", Name: "GitRepo", Namespaced: true,
		Reader: reader{inventory: inventory, estimates: true, defaultTargets: defaultGroup(), unrolled: []string{
			"targets", "paused", "pollingInterval", "disablePolling", "webhookSecret", "clientSecretName", "caBundle",
			"insecureSkipTLSVerify", "helmSecretName", "helmSecretNameForPaths", "helmRepoURLRegex", "ociRegistrySecret",
			"imageScanCommit", "imageScanInterval",
		}, nameLabel: "fleet.cattle.io/repo-name"},
		Meaning: rollout.Meaning{
			Environments: "An estimate: each Cluster that spec.targets match, or those of the ClusterGroup default without targets. " +
				"The annotation seawall.dev/environments raises it.",
			Waves: "All at once: the strategy is in fleet.yaml, and judged where Fleet writes it into the Bundles. A policy that " +
				"leaves GitRepos out of its match judges the Bundles only.",
			Delta: "Clusters are added, removed, or all changed by another repository, branch, revision, path or " +
				"forceSyncGeneration. Lifting the pause releases them.",
			Inventory: clustersRead,
			Unknown: "What fleet.yaml in the repository says of targets and strategy. A commit deploys without any write of the " +
				"GitRepo; it arrives as a write of its Bundles.",
		},
	}
}

// declared raises an estimate to what the annotation declares, and says that it is one.
func declared(write rollout.Write, before, after *side, rewritten bool, result rollout.Change) (rollout.Change, error) {
	const fleetYAML = "spec.targets, which fleet.yaml in the repository may override"
	everywhere := before == nil || before.Paused || rewritten
	if !everywhere && result.Affected() == 0 {
		return result, nil
	}
	result.Evidence = fleetYAML
	most, found, err := write.Metadata().Declared()
	if err != nil || !found || !everywhere || most <= len(after.clusters) {
		return result, err
	}
	missing := most - len(after.clusters)
	if len(result.Steps) == 0 || result.Steps[0].Targets[0].Effect == rollout.Removed {
		result.Steps = append([]rollout.Step{{PaceRemedy: splitRemedy, SplitRemedy: splitRemedy}}, result.Steps...)
	}
	result.Steps[0].Declared = missing
	result.Steps[0].InFlight += missing
	result.Environments = most
	result.Evidence = rollout.DeclaredEvidence
	return result, nil
}
