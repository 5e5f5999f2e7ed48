package kinds_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// A field of the spec that Seawall does not know changes as many environments as a change of
// everything: in every fixture of every kind but those that only act when they are written, and
// those whose environments are rendered, of which every one is compared itself.
func TestAFieldThatNobodyKnowsChangesEverything(t *testing.T) {
	all, _ := kinds.Named()
	for i, kind := range all {
		if kind.OneShot || slices.Contains([]string{"ApplicationSet", "ResourceSet"}, kind.Name) {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			g := NewWithT(t)
			counted := 0
			for _, folder := range fixtures(g, kind) {
				fixture := kindtest.Load(t, folder)
				reader := kinds.All(kinds.Inventories{Registry: inventory.NewStaticRegistry(fixture.Static)})[i].Reader
				stored := fixture.Write.OldObject
				if stored == nil {
					stored = fixture.Write.Object
				}
				update := rollout.Write{
					Operation: rollout.Update, Namespace: fixture.Write.Namespace, Name: fixture.Write.Name, Object: stored, OldObject: stored,
				}
				rewritten := update
				rewritten.Rewritten = true
				want, err := reader.Read(context.Background(), rewritten)
				if err != nil {
					continue
				}
				update.Object = with(t, stored, "aFieldThatNobodyKnows", `{"a": 1}`)
				g.Expect(reader.Read(context.Background(), update)).To(Equal(want), folder)
				counted += want.Affected()
			}
			g.Expect(counted).NotTo(BeZero())
		})
	}
}

// with returns an object with one more field in its spec.
func with(t *testing.T, object *rollout.Object, name, value string) *rollout.Object {
	t.Helper()
	g := NewWithT(t)
	spec := maps.Clone(object.Spec)
	if spec == nil {
		spec = rollout.Fields{}
	}
	spec[name] = json.RawMessage(value)
	var members map[string]any
	g.Expect(json.Unmarshal(object.JSON, &members)).To(Succeed())
	members["spec"] = spec
	text, err := json.Marshal(members)
	g.Expect(err).NotTo(HaveOccurred())
	return kindtest.Cut(t, text)
}
