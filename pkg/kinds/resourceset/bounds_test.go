package resourceset_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func written(tb testing.TB, spec string) rollout.Write {
	tb.Helper()
	return kindtest.Write(tb, rollout.Create, []byte("apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\n"+
		"metadata: {name: shop, namespace: apps}\nspec: {"+spec+"}\n"), nil)
}

func providersOf(tb testing.TB, providers, sets int) inventory.Static {
	tb.Helper()
	list := strings.Repeat("{a: b}, ", sets)
	return inventory.Static{Objects: kindtest.Objects(tb, fmt.Appendf(nil, "apiVersion: fluxcd.controlplane.io/v1\n"+
		"kind: ResourceSetInputProvider\nmetadata: {name: p, namespace: apps, labels: {of: test}, annotations: {%s: %q}}\n"+
		"status: {exportedInputs: [%s]}\n", kindtest.CopiesAnnotation, fmt.Sprint(providers), list))}
}

func TestWhatExpandsTooFarIsRefusedByName(t *testing.T) {
	permute := "inputStrategy: {name: Permute}, inputsFrom: [{selector: {matchLabels: {of: test}}}], resourcesTemplate: a"
	nested := strings.Repeat(`{"a":`, 900) + "[" + strings.Repeat(`"b",`, 50_000) + `"c"]` + strings.Repeat("}", 900)
	referring := `---\n{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: 'k<< inputs.a >>'}, spec: {l: [` +
		`<< range until 300 >>{kind: Kustomization, name: 'k<< . >>'},<< end >>]}}`
	many := "inputs: [" + numbered(300) + "], "
	failure := []string{"judging this write costs more than one may", ""}
	tests := map[string]struct {
		spec   string
		static inventory.Static
		want   []string
	}{
		"permutations":      {permute, providersOf(t, 20, 10), []string{"spec.inputStrategy permutes to more than 10000 sets of inputs"}},
		"permuted inputs":   {permute, providersOf(t, 2_000, 1), failure},
		"text in all":       {`inputs: [` + strings.Repeat("{a: b}, ", 10_000) + `], resourcesTemplate: "#<< range until 10000 >>` + strings.Repeat("x", 50) + `<< end >>"`, inventory.Static{}, failure},
		"loops":             {`resourcesTemplate: "<< range until 1000000000 >>a<< end >>"`, inventory.Static{}, append(failure, "spec.resourcesTemplate: ", "a template needs more than 4 MiB of intermediate results")},
		"output":            {`resourcesTemplate: "<< range until 40000 >>` + strings.Repeat("x", 50) + `<< end >>"`, inventory.Static{}, []string{"spec.resourcesTemplate does not render: renders to more than 1 MiB"}},
		"aliases of YAML":   {`resourcesTemplate: "a: &a [` + strings.Repeat("xxxxxxxxxx,", 100) + `]\nb: &b [` + strings.Repeat("*a,", 100) + `]\nc: [` + strings.Repeat("*b,", 100) + `]"`, inventory.Static{}, append(failure, "YAML aliases expand to more than 4 MiB")},
		"nested resources":  {`resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: ` + nested + `}]`, inventory.Static{}, append(failure, "spec.resources[0]: ")},
		"items":             {`resourcesTemplate: "[` + strings.Repeat("a,", 400_000) + `]"`, inventory.Static{}, append(failure, "spec.resourcesTemplate: ")},
		"references in all": {many + `resourcesTemplate: "` + referring + `"`, inventory.Static{}, nil},
		"objects, again":    {`inputs: [` + strings.Repeat("{a: b}, ", 1_000) + `], resourcesTemplate: "` + strings.Repeat(`---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.a >>}}\n`, 11) + `"`, inventory.Static{}, nil},
	}
	allowed := 15 * time.Second
	if kindtest.Raced {
		allowed *= 10
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			pool := budget.NewPool(128 << 20)
			ctx, cancel := context.WithTimeout(t.Context(), allowed)
			defer cancel()
			ctx, leave, err := pool.Open(ctx, 0)
			g.Expect(err).NotTo(HaveOccurred())
			defer leave()
			start := time.Now()
			_, err = resourceSet(inventory.NewStaticRegistry(tt.static)).Reader.Read(ctx, written(t, tt.spec))
			g.Expect(err != nil).To(Equal(tt.want != nil), "%v", err)
			for _, want := range tt.want {
				g.Expect(err).To(MatchError(ContainSubstring(want)))
			}
			if tt.want != nil {
				g.Expect(rollout.IsFinding(err)).To(Equal(tt.want[0] != failure[0]))
			}
			g.Expect(time.Since(start)).To(BeNumerically("<", allowed+allowed/3))
		})
	}
}

// numbered are sets of inputs whose a is a number.
func numbered(n int) string {
	var sets strings.Builder
	for i := range n {
		fmt.Fprintf(&sets, "{a: %d}, ", i)
	}
	return sets.String()
}

// TestADeadlineEndsARendering holds that it is a failure, whatever was rendered.
func TestADeadlineEndsARendering(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	spec := "inputs: [" + numbered(1_000) + `], resourcesTemplate: "#<< range until 100 >>x<< end >>"`
	_, err := resourceSet(inventory.NewStaticRegistry(inventory.Static{})).Reader.Read(ctx, written(t, spec))
	g.Expect(err).To(MatchError(context.Canceled))
	g.Expect(rollout.IsFinding(err)).To(BeFalse())
}

func BenchmarkThousandAppliers(b *testing.B) {
	var inputs strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&inputs, "{tenant: t%d}, ", i)
	}
	write := written(b, "inputs: ["+inputs.String()+`], resources: [{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, `+
		`metadata: {name: "<< inputs.tenant >>"}, spec: {chartRef: {kind: OCIRepository, name: shop}}}]`)
	reader := resourceSet(inventory.NewStaticRegistry(inventory.Static{})).Reader
	for b.Loop() {
		if change, err := reader.Read(context.Background(), write); err != nil || change.Affected() != 1000 {
			b.Fatal(err, change.Affected())
		}
	}
}

func TestIDsAreDifferent(t *testing.T) {
	g := NewWithT(t)
	const template = `resourcesTemplate: "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: 'n<< inputs.id >>'}}"`
	flat := `inputs: [` + strings.Repeat("{a: b}, ", 500) + `], ` + template
	change, err := kindtest.Fixture{Write: written(t, flat)}.Read(resourceSet)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Affected()).To(Equal(500))

	permuted := `inputStrategy: {name: Permute}, inputsFrom: [{selector: {matchLabels: {of: test}}}], ` + template
	change, err = kindtest.Fixture{Write: written(t, permuted), Static: providersOf(t, 3, 10)}.Read(resourceSet)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Affected()).To(Equal(1_000))
}

// Two texts that Flux Operator's slugify tells apart must not become one.
func TestSlugifyKeepsTextsApart(t *testing.T) {
	g := NewWithT(t)
	texts := []string{"a b", "a_b", "a&b", "a@b", "ä1", "ö1", "Ab", "a-b"} // the last is the first again
	inputs := ""
	for _, text := range texts {
		inputs += fmt.Sprintf("{a: %q}, ", text)
	}
	spec := `inputs: [` + inputs + `], resourcesTemplate: "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: 'n<< slugify inputs.a >>'}}"`
	change, err := kindtest.Fixture{Write: written(t, spec)}.Read(resourceSet)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Affected()).To(Equal(7))
}
