package flux_test

import (
	"testing"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/flux"
)

// FuzzStart holds that no Kustomization and no HelmRelease takes the reader of starts down, and that what begins is at
// a revision.
func FuzzStart(f *testing.F) {
	const tried = "  lastAttemptedRevision: old\n  lastAppliedRevision: old\n"
	f.Add(object(f, kustomization+doing(fetching("new"), tried)), object(f, kustomization+"status:\n"+tried+ready))
	f.Add(object(f, helmRelease+doing("Running 'upgrade' action with timeout of 5m0s", "  helmChart: apps/apps-app\n")), object(f, helmRelease))
	known := registry(f)
	sources := flux.NewSources(known)
	readers := []*flux.Environments{flux.NewKustomizations(known, sources), flux.NewHelmReleases(known, sources)}
	f.Fuzz(func(t *testing.T, object, old []byte) {
		for _, reader := range readers {
			started, err := reader.Read(gate.Request{Object: object, Old: old, User: "flux", At: time.Unix(0, 0)})
			if err == nil && started != nil && started.Release.Revision == "" {
				t.Fatalf("%s begins %+v", object, started)
			}
		}
	})
}
