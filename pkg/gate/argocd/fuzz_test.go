package argocd_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// FuzzStart holds that no Application takes the reader of starts down, and that nothing begins without an operation
// that syncs.
func FuzzStart(f *testing.F) {
	for _, operation := range []string{
		"operation: {sync: {revision: b}, initiatedBy: {automated: true}}", "operation: {sync: {revisions: [a, b], resources: [{kind: ConfigMap}]}}",
		"operation: {sync: {dryRun: true}}", `operation: {sync: {manifests: ["{}"], source: {repoURL: x}}, info: [{name: a, value: b}]}`,
	} {
		f.Add(asJSON(f, stored+operation), asJSON(f, outdated()), "jane")
		f.Add(asJSON(f, stored+operation), []byte(nil), pacer)
	}
	f.Fuzz(func(t *testing.T, object, old []byte, user string) {
		started, err := reader().Read(gate.Request{Object: object, Old: old, User: user, At: time.Unix(0, 0)})
		if err != nil || started == nil {
			return
		}
		var now struct {
			Operation *struct {
				Sync *struct {
					DryRun bool `json:"dryRun"`
				} `json:"sync"`
			} `json:"operation"`
		}
		if err := json.Unmarshal(object, &now); err != nil || now.Operation == nil || now.Operation.Sync == nil || now.Operation.Sync.DryRun {
			t.Fatalf("%s begins %+v", object, started)
		}
	})
}
