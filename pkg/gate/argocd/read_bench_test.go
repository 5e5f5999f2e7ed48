package argocd_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// BenchmarkRead is what it costs to read the start of an Application of 200 objects, as it and its old one are sent.
func BenchmarkRead(b *testing.B) {
	var resources strings.Builder
	for i := range 200 {
		fmt.Fprintf(&resources, "  - {group: apps, version: v1, kind: Deployment, namespace: app, name: deployment-%d, status: Synced, "+
			"health: {status: Healthy}, hookPhase: Running, syncPhase: Sync, message: deployment.apps/deployment-%d configured}\n", i, i)
	}
	listed := stored + "  resources:\n" + resources.String()
	now, before := asJSON(b, listed+"operation: {sync: {revision: b}, initiatedBy: {automated: true}}\n"), asJSON(b, listed)
	b.SetBytes(int64(len(now) + len(before)))
	read := reader()
	for b.Loop() {
		started, err := read.Read(gate.Request{Object: now, Old: before, User: "argo", At: time.Unix(0, 0)})
		gomega.NewWithT(b).Expect(err).NotTo(gomega.HaveOccurred())
		if started == nil {
			b.Fatal("it begins nothing")
		}
	}
}
