package applicationset_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestNamesThatAreRefusedAreWarnedOf(t *testing.T) {
	g := NewWithT(t)
	object := kindtest.Object(t, []byte(`
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: named, namespace: argocd}
spec:
  generators: [{list: {elements: [{name: Payments}, {name: search}, {name: check_out}]}}]
  template:
    metadata: {name: "{{name}}"}
    spec: {project: default, destination: {name: in-cluster, namespace: default}}
`))
	change, err := newArgoCD(t, nil).read(rollout.Write{Operation: rollout.Create, Object: object})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Environments).To(Equal(1), "those that are refused are none")
	g.Expect(change.Warnings).To(ConsistOf(`2 sets of parameters render to names that are refused, such as "Payments" ` +
		`(want lower case letters, digits, "-" and ".", at most 253 in all, beginning and ending with a letter or a digit): ` +
		`Argo CD creates no Applications for them, and removes none at all until that is mended`))
}
