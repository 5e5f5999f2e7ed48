package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/onsi/gomega"
)

const (
	manifests = `
kind: ClusterRole
metadata: {name: seawall}
rules:
  - {apiGroups: [seawall.dev], resources: [waves, waves/status], verbs: [get, list, update]}
---
kind: ClusterRole
metadata: {name: seawall-auditor}
rules:
  - {apiGroups: [seawall.dev], resources: [waves], verbs: [deletecollection]}
---
kind: ClusterRoleBinding
metadata: {name: seawall}
roleRef: {kind: ClusterRole, name: seawall}
subjects: [{kind: ServiceAccount, name: seawall, namespace: seawall-system}]
`
)

func TestRightsThatNoRequestHasUsed(t *testing.T) {
	g := gomega.NewWithT(t)
	directory := t.TempDir()
	log := func(name, text string) {
		g.Expect(os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600)).To(gomega.Succeed())
	}
	given, err := grantsOf([]byte(manifests))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(given).To(gomega.HaveLen(6), "those of people are theirs")
	_, err = requests(directory)
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("no audit log")))

	log("1.log", `{"verb":"list","user":{"username":"system:serviceaccount:seawall-system:seawall"},"objectRef":{"apiGroup":"seawall.dev","resource":"waves"}}
{"verb":"update","user":{"username":"system:serviceaccount:seawall-system:seawall"},"objectRef":{"apiGroup":"seawall.dev","resource":"waves","subresource":"status"}}
{"verb":"update","user":{"username":"system:serviceaccount:argocd:seawall"},"objectRef":{"apiGroup":"seawall.dev","resource":"waves"}}
{"verb":"upd`)
	used, err := requests(directory)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(unusedOf(given, used)).To(gomega.HaveExactElements(
		"seawall: get waves/status.seawall.dev", "seawall: list waves/status.seawall.dev", "seawall: update waves.seawall.dev"))

	log("2.log", `{"verb":"get","user":{"username":"system:serviceaccount:seawall-system:seawall"},`+
		`"impersonatedUser":{"username":"system:serviceaccount:seawall-system:seawall-nudger"},"objectRef":{"resource":"pods"}}`)
	used, err = requests(directory)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(used).To(gomega.ContainElements(right{"seawall", "impersonate", "", "serviceaccounts"}, right{"seawall-nudger", "get", "", "pods"}))
}

func TestAChartWithoutRights(t *testing.T) {
	_, err := grantsOf([]byte("kind: Namespace"))
	gomega.NewWithT(t).Expect(err).To(gomega.MatchError("the chart gives no rights to a service account"))
}
