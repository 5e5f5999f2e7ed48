package kinds_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// right is what a case is judged by: n environments and the largest numbers in flight of each
// wave; uncounted says that not to count them is right, too.
type right struct {
	n         int
	waves     []int
	uncounted bool
}

func atOnce(n int) right { return right{n: n, waves: []int{n}} }

// fleetCases are the right values of ../shared/cases/expected.tsv.
var fleetCases = map[string]right{
	"a1-capi-helmchartproxy":                     atOnce(40),
	"a2-capi-clusterresourceset":                 atOnce(40),
	"a4-capi-helmchartproxy-selector-gains-one":  atOnce(1),
	"c1-karmada-suspended-static-weights":        atOnce(1),
	"c4-karmada-overridepolicy":                  atOnce(20),
	"f1-fleet-intersecting-group-customization":  atOnce(8),
	"f3-fleet-overridetargets-dropped":           atOnce(12),
	"f9-fleet-gitrepo-with-paced-fleetyaml":      atOnce(100), // the pace is not in the object
	"k3-kubefleet-override":                      atOnce(20),
	"k4-kubefleet-toleration-added":              atOnce(7),
	"o1-acm-placement-widened-bound-to-policy":   atOnce(40),
	"o2-acm-policy-inform-to-enforce":            atOnce(30),
	"o3-ocm-cel-placement-fresh":                 atOnce(3),
	"o3b-ocm-cel-placement-edit":                 atOnce(33), // 30 added and 3 removed in one reconcile
	"o4-ocm-toleration-added":                    atOnce(10),
	"q2-acm-policy-create-with-rolloutkind":      {}, // 30 where it is bound, but the folder holds no binding
	"q3-acm-placementbinding-with-rolloutkind":   atOnce(3),
	"q5-count-kind-narrower-window":              {},
	"s2-sveltos-clusterset-widened":              atOnce(5),
	"t1-talm-enable-with-canaries":               {n: 60, waves: []int{1, 1, 20, 20, 18}},
	"t3-talm-abort-to-continue":                  {n: 40, waves: []int{20}},
	"t4-talm-ibgu":                               {n: 60, waves: []int{50}},
	"t7-talm-one-more-cluster-window-full":       atOnce(1),
	"v1b-vela-mode-dag":                          atOnce(40),
	"v3-vela-env-binding-no-workflow":            {n: 30, waves: []int{30}, uncounted: true},
	"v4-vela-label-selector-clusters-in-secrets": {n: 30, waves: []int{30}, uncounted: true},
	"v5-vela-deploy-step-without-topology":       atOnce(1),
	"v6-vela-default-webhook-step":               {n: 2, waves: []int{2}},
	"v7-vela-addon-all-clusters":                 {n: 31, waves: []int{31}, uncounted: true},
	"v8-vela-canary-step-group":                  {n: 10, waves: []int{2, 8}},
	"v9-vela-policy-only-edit":                   atOnce(3),
}

// pendingFleetCases are those that are not right yet.
var pendingFleetCases = map[string]bool{}

func TestFleetCases(t *testing.T) {
	for name, test := range kindtest.FleetCases(t) {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			want, stands := fleetCases[name]
			g.Expect(stands).To(BeTrue(), "every case has a row")
			change, err := fleetKind(t, test).Reader.Read(t.Context(), test.Write)
			wrong := want.differs(change, err)
			if pendingFleetCases[name] {
				g.Expect(wrong).NotTo(BeEmpty(), "it is right now")
				return
			}
			g.Expect(wrong).To(BeEmpty())
		})
	}
}

// differs says what is wrong about a change; nothing, if it is right.
func (w right) differs(change rollout.Change, err error) string {
	if err != nil {
		if w.uncounted && rollout.IsFinding(err) {
			return ""
		}
		return err.Error()
	}
	var waves []int
	for _, step := range change.Steps {
		waves = append(waves, step.InFlight)
	}
	if change.Affected() == w.n && slices.Equal(waves, w.waves) {
		return ""
	}
	return fmt.Sprintf("n = %d in waves of %v: want %d in %v", change.Affected(), waves, w.n, w.waves)
}

// fleetKind returns the kind of a case: its own RolloutKind, a sample, or one that is listed.
func fleetKind(t *testing.T, test kindtest.FleetCase) rollout.Kind {
	t.Helper()
	g := NewWithT(t)
	registry := inventory.NewStaticRegistry(test.Static)
	set := kinds.NewSet(kinds.All(kinds.Inventories{Registry: registry}))
	var name string
	g.Expect(json.Unmarshal(test.Write.Object.Members["kind"], &name)).To(Succeed())
	kind := schema.FromAPIVersionAndKind(test.Write.Object.APIVersion, name).GroupKind()
	for _, text := range append(sampleKinds(t), test.RolloutKind) {
		var source v1alpha1.RolloutKind
		g.Expect(yaml.UnmarshalStrict(text, &source)).To(Succeed())
		if (schema.GroupKind{Group: source.Spec.Group, Kind: source.Spec.Kind}) != kind {
			continue
		}
		described, err := custom.New(&source, custom.NewInventories(registry, &source.Spec))
		g.Expect(err).NotTo(HaveOccurred())
		set.Put("described", described)
	}
	return set.Lookup(kind)
}

func sampleKinds(t *testing.T) [][]byte {
	t.Helper()
	g := NewWithT(t)
	paths, err := filepath.Glob("../../config/samples/rolloutkinds/*.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	var texts [][]byte
	for _, path := range paths {
		if strings.HasSuffix(path, "kustomization.yaml") {
			continue
		}
		text, err := os.ReadFile(path)
		g.Expect(err).NotTo(HaveOccurred())
		texts = append(texts, text)
	}
	return texts
}
