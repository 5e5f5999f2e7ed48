package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	kyaml "sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
)

// runAll runs a command and returns what it prints, to both streams, and how it ends.
func runAll(t *testing.T, arguments ...string) string {
	t.Helper()
	streams, _, out, errOut := genericiooptions.NewTestIOStreams()
	command := New(streams)
	command.SetArgs(arguments)
	text := ""
	if err := command.ExecuteContext(t.Context()); err != nil {
		text = "error: " + err.Error() + "\n"
	}
	return out.String() + errOut.String() + text
}

// inventory writes the inventory of a kind's live fixture, and what else is given, into a file.
func stock(t *testing.T, fixture, more string) string {
	t.Helper()
	g := gomega.NewWithT(t)
	text, err := os.ReadFile(filepath.Join("../kinds", fixture, "live/inventory.yaml"))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var all bytes.Buffer
	for _, object := range kindtest.Objects(t, append(text, "\n---\n"+more...)) {
		encoded, err := kyaml.Marshal(object.Object)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		all.WriteString("---\n")
		all.Write(encoded)
	}
	file := filepath.Join(t.TempDir(), "inventory.yaml")
	g.Expect(os.WriteFile(file, all.Bytes(), 0o600)).To(gomega.Succeed())
	return file
}

// goldenFile compares with a file, which UPDATE_GOLDEN=1 writes.
func goldenFile(t *testing.T, path, got string) {
	t.Helper()
	g := gomega.NewWithT(t)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		g.Expect(os.WriteFile(path, []byte(got), 0o644)).To(gomega.Succeed())
	}
	want, err := os.ReadFile(path)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(got).To(gomega.Equal(string(want)))
}

const (
	rolloutKinds = "../../config/rolloutkinds/rolloutkinds.yaml"
	fleetOthers  = `
{apiVersion: fleet.cattle.io/v1alpha1, kind: ClusterGroup, metadata: {name: none, namespace: elsewhere}}
---
{apiVersion: fleet.cattle.io/v1alpha1, kind: BundleNamespaceMapping, metadata: {name: none, namespace: elsewhere}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: fleet-default}}
`
	ocmOthers = `
{apiVersion: cluster.open-cluster-management.io/v1beta1, kind: PlacementDecision, metadata: {name: none, namespace: elsewhere}}
---
{apiVersion: cluster.open-cluster-management.io/v1alpha1, kind: AddOnPlacementScore, metadata: {name: none, namespace: elsewhere}}
`
	kubefleetOthers = `
{apiVersion: placement.kubernetes-fleet.io/v1beta1, kind: ClusterResourceBinding, metadata: {name: none}}
`
	sveltosOthers = `
{apiVersion: cluster.x-k8s.io/v1beta1, kind: Cluster, metadata: {name: none, namespace: elsewhere}}
---
{apiVersion: lib.projectsveltos.io/v1beta1, kind: ClusterSet, metadata: {name: none}}
`
)

// applied are manifests into which a pace is written: what is printed is in NAME.diff.
var applied = []struct {
	file    string
	fixture string // of which kind the inventory is
	more    string // what else is in it
	flags   []string
}{
	{file: "applicationset-without-strategy.yaml", flags: []string{"--success-rate", "0.99"}},
	{file: "applicationset-of-all-at-once.yaml"},
	{file: "applicationset-of-steps.yaml", flags: []string{"--success-rate", "0.99", "--environments", "40"}},
	{file: "applicationset-in-json.json", flags: []string{"--success-rate", "0.99"}},
	{file: "bundle.yaml", fixture: "fleet/testdata/bundle", more: fleetOthers, flags: []string{"--success-rate", "0.99"}},
	{file: "helmop.yaml", fixture: "fleet/testdata/bundle", more: fleetOthers, flags: []string{"--success-rate", "0.99"}},
	{file: "replicaset.yaml", fixture: "ocm/testdata/manifestworkreplicaset", more: ocmOthers, flags: []string{"--success-rate", "0.99"}},
	{file: "addon.yaml", flags: []string{"--success-rate", "0.99", "--environments", "40"}},
	{file: "placement.yaml", fixture: "kubefleet/testdata/clusterresourceplacement", more: kubefleetOthers, flags: []string{"--success-rate", "0.99"}},
	{file: "stages.yaml", flags: []string{"--success-rate", "0.99", "--environments", "40"}},
	{file: "clusterprofile.yaml", fixture: "sveltos/testdata/clusterprofile", more: sveltosOthers, flags: []string{"--success-rate", "0.99"}},
	{file: "groupupgrade.yaml", fixture: "custom/testdata/clustergroupupgrade", flags: []string{"--success-rate", "0.99", "--policies", rolloutKinds}},
	{file: "imageupgrade.yaml", fixture: "custom/testdata/imagebasedgroupupgrade", flags: []string{"--success-rate", "0.99", "--policies", rolloutKinds}},
	{file: "custom.yaml", flags: []string{"--success-rate", "0.99"}},
	{file: "gitrepo.yaml", flags: []string{"--success-rate", "0.99", "--environments", "40"}},
	{file: "karmada.yaml", flags: []string{"--success-rate", "0.99", "--environments", "40"}},
}

