package main_test

import (
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"
)

var _ = Describe("a snapshot of the inventory", func() {
	It("holds no credential, and a check by it says what the webhook says", func(ctx SpecContext) {
		const canary = "canary-of-the-snapshot"
		registerCluster(ctx, "snapshot-east", canary)
		registerCluster(ctx, "snapshot-west", canary)
		dir := GinkgoT().TempDir()
		snapshot, rollout := filepath.Join(dir, "fleet.yaml"), filepath.Join(dir, "set.yaml")
		taken := seawall(ctx, "", "inventory", "--file", snapshot)
		Expect(taken.Code).To(BeZero(), taken.Stderr)
		text, err := os.ReadFile(snapshot)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(text)).To(And(ContainSubstring("kind: InventorySnapshot"), ContainSubstring("snapshot-east"), Not(ContainSubstring(canary))))
		Expect(strings.Count(string(text), "config:")).To(BeZero(), "the key of a Secret that holds credentials")

		set := tenants("by-snapshot", 0, nil)
		set.Object["spec"].(map[string]any)["generators"] = []any{map[string]any{"clusters": map[string]any{}}}
		template := set.Object["spec"].(map[string]any)["template"].(map[string]any)
		template["metadata"] = map[string]any{"name": "{{.name}}"}
		written, err := yaml.Marshal(set.Object)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(rollout, written, 0o600)).To(Succeed())
		policy := filepath.Join(dir, "policy.yaml")
		Expect(os.WriteFile(policy, []byte(`
apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: default}
spec: {maxWaveFailureProbability: "0.0001", successRate: {default: "0.99"}}
`), 0o600)).To(Succeed())
		checked := seawall(ctx, "", "check", rollout, "--inventory", snapshot, "--policies", policy)
		Expect(checked.Code).To(Equal(1), checked.Stdout+checked.Stderr)
		Expect(checked.Stdout).To(ContainSubstring("at 0.99 each"))
	})
})
