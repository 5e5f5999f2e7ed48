package applicationset_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestCorpus(t *testing.T) {
	table := kindtest.Corpus(t, "argocd-cases.tsv")
	unread := map[string]bool{}
	for _, file := range kindtest.CorpusFiles(t, "argocd") {
		unread[strings.TrimSuffix(file, ".yaml")] = true
	}
	rows := 0
	for line := range strings.SplitSeq(strings.TrimSpace(string(table)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		columns := strings.Split(line, "\t")
		delete(unread, columns[0])
		t.Run(columns[0]+" with "+columns[1], func(t *testing.T) { corpusRow(t, columns) })
	}
	g := NewWithT(t)
	g.Expect(rows).To(BeNumerically(">=", 25))
	g.Expect(unread).To(BeEmpty(), "files without a row")
}

func corpusRow(t *testing.T, columns []string) {
	t.Helper()
	g := NewWithT(t)
	object := kindtest.Object(t, kindtest.Corpus(t, "argocd/"+columns[0]+".yaml"))
	argo := newArgoCD(t, kindtest.Corpus(t, "argocd-inventory/"+columns[1]+".yaml"))
	argo.progressive = true
	for _, support := range []string{"04-ducktype-configMap", "04-ducktype-placementdecision"} {
		for _, object := range kindtest.Objects(t, kindtest.Corpus(t, "argocd-support/"+support+".yaml")) {
			object.SetNamespace("argocd")
			argo.others = append(argo.others, object)
		}
	}
	change, err := argo.read(rollout.Write{Operation: rollout.Create, Object: object})

	rendered, n, created, wantSteps := columns[3], columns[4], columns[5], columns[6]
	if n == "UNRESOLVABLE" || rendered == "ERR" {
		var unresolved *rollout.UnresolvedError
		g.Expect(errors.As(err, &unresolved)).To(BeTrue(), "%v", err)
		g.Expect(unresolved.Field).To(HavePrefix("spec."))
		return
	}
	g.Expect(err).NotTo(HaveOccurred())
	if created == "0" && change.Environments == 0 {
		g.Expect(change.Warnings).To(ContainElement(ContainSubstring("names that are refused")))
		return
	}
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
