package karmada_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const members = `---
apiVersion: cluster.karmada.io/v1alpha1
kind: Cluster
metadata: {name: member1}
spec: {provider: huaweicloud, region: cn-north-1}
---
apiVersion: cluster.karmada.io/v1alpha1
kind: Cluster
metadata: {name: member2}
spec: {provider: huaweicloud, region: cn-south-1}
---
apiVersion: cluster.karmada.io/v1alpha1
kind: Cluster
metadata: {name: member3}
spec: {provider: aws, region: us-east-1}
---
apiVersion: cluster.karmada.io/v1alpha1
kind: Cluster
metadata: {name: member4}
spec: {provider: aws, region: us-east-1}
---
apiVersion: cluster.karmada.io/v1alpha1
kind: Cluster
metadata: {name: member5}
spec: {provider: aws, region: us-east-1}
`

func TestCorpus(t *testing.T) {
	tainted := strings.NewReplacer("cn-north-1}", "cn-north-1, taints: [{key: foo, effect: NoSchedule}]}",
		"cn-south-1}", "cn-south-1, taints: [{key: foo, value: bar, effect: NoSchedule}]}").Replace(members)
	tests := map[string]struct {
		file, members   string
		affected, total int
	}{
		"two names":                   {"pp-simple-2names", members, 2, 2},
		"provider and region":         {"pp-fieldselector-provider-region", members, 1, 1},
		"a toleration without taints": {"pp-toleration", members, 2, 2},
		"a toleration with taints":    {"pp-toleration", tainted, 1, 1},
		"suspended":                   {"pp-suspend-all", members, 0, 2},
		"primary and backup":          {"pp-clusteraffinities-primary-backup", members, 2, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			write := kindtest.Write(t, rollout.Create, kindtest.Corpus(t, "karmada/"+tt.file+".yaml"), nil)
			change, err := kindtest.Fixture{Write: write, Static: static(t, tt.members)}.Read(policy)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(tt.affected))
			g.Expect(change.Environments).To(Equal(tt.total))
		})
	}
	suspended := kindtest.Corpus(t, "karmada/pp-suspend-all.yaml")
	for name, resumed := range map[string]string{
		"the edit that removes the suspension": strings.Replace(string(suspended), "  suspension:\n    dispatching: true\n", "", 1),
		"the edit that turns it off":           strings.Replace(string(suspended), "dispatching: true", "dispatching: false", 1),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(resumed).NotTo(ContainSubstring("dispatching: true"))
			write := kindtest.Write(t, rollout.Update, []byte(resumed), suspended)
			change, err := kindtest.Fixture{Write: write, Static: static(t, members)}.Read(policy)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(2))
		})
	}
}

func static(tb testing.TB, documents string) inventory.Static {
	tb.Helper()
	return inventory.Static{Objects: kindtest.Objects(tb, []byte(documents))}
}