func TestPaceIsWrittenIntoEachKind(t *testing.T) {
	for _, test := range applied {
		t.Run(test.file, func(t *testing.T) {
			g := gomega.NewWithT(t)
			before, err := os.ReadFile(filepath.Join("testdata/plan", test.file))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			folder := t.TempDir()
			file := filepath.Join(folder, test.file)
			g.Expect(os.WriteFile(file, before, 0o600)).To(gomega.Succeed())
			flags := append([]string{"plan", "--apply-to", file, "--limit", "0.05"}, test.flags...)
			if test.fixture != "" {
				flags = append(flags, "--inventory", stock(t, test.fixture, test.more))
			}
			name := strings.TrimSuffix(test.file, filepath.Ext(test.file))
			printed := strings.ReplaceAll(runAll(t, append(flags, "--dry-run")...), folder+"/", "")
			goldenFile(t, filepath.Join("testdata/plan", name+".diff"), printed)
			after, err := os.ReadFile(file)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(after).To(gomega.Equal(before), "a dry run writes nothing")
			if strings.Contains(printed, "error: ") {
				return
			}
			runAll(t, flags...)
			after, err = os.ReadFile(file)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(after).NotTo(gomega.Equal(before))
			g.Expect(runAll(t, append(flags, "--dry-run")...)).To(gomega.ContainSubstring("stays as it is"), "what is written passes")
		})
	}
}

func TestWhatWouldNotPassIsNotWritten(t *testing.T) {
	g := gomega.NewWithT(t)
	folder := t.TempDir()
	file, policies := filepath.Join(folder, "appset.yaml"), filepath.Join(folder, "policies.yaml")
	before, err := os.ReadFile("testdata/plan/applicationset-without-strategy.yaml")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(os.WriteFile(file, before, 0o600)).To(gomega.Succeed())
	g.Expect(os.WriteFile(policies, []byte(`
apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: strict}
spec: {maxWaveFailureProbability: "0.02", successRate: {default: "0.99"}}
`), 0o600)).To(gomega.Succeed())
	_, err = run(t, "plan", "--apply-to", file, "--success-rate", "0.99", "--limit", "5%", "--policies", policies)
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring(
		`ApplicationSet argocd/shops would still be denied, so nothing is written: wave 1 syncs 5 environments`)))
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring(`policy "strict" allows 2%`)))
	g.Expect(ExitCode(err)).To(gomega.Equal(ExitDenied))
	after, err := os.ReadFile(file)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(after).To(gomega.Equal(before))
}

func TestPlanFormats(t *testing.T) {
	for name, flags := range map[string][]string{
		"plan.txt":      {"--sync-duration", "5m"},
		"plan.json":     {"--sync-duration", "5m", "-o", "json"},
		"plan.yaml":     {"--max-waves", "6", "-o", "yaml"},
		"plan.md":       {"--max-waves", "5", "-o", "markdown"},
		"tolerated.txt": {"--tolerated", "1", "--canary", "4", "--ramp", "1.5"},
		"many.txt":      {"--limit", "0.01"},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			out, err := run(t, append([]string{"plan", "--environments", "100", "--success-rate", "0.99"}, flags...)...)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			goldenFile(t, filepath.Join("testdata/plan", name), out)
		})
	}
}

