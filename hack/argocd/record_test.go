package argocd

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
)

// state is an Application as its controller leaves it.
type state struct {
	name, revision, sync, health, phase, synced string
	operating                                   bool
}

func (s state) object() *unstructured.Unstructured {
	of := object("Application", s.name, map[string]any{})
	if s.operating {
		of.Object["operation"] = map[string]any{"sync": map[string]any{}}
	}
	of.Object["status"] = map[string]any{
		"sync":           map[string]any{"status": s.sync, "revision": s.revision},
		"health":         map[string]any{"status": s.health},
		"operationState": map[string]any{"phase": s.phase, "syncResult": map[string]any{"revision": s.synced}},
	}
	return of
}

func TestRecordKnowsWhatIsInFlight(t *testing.T) {
	g := NewWithT(t)
	record := newRecord()
	note := func(s state) { g.Expect(record.noteApplication(watch.Modified, s.object())).To(Succeed()) }
	done := state{name: "a", revision: "1", sync: "Synced", health: "Healthy", phase: "Succeeded", synced: "1"}
	note(done)
	b := done
	b.name = "b"
	note(b)
	g.Expect(record.InFlight).To(BeEmpty(), "nothing has started")

	note(state{name: "a", revision: "2", sync: "OutOfSync", health: "Healthy", phase: "Running", synced: "1", operating: true})
	note(state{name: "b", revision: "2", sync: "OutOfSync", health: "Healthy", phase: "Running", synced: "1", operating: true})
	note(state{name: "a", revision: "2", sync: "OutOfSync", health: "Healthy", phase: "Succeeded", synced: "2"})
	g.Expect(record.InFlight).To(HaveKey("a"), "what was applied is not compared yet")
	note(state{name: "a", revision: "2", sync: "Synced", health: "Progressing", phase: "Succeeded", synced: "2"})
	g.Expect(record.InFlight).To(HaveKey("a"), "it is not healthy yet")
	note(state{name: "a", revision: "1", sync: "Synced", health: "Healthy", phase: "Succeeded", synced: "2"})
	g.Expect(record.InFlight).To(HaveKey("a"), "it is healthy at what was before")
	note(state{name: "a", revision: "3", sync: "Synced", health: "Healthy", phase: "Succeeded", synced: "2"})
	g.Expect(record.InFlight).To(Equal(map[string]bool{"b": true}), "a commit came that does not concern it")
	note(state{name: "b", revision: "2", sync: "OutOfSync", health: "Healthy", phase: "Failed", synced: "2"})
	g.Expect(record.InFlight).To(Equal(map[string]bool{"b": true}), "what failed is not done")

	g.Expect(record.MostInFlight).To(Equal(2))
	g.Expect(record.Started()).To(Equal([]string{"a", "b"}))
}
