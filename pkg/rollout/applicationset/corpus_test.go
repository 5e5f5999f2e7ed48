package applicationset_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// corpus returns the folder of real manifests, which is beside the checkout and not part
// of it.
func corpus(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("SEAWALL_CORPUS")
	for up := "."; folder == "" && len(up) < 32; up = filepath.Join(up, "..") {
		beside := filepath.Join(up, "..", "shared", "corpus")
		if _, err := os.Stat(beside); err == nil {
			folder = beside
		}
	}
	if folder == "" {
		t.Skip("no corpus beside the checkout and SEAWALL_CORPUS is not set")
	}
	return folder
}

// uncounted are the generators of later versions; the rows are asserted to be unresolved.
func uncounted() []string { return []string{"matrix", "merge", "clusterDecisionResource"} }

func TestCorpus(t *testing.T) {
	folder := corpus(t)
	table, err := os.ReadFile(filepath.Join(folder, "argocd-cases.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.SplitSeq(strings.TrimSpace(string(table)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		columns := strings.Split(line, "\t")
		t.Run(columns[0]+" with "+columns[1], func(t *testing.T) { corpusRow(t, folder, columns) })
	}
	NewWithT(t).Expect(rows).To(BeNumerically(">=", 25))
}

func corpusRow(t *testing.T, folder string, columns []string) {
	t.Helper()
	g := NewWithT(t)
	object := toJSON(t, file(t, filepath.Join(folder, "argocd"), columns[0]+".yaml"))
	argo := &argoCD{clusters: clusters(t, file(t, filepath.Join(folder, "argocd-inventory"), columns[1]+".yaml")), progressive: true}
	change, err := argo.read(withMetadata(t, rollout.Write{Operation: rollout.Create, Object: object}))

	rendered, n, created, wantSteps := columns[3], columns[4], columns[5], columns[6]
	later := slices.ContainsFunc(uncounted(), func(key string) bool {
		return err != nil && strings.Contains(err.Error(), "spec.generators[0]."+key+" is not counted by this version")
	})
	if n == "UNRESOLVABLE" || rendered == "ERR" || later {
		var unresolved *rollout.UnresolvedError
		g.Expect(errors.As(err, &unresolved)).To(BeTrue(), "%v", err)
		g.Expect(unresolved.Field).To(HavePrefix("spec."))
		return
	}
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(strconv.Itoa(change.Environments)).To(Equal(n))
	g.Expect(strconv.Itoa(change.Affected() + change.Held)).To(Equal(n))
	if created != n {
		g.Expect(change.Warnings).To(ContainElement(ContainSubstring("Argo CD 3.2 and later creates none of them")))
	}
	if wantSteps != "none" {
		g.Expect(spell(change)).To(Equal(wantSteps))
	}
}

func spell(change rollout.Change) string {
	var sizes []string
	for _, step := range change.Steps {
		sizes = append(sizes, strconv.Itoa(step.Size()))
	}
	return fmt.Sprintf("%s;unmatched=%d", strings.Join(sizes, "|"), change.Held)
}
