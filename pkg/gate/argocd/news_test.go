package argocd_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/inventory"
	inventoried "github.com/seawall-dev/seawall/pkg/inventory/argocd"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	read := &unstructured.Unstructured{}
	gomega.NewWithT(t).Expect(json.Unmarshal(asJSON(t, text), &read.Object)).To(gomega.Succeed())
	return read
}

// TestNewsOfAnUnreadableApplication has one Application among two whose status nobody can read: where it belongs is
// known all the same, so that it concerns its own group only.
func TestNewsOfAnUnreadableApplication(t *testing.T) {
	g := gomega.NewWithT(t)
	const owned = `{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {namespace: argocd, name: NAME, uid: u, ownerReferences: [
		{apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, name: tenants, uid: s, controller: true}]}, spec: {project: payments}, status: STATUS}`
	registry := inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{
		object(t, stored+"apiVersion: argoproj.io/v1alpha1\nkind: Application\n"),
		object(t, strings.NewReplacer("NAME", "broken", "STATUS", `{history: none}`).Replace(owned)),
	}})
	applications := argocd.NewApplications(registry, inventoried.New(registry, "argocd", inventoried.ProgressiveSyncsAuto))
	news, err := applications.News()
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(news.All).To(gomega.BeTrue())
	g.Expect(news.Members).To(gomega.HaveLen(2))
	app, broken := news.Members[0], news.Members[1]
	g.Expect(app.Name).To(gomega.Equal("app"))
	g.Expect(app.Unreadable).NotTo(gomega.HaveOccurred())
	g.Expect(broken.Unreadable).To(gomega.MatchError(gomega.ContainSubstring("applications.argoproj.io")))
	g.Expect(broken.Facts.Owner).To(gomega.Equal("ApplicationSet argocd/tenants"))
	g.Expect(broken.Facts.Project).To(gomega.Equal("payments"))

	sight := applications.See(broken.Environment)
	entry := gate.Entry{Start: gate.Start{Environment: broken.Environment, At: time.Now().Add(-time.Hour)}}
	g.Expect(sight.Stage(entry, gate.Settling{}, time.Now())).To(gomega.Equal(gate.Stage{}), "it is there, and in flight")
	g.Expect(sight.Recovered(gate.Failure{Environment: broken.Environment}, time.Now())).To(gomega.BeFalse())

	g.Expect(applications.News()).To(gomega.Equal(gate.News{}), "nothing has changed")
}
