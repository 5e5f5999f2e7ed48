package resourceset_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// TestNoMessageQuotesInputsOfProviders holds it for what providers have found, which whoever writes a
// ResourceSet need not have the right to read.
func TestNoMessageQuotesInputsOfProviders(t *testing.T) {
	static := inventory.Static{Objects: kindtest.Objects(t, []byte(strings.ReplaceAll(`
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: p, namespace: apps, labels: {of: test}}
status: {exportedInputs: [{a: CANARY, CANARY: CANARY, m: {CANARY: CANARY}, yaml: "CANARY: [", bad: "*CANARY", number: 7391739173}]}
`, "CANARY", kindtest.Canary)))}
	objectOf := func(fields string) string {
		return "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: x}, " + fields + "}"
	}
	withheld := 0
	for _, text := range []string{
		"<< fail inputs.a >>", "<< range inputs.a >><< end >>", "<< index inputs.m inputs.a `x` >>", "<< inputs.a.x >>", `<< template "x" inputs.a >>`,
		"<< slugify inputs.m >>", "<< (index inputs.m inputs.a).x >>", `<< fail (toJson inputs) >>`, "<< inputs.missing >>", `<< mustRegexMatch (print "(" inputs.a) "x" >>`,
		"<< inputs.a >>", "[<< inputs.a >>", "<< inputs.yaml >>", "<< inputs.bad >>", "a: << inputs.a >>: b", "kind: << inputs.number >>", "{kind: A, metadata: {name: << inputs.number >>}}",
		objectOf("spec: << inputs.a >>"), objectOf("spec: {suspend: << inputs.a >>}"), objectOf("metadata: {annotations: {<< inputs.a >>: << inputs.number >>}}"),
		objectOf("spec: {prune: << inputs.number >>}"), "<< repeat 9999999 inputs.a >>", "<< inputs.a", `<< printf "%d" inputs.a | fail >>`, "{a: << inputs.a >>}",
	} {
		for _, strategy := range []string{"Flatten", "Permute"} {
			spec := "inputStrategy: {name: " + strategy + "}, inputsFrom: [{name: p}, {selector: {matchLabels: {of: test}}}], resourcesTemplate: " + quoted(text)
			if strategy == "Permute" {
				spec = strings.ReplaceAll(spec, "inputs.", "inputs.p.")
			}
			change, err := resourceSet(inventory.NewStaticRegistry(static)).Reader.Read(t.Context(), written(t, spec))
			for _, said := range kindtest.Messages(change, err) {
				if kindtest.Leaks(said) || strings.Contains(said, "73917") {
					t.Errorf("%s: %s", text, said)
				}
			}
			if kindtest.Leaks(rollout.Withheld(err)) {
				withheld++
			}
		}
	}
	NewWithT(t).Expect(withheld).To(BeNumerically(">", 5), "the attacks work, without what is tested")
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
