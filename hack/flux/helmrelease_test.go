package flux

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/seawall-dev/seawall/hack/peers"
)

func TestRecordKnowsWhichHelmReleasesAreInFlight(t *testing.T) {
	g := NewWithT(t)
	record, system := peers.NewRecord[HelmRelease](), helmReleases()
	note := func(name, attempted, values, ready string) {
		of := object(helmVersion, "HelmRelease", Namespace, name)
		of.Object["status"] = map[string]any{
			"lastAttemptedRevision": attempted, "lastAttemptedConfigDigest": values,
			"conditions": []any{map[string]any{"type": "Ready", "status": ready}},
		}
		g.Expect(record.Note(system, watch.Modified, &of)).To(Succeed())
	}
	note("a", "1", "x", "True")
	note("b", "1", "x", "True")
	note("a", "1", "x", "Unknown")
	g.Expect(record.InFlight).To(BeEmpty(), "an upgrade is about to begin, and does not say of what")

	note("a", "2", "x", "Unknown")
	note("b", "1", "x", "Unknown")
	note("b", "1", "y", "Unknown")
	note("a", "2", "x", "False")
	note("a", "2", "x", "Unknown")
	g.Expect(record.InFlight).To(HaveLen(2), "what has failed is not done, and other values are another start")
	note("a", "2", "x", "True")
	g.Expect(record.InFlight).To(Equal(map[string]bool{"b": true}))

	g.Expect(record.MostInFlight).To(Equal(2))
	g.Expect(record.Started()).To(Equal([]string{"a", "b"}))
}
