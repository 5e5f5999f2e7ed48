package sveltos_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// clusters are so many SveltosClusters of an environment.
func clusters(name, env string, ready, paused bool, count int) string {
	return fmt.Sprintf("---\napiVersion: lib.projectsveltos.io/v1beta1\nkind: SveltosCluster\n"+
		"metadata: {name: %s, namespace: default, labels: {env: %s}, annotations: {%s: %q}}\nspec: {paused: %t}\nstatus: {ready: %t}\n",
		name, env, kindtest.CopiesAnnotation, fmt.Sprint(count), paused, ready)
}

func TestCorpus(t *testing.T) {
	tests := map[string]struct {
		file, inventory                  string
		total, affected, window, waiting int
	}{
		"a third at a time": {
			"cp-kyverno-maxupdate30",
			clusters("ready", "fv", true, false, 9) + clusters("paused", "fv", true, true, 1) + clusters("cold", "fv", false, false, 1),
			10, 9, 3, 1,
		},
		"an empty selector": {"cp-empty-selector-sample", clusters("ready", "fv", true, false, 9), 0, 0, 0, 0},
		"a set of one": {
			"cp-kyverno-setrefs", clusters("ready", "prod", true, false, 10) + string(kindtest.Corpus(t, "sveltos/clusterset-prod-max1.yaml")),
			1, 1, 1, 0,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			write := kindtest.Write(t, rollout.Create, kindtest.Corpus(t, "sveltos/"+tt.file+".yaml"), nil)
			static := inventory.Static{Objects: kindtest.Objects(t, []byte(strings.TrimSpace(tt.inventory)))}
			change, err := kindtest.Fixture{Write: write, Static: static}.Read(clusterProfile)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Environments).To(Equal(tt.total))
			g.Expect(change.Affected()).To(Equal(tt.affected))
			g.Expect(change.Held).To(Equal(tt.waiting))
			for _, step := range change.Steps {
				g.Expect(step.InFlight).To(Equal(tt.window))
			}
		})
	}
	t.Run("a third at a time when the chart is updated, too", func(t *testing.T) {
		g := NewWithT(t)
		stored := kindtest.Corpus(t, "sveltos/cp-kyverno-maxupdate30.yaml")
		updated := strings.Replace(string(stored), "v3.3.3", "v3.3.4", 1)
		write := kindtest.Write(t, rollout.Update, []byte(updated), stored)
		static := inventory.Static{Objects: kindtest.Objects(t, []byte(tests["a third at a time"].inventory))}
		change, err := kindtest.Fixture{Write: write, Static: static}.Read(clusterProfile)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(change.Steps).To(HaveLen(1))
		g.Expect(change.Steps[0].Size()).To(Equal(9))
		g.Expect(change.Steps[0].InFlight).To(Equal(3))
	})
}
