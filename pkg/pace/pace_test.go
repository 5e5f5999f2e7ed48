package pace_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kyaml "sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/pace"
)

func wanted() pace.Wanted {
	return pace.Wanted{Environments: 100, Largest: 22, Ramp: []int{1, 2, 4}}
}

func kind(text string) schema.GroupKind { return schema.ParseGroupKind(text) }

const (
	applicationSet = "ApplicationSet.argoproj.io"
	bundle         = "Bundle.fleet.cattle.io"
	replicaSet     = "ManifestWorkReplicaSet.work.open-cluster-management.io"
	placement      = "ResourcePlacement.placement.kubernetes-fleet.io"
	strategy       = "StagedUpdateStrategy.placement.kubernetes-fleet.io"
	profile        = "Profile.config.projectsveltos.io"
)

func TestSet(t *testing.T) {
	for name, test := range map[string]struct {
		kind, object string
		want         string
		window       int
	}{
		"a missing window":    {profile, "spec: {}", "spec.maxUpdate=22", 22},
		"a larger one":        {profile, "spec: {maxUpdate: 23}", "spec.maxUpdate=22", 22},
		"one as large stays":  {profile, "spec: {maxUpdate: 22}", "", 22},
		"a smaller one stays": {profile, "spec: {maxUpdate: 7}", "", 7},
		// 0.07 times 100 is a little more than 7: OCM takes 8.
		"a small percentage stays":              {profile, "spec: {maxUpdate: 7%}", "", 8},
		"a percentage of a fraction is one":     {profile, "spec: {maxUpdate: 0.5%}", "", 1},
		"a larger percentage":                   {profile, "spec: {maxUpdate: 23%}", "spec.maxUpdate=22", 22},
		"none of Sveltos is all":                {profile, "spec: {maxUpdate: 0}", "spec.maxUpdate=22", 22},
		"0% of Sveltos is all":                  {profile, "spec: {maxUpdate: 0%}", "spec.maxUpdate=22", 22},
		"a negative one is all":                 {profile, "spec: {maxUpdate: -1}", "spec.maxUpdate=22", 22},
		"what is no window":                     {profile, "spec: {maxUpdate: some}", "spec.maxUpdate=22", 22},
		"a fraction":                            {profile, "spec: {maxUpdate: 1.5}", "spec.maxUpdate=22", 22},
		"none of Argo CD holds":                 {applicationSet, "spec: {strategy: {type: RollingSync, rollingSync: {steps: [{maxUpdate: 0}]}}}", "", 0},
		"no strategy":                           {applicationSet, "spec: {}", "spec.strategy=[{type RollingSync} {rollingSync [{steps [[{maxUpdate 22}]]}]}]", 22},
		"a strategy of nothing":                 {applicationSet, "spec: {strategy: {}}", "spec.strategy=[{type RollingSync} {rollingSync [{steps [[{maxUpdate 22}]]}]}]", 22},
		"another strategy":                      {applicationSet, "spec: {strategy: {type: AllAtOnce}}", "spec.strategy.type=RollingSync spec.strategy.rollingSync.steps=[[{maxUpdate 22}]]", 22},
		"steps that are not in force":           {applicationSet, "spec: {strategy: {rollingSync: {steps: [{maxUpdate: 5}]}}}", "spec.strategy.type=RollingSync", 5},
		"steps get the ramp, the last the rest": {applicationSet, "spec: {strategy: {type: RollingSync, rollingSync: {steps: [{}, {}, {maxUpdate: 3}, {}, {}]}}}", "spec.strategy.rollingSync.steps[0].maxUpdate=1 spec.strategy.rollingSync.steps[1].maxUpdate=2 spec.strategy.rollingSync.steps[3].maxUpdate=22 spec.strategy.rollingSync.steps[4].maxUpdate=22", 22},
		"Fleet":                                 {bundle, "spec: {}", "spec.rolloutStrategy.maxUnavailable=22", 22},
		"partitions of Fleet":                   {bundle, "spec: {rolloutStrategy: {partitions: [{}, {}]}}", "spec.rolloutStrategy.partitions[0].maxUnavailable=1 spec.rolloutStrategy.maxUnavailable=22", 22},
		"no strategy of OCM":                    {replicaSet, "spec: {placementRefs: [{name: a}]}", "spec.placementRefs[0].rolloutStrategy=[{type Progressive} {progressive [{maxConcurrency 22}]}]", 22},
		"placements share":                      {replicaSet, "spec: {placementRefs: [{rolloutStrategy: {type: All}}, {rolloutStrategy: {type: Progressive, progressive: {maxConcurrency: 3}}}, {rolloutStrategy: {type: Progressive, progressive: {maxConcurrency: 0}}}]}", "spec.placementRefs[0].rolloutStrategy.type=Progressive spec.placementRefs[0].rolloutStrategy.progressive.maxConcurrency=7 spec.placementRefs[2].rolloutStrategy.progressive.maxConcurrency=7", 17},
		"KubeFleet":                             {placement, "spec: {}", "spec.strategy.rollingUpdate.maxUnavailable=22", 22},
		"stages":                                {strategy, "spec: {stages: [{}, {maxConcurrency: 5}, {maxConcurrency: 1}, {maxConcurrency: 100%}]}", "spec.stages[1].maxConcurrency=2 spec.stages[3].maxConcurrency=22", 22},
		"stages that are one by one":            {strategy, "spec: {stages: [{}]}", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var object map[string]any
			g.Expect(kyaml.Unmarshal([]byte(test.object), &object)).To(gomega.Succeed())
			setting, err := pace.Set(kind(test.kind), object, wanted())
			g.Expect(err).NotTo(gomega.HaveOccurred())
			said := make([]string, len(setting.Edits))
			for i, edit := range setting.Edits {
				said[i] = fmt.Sprintf("%s=%v", edit, edit.Value)
			}
			g.Expect(strings.Join(said, " ")).To(gomega.Equal(test.want))
			g.Expect(setting.Window).To(gomega.Equal(test.window))
		})
	}
}

