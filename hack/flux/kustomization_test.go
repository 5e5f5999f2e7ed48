package flux

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/seawall-dev/seawall/hack/peers"
)

func TestRecordKnowsWhatIsInFlight(t *testing.T) {
	g := NewWithT(t)
	record, system := peers.NewRecord[Kustomization](), kustomizations()
	note := func(name, attempted, applied, ready string) {
		of := object(kustomizeVersion, "Kustomization", Namespace, name)
		of.Object["status"] = map[string]any{
			"lastAttemptedRevision": attempted, "lastAppliedRevision": applied,
			"conditions": []any{map[string]any{"type": "Reconciling", "status": "True"}, map[string]any{"type": "Ready", "status": ready}},
		}
		g.Expect(record.Note(system, watch.Modified, &of)).To(Succeed())
	}
	note("a", "1", "1", "True")
	note("b", "1", "1", "True")
	note("a", "1", "1", "Unknown")
	g.Expect(record.InFlight).To(BeEmpty(), "what the source has is fetched, and nothing has begun")

	note("a", "2", "1", "Unknown")
	note("b", "2", "1", "Unknown")
	note("a", "2", "1", "True")
	g.Expect(record.InFlight).To(HaveKey("a"), "it is ready at what was before")
	note("a", "2", "2", "True")
	note("b", "2", "1", "False")
	note("b", "2", "1", "Unknown")
	g.Expect(record.InFlight).To(Equal(map[string]bool{"b": true}), "what failed is not done")

	g.Expect(record.MostInFlight).To(Equal(2))
	g.Expect(record.Started()).To(Equal([]string{"a", "b"}))
}
