package custom_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestDeclarationsOfTheObjectCount(t *testing.T) {
	tests := map[string]struct {
		environments, object, old string
		n                         int
	}{
		"more than is listed":         {"object.spec.names", "{names: [a, b]}", "", 9},
		"more than the number":        {"object.spec.many", "{many: 4}", "", 9},
		"less than is listed":         {"object.spec.names", "{names: [a, b, c, d, e, f, g, h, i, j]}", "", 10},
		"of a rollout that waits":     {"object.spec.names", "{names: []}", "", 0},
		"when all change":             {"object.spec.names", "{names: [a, b], v: 2}", "{names: [a, b], v: 1}", 9},
		"when one is added":           {"object.spec.names", "{names: [a, b]}", "{names: [a]}", 1},
		"when it starts":              {"object.spec.names", "{names: [a, b]}", "{names: []}", 9},
		"when the write changes none": {"object.spec.names", "{names: [a, b]}", "{names: [a, b]}", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			operation, old := rollout.Create, []byte(nil)
			if tt.old != "" {
				operation, old = rollout.Update, train(tt.old)
			}
			write := kindtest.Write(t, operation, train(tt.object), old)
			write.Metadata().Annotations = map[string]string{v1alpha1.EnvironmentsAnnotation: "9"}
			source := wagons(tt.environments, "", "object.spec.?v")
			change, err := newKind(source)(inventory.NewRegistry()).Reader.Read(t.Context(), write)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(change.Affected()).To(gomega.Equal(tt.n))
			if tt.n == 9 {
				g.Expect(change.Evidence).To(gomega.Equal(rollout.DeclaredEvidence))
			}
		})
	}
}

func TestWhatIsKnownOfTheUncounted(t *testing.T) {
	tests := map[string]struct {
		environments, want string
		atLeast            int
	}{
		"names":      {`{"atLeast": dyn(object.spec.names), "because": dyn("some are elsewhere")}`, "spec.environments cannot say them all: some are elsewhere", 2},
		"a number":   {`{"atLeast": dyn(7), "because": dyn("some are elsewhere")}`, "spec.environments cannot say them all: some are elsewhere", 7},
		"no reason":  {`{"atLeast": 7}`, `spec.environments yields "{\"atLeast\":7}": want an object with atLeast and because`, 0},
		"no names":   {`{"atLeast": dyn("x"), "because": dyn("y")}`, `spec.environments yields "\"x\"": want a list of names or a number`, 0},
		"of objects": {`{"atLeast": dyn({"atLeast": 1}), "because": dyn("y")}`, "spec.environments yields an object as atLeast: want a list of names or a number", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			_, err := read(t, wagons(tt.environments, "", ""), rollout.Create, "{names: [a, b]}", "")
			unresolved, is := errors.AsType[*rollout.UnresolvedError](err)
			g.Expect(is).To(gomega.BeTrue())
			g.Expect(unresolved.Field + " " + unresolved.Problem).To(gomega.Equal("RolloutKind trains.trains.example.com: " + tt.want))
			g.Expect(unresolved.AtLeast).To(gomega.Equal(tt.atLeast))
		})
	}
}

