package custom_test

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// TestNoMessageQuotesTheTargets holds it for what expressions are given of an inventory, which whoever
// writes a rollout need not have the right to read.
func TestNoMessageQuotesTheTargets(t *testing.T) {
	static := inventory.Static{Objects: kindtest.Objects(t, []byte(strings.ReplaceAll(`
apiVersion: yard.example.com/v1
kind: Wagon
metadata: {name: w-CANARY, labels: {env: CANARY, CANARY: x}, annotations: {CANARY: CANARY}}
spec: {s: CANARY, n: 7391739173, m: {CANARY: CANARY}, l: [CANARY]}
`, "CANARY", kindtest.Canary)))}
	withheld := 0
	const first = "targets[0].spec."
	for _, text := range []string{
		"[string(object.spec[" + first + "s])]", "[" + first + "m[" + first + "s + 'x']]", first + "m[object.spec.key]", "[string({" + first + "s: 1}['x'])]", first + "s", first + "m", first + "l",
		first + "n", "[" + first + "n]", "[" + first + "m]", "[string(int(" + first + "s))]", "[string(duration(" + first + "s))]", "[string(timestamp(" + first + "s))]", "[quantity(" + first + "s)]",
		"[url(" + first + "s)]", "'x'.matches(" + first + "s + '(') ? ['a'] : []", "[" + first + "s.format([1])]", "[('%' + " + first + "s).format([1])]", "[semver(" + first + "s)]",
		"[ip(" + first + "s)]", "[cidr(" + first + "s)]", "{'matchLabels': {" + first + "s: " + first + "s + '!'}}.selects({}) ? ['a'] : []", "{" + first + "s: 'x'}.selects({}) ? ['a'] : []",
		"{'matchExpressions': [{'key': 'a', 'operator': string(" + first + "s)}]}.selects({}) ? ['a'] : []", "targets[7].name", "dyn(" + first + "s) + 1", "[dyn(" + first + "s) / 0]", "['a'].map(x, " + first + "s)[int(" + first + "n)]",
		"[" + first + "missing]",
	} {
		for i := range 4 {
			waves, referred := i%2 == 1, i > 1
			read := v1alpha1.RolloutKindInventory{
				Group: "yard.example.com", Versions: []string{"v1"}, Resource: "wagons", Kind: "Wagon", Fields: []string{"metadata.name", "metadata.labels", "spec"},
			}
			text := text
			if referred {
				text = strings.ReplaceAll(text, "targets", "related.wagons")
			}
			source := wagons("dyn("+text+")", "", "")
			if waves {
				source = wagons("object.spec.names", "dyn("+text+")", "")
			}
			if referred {
				source.Spec.Related = []v1alpha1.RelatedInventory{{Name: "wagons", RolloutKindInventory: read}}
			} else {
				source.Spec.Inventory = read
			}
			g := gomega.NewWithT(t)
			kind, err := custom.New(source, custom.NewInventories(inventory.NewStaticRegistry(static), &source.Spec))
			g.Expect(err).NotTo(gomega.HaveOccurred(), text)
			change, err := kind.Reader.Read(t.Context(), kindtest.Write(t, rollout.Create, train("{names: [a, b], key: nothing}"), nil))
			for _, said := range kindtest.Messages(change, err) {
				g.Expect(kindtest.Leaks(said)).To(gomega.BeFalse(), "%s: %s", text, said)
				g.Expect(said).NotTo(gomega.ContainSubstring("73917"), text)
			}
			if kindtest.Leaks(rollout.Withheld(err)) {
				withheld++
			}
		}
	}
	gomega.NewWithT(t).Expect(withheld).To(gomega.BeNumerically(">", 20), "the attempts work, without what is tested")
}
