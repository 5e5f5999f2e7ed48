package cli

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/explain"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestWhatIsNotListedIsARightOrAFailure(t *testing.T) {
	g := NewWithT(t)
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "", nil)
	secrets := inventory.Source{Resource: "secrets", Namespace: "argocd"}
	labelled := secrets
	labelled.Label = "kind=cluster"
	of := cluster{asked: []inventory.TakenSource{
		{Source: secrets, Err: forbidden}, {Source: labelled, Err: forbidden}, {Source: inventory.Source{Resource: "configmaps"}},
		{Source: inventory.Source{Group: "fleet.cattle.io", Resource: "clusters"}, Err: errors.New("it is away")},
	}}
	all := []string{"secrets", "configmaps", "clusters.fleet.cattle.io"}
	g.Expect(of.lacking(all...)).To(Equal([]explain.Right{{Verb: "list", Resource: "secrets", Namespace: "argocd"}}))
	g.Expect(of.lacking("configmaps")).To(BeEmpty())
	var noted []string
	of.noteFailures(func(text string) { noted = append(noted, text) }, all...)
	g.Expect(noted).To(Equal([]string{"left out: clusters.fleet.cattle.io: it is away"}))
	g.Expect(of.left("secrets")).To(Equal(error(forbidden)))
	g.Expect(of.left("configmaps")).NotTo(HaveOccurred())
}

func TestNoMoreIsWantedThanAKindReads(t *testing.T) {
	g := NewWithT(t)
	all, sources := kinds.Named()
	wanted := func(name string) (found []string) {
		wants := wantsFor(matching(all, name)[0])
		for _, source := range sources {
			if wants(source) {
				found = append(found, source.String())
			}
		}
		return found
	}
	g.Expect(wanted("Bundle")).To(ConsistOf(
		"namespaces", "clusters.fleet.cattle.io", "clustergroups.fleet.cattle.io", "bundlenamespacemappings.fleet.cattle.io"))
	g.Expect(wanted("PropagationPolicy")).To(ConsistOf("namespaces", "clusters.cluster.karmada.io"))
	g.Expect(wantsFor(rollout.Kind{})(inventory.Source{Group: "seawall.dev", Resource: "wavepolicies"})).To(BeTrue())
}
