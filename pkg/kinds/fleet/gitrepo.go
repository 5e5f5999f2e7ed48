package fleet

import (
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// GitRepo reads GitRepos, as far as they tell.
func GitRepo(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: group, Versions: []string{"v1alpha1"}, Resource: "gitrepos", Name: "GitRepo", Namespaced: true,
		Reads: inventory.resources(), Reader: reader{inventory: inventory, estimates: true, defaultTargets: defaultGroup(), unrolled: []string{
			"targets", "paused", "pollingInterval", "disablePolling", "webhookSecret", "clientSecretName", "caBundle",
			"insecureSkipTLSVerify", "helmSecretName", "helmSecretNameForPaths", "helmRepoURLRegex", "ociRegistrySecret",
			"imageScanCommit", "imageScanInterval",
		}, nameLabel: "fleet.cattle.io/repo-name"},
	}
}

// declared raises an estimate of a write that affects anything to what the annotation declares, where the
// write reaches everywhere,
// and says that it is one.
func declared(write rollout.Write, after *side, everywhere bool, affected int, result rollout.Change) (rollout.Change, error) {
	if !everywhere && affected == 0 {
		return result, nil
	}
	result.Evidence = "spec.targets, which fleet.yaml in the repository may override"
	most, found, err := write.Declared()
	if err != nil || !found || !everywhere || most <= len(after.clusters) {
		return result, err
	}
	missing := most - len(after.clusters)
	if len(result.Steps) == 0 {
		result.Steps = []rollout.Step{{PaceRemedy: splitRemedy, SplitRemedy: splitRemedy}}
	}
	result.Steps[0].Declared = missing
	result.Steps[0].InFlight += missing
	result.Environments = most
	result.Evidence = rollout.DeclaredEvidence
	return result, nil
}
