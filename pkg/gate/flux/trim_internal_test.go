package flux

import (
	"testing"

	"github.com/onsi/gomega"
)

// TestWhatIsKept holds that of an object no more is kept than is read. The other tests here read what is kept.
func TestWhatIsKept(t *testing.T) {
	g := gomega.NewWithT(t)
	of := read(t, helmReleases(), `
metadata: {namespace: a, name: b, labels: {env: prod}, annotations: {reconcile.fluxcd.io/requestedAt: now}}
status:
  conditions:
    - {type: Released, status: "True", reason: UpgradeSucceeded, message: a long one}
    - {type: Ready, status: "Unknown", reason: Progressing, message: a long one}
    - {type: Reconciling, status: "True", reason: Progressing, message: Running 'upgrade' action}
  history: [{chartVersion: 2.0.0, status: deployed}, {chartVersion: 1.0.0, status: superseded}]
`)
	g.Expect(of.Metadata).To(gomega.Equal(metadata{Namespace: "a", Name: "b", Annotations: annotations{RequestedAt: "now"}}))
	g.Expect(of.Status.Conditions).To(gomega.Equal([]condition{
		{Type: "Ready", Status: "Unknown", Reason: "Progressing"},
		{Type: "Reconciling", Status: "True", Reason: "Progressing", Message: "Running 'upgrade' action"},
	}))
	g.Expect(of.Status.History).To(gomega.Equal([]known{{ChartVersion: "2.0.0", Status: "deployed"}}))
}
