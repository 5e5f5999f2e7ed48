package applicationset

import "github.com/seawall-dev/seawall/pkg/rollout"

func meaning() rollout.Meaning {
	return rollout.Meaning{
		Environments: "Each Application that the ApplicationSet renders is one environment, whether it syncs by itself or by hand: n is the " +
			"number of distinct names. The generators list, clusters, clusterDecisionResource, matrix and merge are expanded as Argo CD " +
			"does, with their selectors, templates and templatePatch; a spec that expands to more than 100,000 sets of parameters in one " +
			"matrix, 1,000,000 in all, or 32 MiB of them, is refused by name.",
		Waves: "A RollingSync with progressive syncs enabled on the ApplicationSet controller: of each step at most maxUpdate " +
			"Applications are in flight; a step is a gate. Otherwise all n at once. Applications that no step selects never sync.",
		Delta: "Old and new object are rendered over the same clusters. Applications are added, removed, or changed when their " +
			"rendered spec differs; labels and annotations alone change none. applicationsSync is honoured as far as the controller's own " +
			"policy lets it, and so is preserveResourcesOnDeletion. A larger maxUpdate, or a step less, releases the Applications that the " +
			"status does not show to be healthy; a rule of ignoreApplicationDifferences less releases all.",
		Inventory: "The cluster Secrets, the ConfigMap argocd-cmd-params-cm, the ConfigMaps and decisions of " +
			"clusterDecisionResource in Argo CD's namespace, and the metadata of the Applications that the ApplicationSet owns.",
		Unknown: "What the git, oci, scmProvider, pullRequest and plugin generators yield: the annotation " +
			"seawall.dev/environments says it, but not less than the Applications that exist when the generators did not change. In a " +
			"matrix with clusters, those that exist are scaled by the clusters that come and go, unless one child takes parameters of the " +
			"other. Flags of the ApplicationSet controller that are not in its ConfigMap. A commit, or a new cluster, changes Applications " +
			"without any write of the ApplicationSet.",
	}
}
