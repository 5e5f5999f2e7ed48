package ocm

import (
	"context"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
)

func TestExpressions(t *testing.T) {
	registry := inventory.NewStaticRegistry(inventory.Static{Objects: kindtest.Objects(t, []byte(`
apiVersion: cluster.open-cluster-management.io/v1
kind: ManagedCluster
metadata: {name: store-1, labels: {env: prod}}
spec: {taints: [{key: gpu, effect: NoSelect}]}
status: {clusterClaims: [{name: version.openshift.io, value: 4.16.3}], version: {kubernetes: v1.31.4}}
`))})
	hub := NewInventory(registry)
	cluster, err := hub.clusters.Get("", "store-1")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	tests := map[string]struct {
		expression string
		want       bool
	}{
		"a label":                      {`managedCluster.metadata.labels["env"] == "prod"`, true},
		"a label that is not there":    {`managedCluster.metadata.labels["region"] == "eu"`, false},
		"a label with a default":       {`managedCluster.metadata.labels[?"region"].orValue("eu") == "eu"`, true},
		"a name":                       {`managedCluster.metadata.name.startsWith("store-")`, true},
		"a claim":                      {`managedCluster.status.clusterClaims.exists(c, c.name == "version.openshift.io" && semver(c.value).isGreaterThan(semver("4.15.0")))`, true},
		"a taint":                      {`!managedCluster.spec.taints.exists(t, t.key == "gpu")`, false},
		"the version":                  {`managedCluster.status.version.kubernetes.matches("^v1[.]31[.]")`, true},
		"what is no boolean is no yes": {`managedCluster.metadata.name`, false},
	}
	with := selecting{budget.From(context.Background()), sync.OnceValues(newExpressions)}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			selects, err := with.compile("field", []string{"true", tt.expression})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(selects(cluster)).To(Equal(tt.want))
		})
	}
	for name, expression := range map[string]string{
		"scores":        `managedCluster.scores("load").size() > 0`,
		"annotations":   `managedCluster.metadata.annotations["a"] == "b"`,
		"the whole":     `has(managedCluster.spec)`,
		"syntax":        `managedCluster.metadata.name ==`,
		"other objects": `otherCluster.metadata.name == "a"`,
	} {
		t.Run("not evaluated: "+name, func(t *testing.T) {
			_, err := with.compile("field", []string{expression})
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring("cannot count its environments: field[0]")))
		})
	}
}
