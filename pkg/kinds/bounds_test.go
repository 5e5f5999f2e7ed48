package kinds_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Many rules over many clusters end with their context, which is no finding about the write.
func TestLoopsOverClustersEndWithTheirContext(t *testing.T) {
	const copies = `annotations: {kindtest.seawall.dev/copies: "100"}`
	selectors := func(format string) string {
		rules := make([]string, 100)
		for i := range rules {
			rules[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(rules, ", ")
	}
	const labels = `{matchLabels: {no: "%d"}}`
	tests := map[string]struct{ inventory, kind, spec string }{
		"Bundle": {
			"{apiVersion: fleet.cattle.io/v1alpha1, kind: Cluster, metadata: {name: c, namespace: ns, " + copies + "}}",
			"fleet.cattle.io/v1alpha1", "targets: [" + selectors("{clusterSelector: "+labels+"}") + "]",
		},
		"Placement": {
			"{apiVersion: cluster.open-cluster-management.io/v1, kind: ManagedCluster, metadata: {name: c, " + copies +
				", labels: {cluster.open-cluster-management.io/clusterset: s}}}\n---\n" +
				"{apiVersion: cluster.open-cluster-management.io/v1beta2, kind: ManagedClusterSet, metadata: {name: s}}\n---\n" +
				"{apiVersion: cluster.open-cluster-management.io/v1beta2, kind: ManagedClusterSetBinding, metadata: {name: s, namespace: ns}}\n---\n" +
				"{apiVersion: work.open-cluster-management.io/v1alpha1, kind: ManifestWorkReplicaSet, metadata: {name: w, namespace: ns}, " +
				"spec: {placementRefs: [{name: x}]}}",
			"cluster.open-cluster-management.io/v1beta1",
			"predicates: [" + selectors("{requiredClusterSelector: {labelSelector: "+labels+"}}") + "]",
		},
		"ClusterResourcePlacement": {
			"{apiVersion: cluster.kubernetes-fleet.io/v1, kind: MemberCluster, metadata: {name: c, " + copies + "}}",
			"placement.kubernetes-fleet.io/v1",
			"policy: {affinity: {clusterAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {clusterSelectorTerms: [" +
				selectors("{labelSelector: "+labels+"}") + "]}}}}",
		},
		"PropagationPolicy": {
			"{apiVersion: cluster.karmada.io/v1alpha1, kind: Cluster, metadata: {name: c, " + copies + "}}",
			"policy.karmada.io/v1alpha1", "placement: {clusterAffinities: [" + selectors(`{affinityName: "%d", labelSelector: {matchLabels: {no: such}}}`) + "]}",
		},
		"ClusterProfile": {
			"{apiVersion: lib.projectsveltos.io/v1beta1, kind: SveltosCluster, metadata: {name: c, namespace: ns, " + copies + "}}\n---\n" +
				"{apiVersion: lib.projectsveltos.io/v1beta1, kind: ClusterSet, metadata: {name: s, " + copies + "}, " +
				"spec: {clusterSelector: {matchLabels: {no: such}}}}",
			"config.projectsveltos.io/v1beta1", "setRefs: [" + selectors("s-%03d") + "]",
		},
		"Promotion": {
			"{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a, namespace: argocd, " + copies + "}}\n---\n" +
				`{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: b, namespace: argocd, annotations: {kargo.akuity.io/authorized-stage: "ns:s"}}}`,
			"kargo.akuity.io/v1alpha1",
			"stage: s, steps: [{uses: argocd-update, config: {apps: [" + selectors(`{name: "${{ quote(%d) }}"}`) + "]}}]",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			static := inventory.Static{Objects: kindtest.Objects(t, []byte(tt.inventory))}
			object := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: x, namespace: ns}\nspec: {%s}", tt.kind, name, tt.spec)
			if strings.HasPrefix(name, "Cluster") {
				object = strings.Replace(object, ", namespace: ns", "", 1)
			}
			write := kindtest.Write(t, rollout.Create, []byte(object), nil)
			for _, kind := range kinds.All(kinds.Inventories{Registry: inventory.NewStaticRegistry(static), ArgoCDNamespace: "argocd"}) {
				if kind.Name != name {
					continue
				}
				_, err := kind.Reader.Read(context.Background(), write)
				g.Expect(err).NotTo(HaveOccurred())
				ended, end := context.WithCancel(context.Background())
				end()
				_, err = kind.Reader.Read(ended, write)
				g.Expect(err).To(MatchError(context.Canceled))
				g.Expect(rollout.IsFinding(err)).To(BeFalse())
			}
		})
	}
}
