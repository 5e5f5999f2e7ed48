package argocd

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// team is the project of Applications in namespaces of their own, and the start of the names of these.
const team = "team"

var _ = Describe("With the sync gate, two application-controllers and Applications in several namespaces", Label("more"), Ordered, func() {
	var (
		sharded, apart *Fleet
		recorder       *Recorder
		revision       string
	)

	BeforeAll(func(ctx SpecContext) {
		second := registerCluster(ctx)
		namespaces := []string{team + "-a", team + "-b"}
		Expect(argo.Restart(life, Settings{Refresh: refresh, Namespaces: namespaces, Shards: 2})).To(Succeed())
		DeferCleanup(func() { Expect(argo.Restart(life, Settings{Refresh: refresh})).To(Succeed()) })
		sharded, apart = NewFleet(api, fleet.repository, "sharded", 6), NewFleet(api, fleet.repository, team, 4)
		sharded.Dev, sharded.Change = 3, deployingDevTo(second)
		recorder = record(ctx)
		revision = together(ctx, "v1", sharded, apart)
		Expect(api.Create(ctx, sharded.ApplicationSet())).To(Succeed())
		DeferCleanup(sharded.Remove)
		createApart(ctx, apart, namespaces)
		both := func(r Record) bool { return sharded.At(revision)(r) && apart.At(revision)(r) }
		until(ctx, recorder, both)

		installWith("testdata/more.yaml", map[string]any{"syncGate": map[string]any{"enabled": true}})
		awaitGates(ctx, "testdata/more.yaml")
		recorder = record(ctx)
		revision = together(ctx, "v2", sharded, apart)
	})

	It("starts of both controllers are one group", func(ctx SpecContext) {
		delivered := report(until(ctx, recorder, sharded.At(revision)), sharded.Environments, most)
		Expect(delivered.Started()).To(ConsistOf(sharded.Environments))
		Expect(delivered.MostInFlight).To(Equal(most))
		Expect(startedBy(0, sharded)).To(ConsistOf(sharded.Environments[sharded.Dev:]))
		Expect(startedBy(1, sharded)).To(ConsistOf(sharded.Environments[:sharded.Dev]))
	})

	It("Applications of one project in several namespaces are one group", func(ctx SpecContext) {
		delivered := report(until(ctx, recorder, apart.At(revision)), apart.Environments, 2)
		Expect(delivered.Started()).To(ConsistOf(apart.Environments))
		Expect(delivered.MostInFlight).To(Equal(2))
	})
})

func together(ctx context.Context, version string, fleets ...*Fleet) string {
	GinkgoHelper()
	revision, err := Together(ctx, version, nil, fleets...)
	Expect(err).NotTo(HaveOccurred())
	return revision
}

// registerCluster tells Argo CD of this cluster once more, as one that is for the second of two
// application-controllers, and returns its URL.
func registerCluster(ctx context.Context) string {
	GinkgoHelper()
	config, _, err := plane.ServiceAccountConfig(ctx, cluster.ArgoCDNamespace, applicationController)
	Expect(err).NotTo(HaveOccurred())
	access, err := json.Marshal(map[string]any{
		"bearerToken": config.BearerToken, "tlsClientConfig": map[string]any{"caData": config.CAData},
	})
	Expect(err).NotTo(HaveOccurred())
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: cluster.ArgoCDNamespace, Name: "second", Labels: map[string]string{"argocd.argoproj.io/secret-type": "cluster"},
		},
		Data: map[string][]byte{"name": []byte("second"), "server": []byte(config.Host), "config": access, "shard": []byte("1")},
	}
	Expect(api.Create(ctx, secret)).To(Succeed())
	DeferCleanup(func(ctx context.Context) { Expect(api.Delete(ctx, secret)).To(Succeed()) })
	return config.Host
}

// deployingDevTo has those of an ApplicationSet that have the label env: dev deployed to another cluster.
func deployingDevTo(server string) func(set map[string]any) {
	return func(set map[string]any) {
		GinkgoHelper()
		destination := fmt.Sprintf(`{{if eq .env "dev"}}%s{{else}}https://kubernetes.default.svc{{end}}`, server)
		Expect(unstructured.SetNestedField(set, destination, "spec", "template", "spec", "destination", "server")).To(Succeed())
	}
}

// createApart creates Applications of a project in namespaces in turn, without an ApplicationSet.
func createApart(ctx context.Context, of *Fleet, namespaces []string) {
	GinkgoHelper()
	project := defaultProject()
	project.SetName(team)
	Expect(unstructured.SetNestedStringSlice(project.Object, namespaces, "spec", "sourceNamespaces")).To(Succeed())
	create := func(made client.Object) {
		Expect(api.Create(ctx, made)).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(api.Delete(ctx, made)).To(Succeed()) })
	}
	create(&project)
	for _, name := range namespaces {
		Expect(api.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})).To(Succeed())
	}
	for i, environment := range of.Environments {
		spec := of.spec(environment, environment)
		spec["project"] = team
		application := object("Application", environment, spec)
		application.SetNamespace(namespaces[i%len(namespaces)])
		application.SetLabels(map[string]string{"fleet": of.Name})
		create(application)
	}
}

// startedBy returns the environments of a fleet of which one of the application-controllers says in its log that it
// has begun a sync.
func startedBy(shard int, of *Fleet) []string {
	GinkgoHelper()
	name := fmt.Sprintf("%s-%d", applicationController, shard)
	at := slices.IndexFunc(argo.running, func(p *cluster.Process) bool { return strings.Contains(filepath.Base(p.LogFile), name) })
	Expect(at).To(BeNumerically(">=", 0), name)
	text, err := os.ReadFile(argo.running[at].LogFile)
	Expect(err).NotTo(HaveOccurred())
	var started []string
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "Initiated automated sync") {
			continue
		}
		for _, environment := range of.Environments {
			if strings.Contains(line, environment) && !slices.Contains(started, environment) {
				started = append(started, environment)
			}
		}
	}
	return started
}
