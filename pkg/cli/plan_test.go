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
func inventory(t *testing.T, fixture, more string) string {
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
	{file: "replicaset.yaml", fixture: "ocm/testdata/manifestworkreplicaset", flags: []string{"--success-rate", "0.99"}},
	{file: "addon.yaml", flags: []string{"--success-rate", "0.99", "--environments", "40"}},
	{file: "placement.yaml", fixture: "kubefleet/testdata/clusterresourceplacement", flags: []string{"--success-rate", "0.99"}},
	{file: "stages.yaml", flags: []string{"--success-rate", "0.99", "--environments", "40"}},
	{file: "clusterprofile.yaml", fixture: "sveltos/testdata/clusterprofile", flags: []string{"--success-rate", "0.99"}},
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
				flags = append(flags, "--inventory", inventory(t, test.fixture, test.more))
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