func TestTargetsCarryTheirRates(t *testing.T) {
	const objects = `
{apiVersion: yard.example.com/v1, kind: Wagon, metadata: {name: a, namespace: ns, annotations: {seawall.dev/sync-success-rate: "0.9"}}}
---
{apiVersion: yard.example.com/v1, kind: Wagon, metadata: {name: b, namespace: other, annotations: {seawall.dev/sync-success-rate: "0.8"}}}
---
{apiVersion: yard.example.com/v1, kind: Wagon, metadata: {name: c, namespace: ns}}
`
	of := func(name, rate, source string) rollout.Target {
		return rollout.Target{Name: name, Effect: rollout.Added, SuccessRate: rate, Source: source}
	}
	tests := map[string]struct {
		environments string
		want         rollout.Target
	}{
		"by name":             {`["a"]`, of("a", "0.9", "Wagon ns/a")},
		"by its namespace":    {`["other/b"]`, of("other/b", "0.8", "Wagon other/b")},
		"of another one":      {`["b"]`, of("b", "", "")},
		"without a rate":      {`["c"]`, of("c", "", "")},
		"that is not there":   {`["d"]`, of("d", "", "")},
		"that it says":        {`[{"name": "x", "target": "other/b"}]`, of("x", "0.8", "Wagon other/b")},
		"that it says itself": {`targets.filter(t, t.?metadata.?annotations["seawall.dev/sync-success-rate"] == optional.of("0.8")).map(t, t.metadata.name)`, of("b", "", "")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			source := wagons(tt.environments, "", "")
			source.Spec.Inventory = v1alpha1.RolloutKindInventory{Group: "yard.example.com", Versions: []string{"v1"}, Resource: "wagons", Kind: "Wagon"}
			registry := inventory.NewStaticRegistry(inventory.Static{Objects: kindtest.Objects(t, []byte(objects))})
			change, err := newKind(source)(registry).Reader.Read(t.Context(), kindtest.Write(t, rollout.Create, train("{}"), nil))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(change.Steps).To(gomega.HaveLen(1))
			g.Expect(change.Steps[0].Targets).To(gomega.Equal([]rollout.Target{tt.want}))
		})
	}
}

// TestRelatedObjectsAreJoined holds what docs/custom-kinds.md shows.
func TestRelatedObjectsAreJoined(t *testing.T) {
	page, err := os.ReadFile("../../../docs/custom-kinds.md")
	g := gomega.NewWithT(t)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	_, shown, found := strings.Cut(string(page), "```yaml\nrelated:\n")
	g.Expect(found).To(gomega.BeTrue())
	shown, _, _ = strings.Cut(shown, "```")
	source := wagons("", "", "")
	g.Expect(yaml.UnmarshalStrict([]byte("related:\n"+shown), &source.Spec)).To(gomega.Succeed())
	source.Spec.Inventory = v1alpha1.RolloutKindInventory{
		Group: "yard.example.com", Versions: []string{"v1"}, Resource: "wagons", Kind: "Wagon", Fields: []string{"spec.pool"},
	}
	const objects = `
{apiVersion: yard.example.com/v1, kind: Pool, metadata: {name: p}, spec: {region: north}}
---
{apiVersion: yard.example.com/v1, kind: Pool, metadata: {name: q}, spec: {region: south}}
---
{apiVersion: yard.example.com/v1, kind: Wagon, metadata: {name: a, annotations: {seawall.dev/sync-success-rate: "0.9", kindtest.seawall.dev/copies: "%d"}}, spec: {pool: p}}
---
{apiVersion: yard.example.com/v1, kind: Wagon, metadata: {name: b}, spec: {pool: q}}
---
{apiVersion: yard.example.com/v1, kind: Wagon, metadata: {name: c}, spec: {pool: none}}
`
	const many = 900
	registry := inventory.NewStaticRegistry(inventory.Static{Objects: kindtest.Objects(t, fmt.Appendf(nil, objects, many))})
	change, err := newKind(source)(registry).Reader.Read(t.Context(), kindtest.Write(t, rollout.Create, train("{region: north}"), nil))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(change.Affected()).To(gomega.Equal(many))
	g.Expect(change.Steps[0].Targets[0].SuccessRate).To(gomega.Equal("0.9"))

	gone := inventory.NewStaticRegistry(inventory.Static{Absent: []string{"pools.yard.example.com"}, Objects: kindtest.Objects(t, fmt.Appendf(nil, objects, 1))})
	_, err = newKind(source)(gone).Reader.Read(t.Context(), kindtest.Write(t, rollout.Create, train("{region: north}"), nil))
	g.Expect(rollout.IsFinding(err)).To(gomega.BeTrue(), "a related resource that is not served is not one of no objects")
}