func TestKindsWithoutAField(t *testing.T) {
	for want, test := range map[string]struct {
		kind, object string
		remedies     []string
	}{
		"GitRepo has no field that can be set to pace it: Fleet takes the pace from the repository: set rolloutStrategy.maxUnavailable to 22 in its fleet.yaml": {kind: "GitRepo.fleet.cattle.io"},
		"name all but 22 of its clusters in spec.suspension":                             {kind: "ClusterPropagationPolicy.policy.karmada.io"},
		"set spec.stages[].maxConcurrency of the strategy that it names":                 {kind: "StagedUpdateRun.placement.kubernetes-fleet.io"},
		"divide its Stage into Stages of at most 22 environments each":                   {kind: "Promotion.kargo.akuity.io"},
		"put the appliers into spec.steps of at most 22 each":                            {kind: "ResourceSet.fluxcd.controlplane.io"},
		"let at most 22 environments follow one write":                                   {kind: "Placement.cluster.open-cluster-management.io"},
		"make trains shorter than 22":                                                    {kind: "Train.example.com", remedies: []string{"make trains shorter than {n}"}},
		"staged update runs pace it":                                                     {kind: placement, object: "spec: {strategy: {type: External}}"},
		"set spec.decisionStrategy.groupStrategy.clustersPerDecisionGroup of that to 22": {kind: replicaSet, object: "spec: {placementRefs: [{rolloutStrategy: {type: ProgressivePerGroup}}]}"},
		"it names no placement":                                                          {kind: replicaSet, object: "spec: {}"},
		"it has no spec.stages":                                                          {kind: strategy, object: "spec: {}"},
		"it has no spec.plan":                                                            {kind: "ImageBasedGroupUpgrade.lcm.openshift.io", object: "spec: {}"},
	} {
		g := gomega.NewWithT(t)
		var object map[string]any
		g.Expect(kyaml.Unmarshal([]byte(test.object), &object)).To(gomega.Succeed())
		asked := wanted()
		asked.Remedies = test.remedies
		_, err := pace.Set(kind(test.kind), object, asked)
		var none *pace.NoFieldError
		g.Expect(err).To(gomega.BeAssignableToTypeOf(none))
		g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring(want)))
	}
}

func TestRemediesOfARolloutKindNameTheField(t *testing.T) {
	g := gomega.NewWithT(t)
	asked := wanted()
	asked.Remedies = []string{"set spec.waves[0].size to {n}"}
	setting, err := pace.Set(kind("Train.example.com"), map[string]any{}, asked)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(setting.Edits).To(gomega.HaveLen(1))
	g.Expect(setting.Edits[0].Path).To(gomega.Equal([]string{"spec", "waves", "0", "size"}))
}

// TestEveryListedKindHasAnAnswer walks the kinds that Seawall reads.
func TestEveryListedKindHasAnAnswer(t *testing.T) {
	all, _ := kinds.Named()
	for _, listed := range all {
		setting, err := pace.Set(listed.GroupKind(), map[string]any{}, wanted())
		if err != nil {
			gomega.NewWithT(t).Expect(err).To(gomega.MatchError(gomega.ContainSubstring("has no field that can be set to pace it: ")))
			continue
		}
		gomega.NewWithT(t).Expect(setting.Edits).NotTo(gomega.BeEmpty(), listed.Name)
	}
}