func TestPlanTakesTheRateAndTheWavesOfARollout(t *testing.T) {
	g := gomega.NewWithT(t)
	out, err := run(t, "plan", "-f", "testdata/plan/applicationset-of-all-at-once.yaml", "--limit", "5%")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(out).To(gomega.HavePrefix("8 environments at a success rate of 0.99, limit 5%: at most 5 per wave.\n" +
		"ApplicationSet argocd/shops now, step 1: 8 environments, 8 in flight together: 7.7%.\n"))
}

func TestPlanSaysWhatIsWrong(t *testing.T) {
	for want, arguments := range map[string][]string{
		"--environments is not set: want the number of environments, or a rollout with --filename": {},
		"--environments is -1: want a number from 1 to 1000000":                                    {"--environments", "-1"},
		"--success-rate is not set: want the chance that one sync succeeds, such as 0.99 or 99%":   {"--environments", "5"},
		"--canary is 30: want a number from 1 to 22":                                               {"--environments", "100", "--success-rate", "0.99", "--canary", "30"},
		"--max-waves is 2: want at least 5":                                                        {"--environments", "100", "--success-rate", "0.99", "--max-waves", "2"},
		"--ramp is 0.5: want a number from 1":                                                      {"--environments", "100", "--success-rate", "0.99", "--ramp", "0.5"},
		"--limit is \"2\": want a decimal from 0 to 1":                                             {"--environments", "100", "--success-rate", "0.99", "--limit", "2"},
		"--output is \"svg\": want table, json, yaml, markdown":                                    {"-o", "svg"},
		"--dry-run is set: want it with --apply-to only":                                           {"--environments", "5", "--dry-run"},
		"--apply-to is \"-\": want a file":                                                         {"--apply-to", "-"},
		"no wave is small enough before syncs succeed at a rate of 0.8":                            {"--environments", "100", "--success-rate", "0.5"},
		"--success-rate is not set: want the chance that one sync succeeds, such as 0.99 or 99%, or annotation seawall.dev/sync-success-rate on Bundle fleet-default/shops": {"-f", "testdata/plan/bundle.yaml"},
		"the environments of Bundle fleet-default/shops cannot be counted (bundlenamespacemappings.fleet.cattle.io are not in the inventory": {
			"-f", "testdata/plan/bundle.yaml", "--success-rate", "0.99",
		},
		"--environments is 9: ApplicationSet argocd/shops has 8, by what was counted": {
			"-f", "testdata/plan/applicationset-of-all-at-once.yaml", "--environments", "9",
		},
		"--rollout is \"Bundle/x\": there is no such rollout in testdata/plan/bundle.yaml": {
			"-f", "testdata/plan/bundle.yaml", "--success-rate", "0.99", "--rollout", "Bundle/x",
		},
		"no such file": {"-f", "testdata/plan/none.yaml", "--success-rate", "0.99"},
	} {
		_, err := run(t, append([]string{"plan"}, arguments...)...)
		gomega.NewWithT(t).Expect(err).To(gomega.MatchError(gomega.ContainSubstring(want)))
	}
}

func TestWhatIsPlannedPassesCheck(t *testing.T) {
	g := gomega.NewWithT(t)
	folder := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(folder, name)
		g.Expect(os.WriteFile(file, []byte(text), 0o600)).To(gomega.Succeed())
		return file
	}
	text, err := os.ReadFile("testdata/plan/applicationset-without-strategy.yaml")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	file := write("appset.yaml", string(text))
	policies := write("policies.yaml", `
apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: fleet}
spec: {maxWaveFailureProbability: "0.05", successRate: {default: "0.99"}}
`)
	stock := write("inventory.yaml", `
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cmd-params-cm, namespace: argocd}
data: {applicationsetcontroller.enable.progressive.syncs: "true"}
`)
	check := []string{"check", file, "--policies", policies, "--inventory", stock}
	_, err = run(t, check...)
	g.Expect(ExitCode(err)).To(gomega.Equal(ExitDenied))
	out, err := run(t, "plan", "--apply-to", file, "--success-rate", "0.99", "--limit", "5%", "--policies", policies, "--inventory", stock)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(out).To(gomega.ContainSubstring("4 waves"))
	out, err = run(t, check...)
	g.Expect(err).NotTo(gomega.HaveOccurred(), out)
}
