package kubefleet_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// members are so many healthy MemberClusters with labels.
func members(name, labels string, count int) string {
	return fmt.Sprintf(`---
apiVersion: cluster.kubernetes-fleet.io/v1beta1
kind: MemberCluster
metadata: {name: %s, labels: {%s}, annotations: {%s: "%d"}}
status:
  agentStatus:
  - type: MemberAgent
    lastReceivedHeartbeat: "2999-01-01T00:00:00Z"
    conditions: [{type: Joined, status: "True"}, {type: Healthy, status: "True"}]
`, name, labels, kindtest.CopiesAnnotation, count)
}

func static(tb testing.TB, documents ...string) inventory.Static {
	tb.Helper()
	return inventory.Static{Objects: kindtest.Objects(tb, []byte(strings.Join(documents, "")))}
}

// sizes are those of the steps, as size or window of size.
func sizes(change rollout.Change) []string {
	var all []string
	for _, step := range change.Steps {
		text := fmt.Sprint(step.Size())
		if step.InFlight < step.Size() {
			text = fmt.Sprintf("%d of %d", step.InFlight, step.Size())
		}
		all = append(all, text)
	}
	return all
}

func TestCorpusPlacements(t *testing.T) {
	file := func(name string) []byte { return kindtest.Corpus(t, "kubefleet/"+name+".yaml") }
	two := file("crp-pickall-maxunavailable2")
	defaults := []byte("apiVersion: placement.kubernetes-fleet.io/v1beta1\nkind: ClusterResourcePlacement\nmetadata: {name: x}\n" +
		"spec: {resourceSelectors: [{kind: Namespace, name: test-afd}]}\n")
	other := func(object []byte) []byte { return []byte(strings.Replace(string(object), "test-afd", "other", 1)) }
	tests := map[string]struct {
		object, old []byte
		members     int
		held        int
		want        []string
	}{
		"external moves nothing":      {file("crp-external-pickall-tolerations"), nil, 9, 9, nil},
		"maxUnavailable 2, fresh":     {two, nil, 100, 0, []string{"100"}},
		"maxUnavailable 2, updated":   {other(two), two, 100, 0, []string{"2 of 100"}},
		"defaults, fresh":             {defaults, nil, 100, 0, []string{"100"}},
		"defaults, 100 are updated":   {other(defaults), defaults, 100, 0, []string{"25 of 100"}},
		"defaults, 10 are updated":    {other(defaults), defaults, 10, 0, []string{"3 of 10"}},
		"defaults, three are updated": {other(defaults), defaults, 3, 0, []string{"1 of 3"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			operation := rollout.Create
			if tt.old != nil {
				operation = rollout.Update
			}
			write := kindtest.Write(t, operation, tt.object, tt.old)
			change, err := kindtest.Fixture{Write: write, Static: static(t, members("m", "", tt.members))}.Read(clusterPlacement)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(sizes(change)).To(Equal(tt.want))
			g.Expect(change.Held).To(Equal(tt.held))
			g.Expect(change.Environments).To(Equal(tt.members))
		})
	}
}

func TestCorpusRuns(t *testing.T) {
	file := func(name string) string { return "---\n" + string(kindtest.Corpus(t, "kubefleet/"+name+".yaml")) }
	run := func(placement, strategy string) []byte {
		return fmt.Appendf(nil, "apiVersion: placement.kubernetes-fleet.io/v1beta1\nkind: ClusterStagedUpdateRun\nmetadata: {name: run}\n"+
			"spec: {placementName: %s, stagedRolloutStrategyName: %s, state: Run}\n", placement, strategy)
	}
	picksAll := "---\napiVersion: placement.kubernetes-fleet.io/v1beta1\nkind: ClusterResourcePlacement\nmetadata: {name: crp-0}\n" +
		"spec: {policy: {placementType: PickAll}, strategy: {type: External}}\n"
	tests := map[string]struct {
		run       []byte
		inventory string
		want      []string
	}{
		"one at a time in each stage": {
			run("example-placement", "example-strategy"),
			file("crp-external-pickall-tolerations") + file("strategy-staging-canary-production") + members("s", "environment: staging", 2) +
				members("c", "environment: canary", 3) + members("p", "environment: production", 4),
			[]string{"1 of 2", "1 of 3", "1 of 4"},
		},
		"a quarter of each stage": {
			[]byte(file("run-perftest-state-run")),
			picksAll + file("strategy-perftest-25pct") + members("s", "env: staging", 3) + members("c", "env: canary", 7) + members("p", "env: prod", 40),
			[]string{"1 of 3", "1 of 7", "10 of 40"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			write := kindtest.Write(t, rollout.Create, tt.run, nil)
			change, err := kindtest.Fixture{Write: write, Static: static(t, tt.inventory)}.Read(clusterRun)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(sizes(change)).To(Equal(tt.want))
		})
	}
}
