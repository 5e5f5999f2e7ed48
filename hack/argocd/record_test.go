package argocd

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/seawall-dev/seawall/hack/peers"
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
	record, system := peers.NewRecord[Application](), applications()
	note := func(s state) { g.Expect(record.Note(system, watch.Modified, s.object())).To(Succeed()) }
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
	g.Expect(record.Starts[1].Beside).To(Equal([]string{"a"}))
	both, one := record.Of([]string{"a", "b"}), record.Of([]string{"b"})
	g.Expect(both.MostInFlight).To(Equal(2))
	g.Expect(one.MostInFlight).To(Equal(1), "who else is in flight does not count")
	g.Expect(one.Starts).To(ConsistOf(And(HaveField("Environment", "b"), HaveField("Beside", BeEmpty()))))
}

func TestReadOfSeveralSources(t *testing.T) {
	g := NewWithT(t)
	of := object("Application", "a", map[string]any{})
	of.Object["status"] = map[string]any{
		"sync": map[string]any{"status": "OutOfSync", "revisions": []any{"2", "7"}},
		"operationState": map[string]any{
			"phase": "Succeeded", "syncResult": map[string]any{"revisions": []any{"1", "7"}},
			"operation": map[string]any{"initiatedBy": map[string]any{"username": "jane"}},
		},
	}
	g.Expect(readApplication(of)).To(Equal(Application{
		Revision: "2,7", Sync: "OutOfSync", Phase: "Succeeded", Synced: "1,7", By: "jane",
	}))
}
