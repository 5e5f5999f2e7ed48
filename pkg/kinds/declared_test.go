package kinds_test

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestWhatNoInventoryCountsCanBeDeclared(t *testing.T) {
	_, sources := kinds.Named()
	nothing := inventory.Static{}
	for _, source := range sources {
		nothing.Absent = append(nothing.Absent, source.String())
	}
	counted := 0
	for _, kind := range kinds.All(kinds.Inventories{
		ArgoCD: argocd.NewStatic(false), ArgoCDNamespace: "argocd", Registry: inventory.NewStaticRegistry(nothing),
	}) {
		t.Run(kind.Name, func(t *testing.T) {
			g := NewWithT(t)
			folders, err := filepath.Glob(filepath.Join("*", kindtest.Folder(kind), "live"))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(folders).To(HaveLen(1))
			write := kindtest.Load(t, folders[0]).Write
			if change, err := kind.Reader.Read(t.Context(), write); err == nil {
				g.Expect(change.Evidence).NotTo(Equal(rollout.DeclaredEvidence))
				return // it says all itself
			}
			counted++
			if write.Metadata().Annotations == nil {
				write.Metadata().Annotations = map[string]string{}
			}
			write.Metadata().Annotations[v1alpha1.EnvironmentsAnnotation] = "40"
			change, err := kind.Reader.Read(t.Context(), write)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(40))
			g.Expect(change.Evidence).To(Equal(rollout.DeclaredEvidence))
		})
	}
	NewWithT(t).Expect(counted).To(BeNumerically(">", 8))
}
