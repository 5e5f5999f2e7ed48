package argocd

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/hack/peers"
)

const (
	environments = 24
	refresh      = 3 * time.Second
	rollout      = 2 * time.Second
	// patience is how long a spec waits; a machine that does nothing else needs a fraction.
	patience = 3 * time.Minute
)

var (
	// life is that of Argo CD, which outlives each spec.
	life     context.Context
	plane    *cluster.Cluster
	argo     *ArgoCD
	api      client.WithWatch
	deployer *peers.Deployer
	fleet    *Fleet
)

func TestArgoCD(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(20 * time.Second) // a busy machine is late, and is not wrong
	RunSpecs(t, "The real Argo CD")
}

var _ = BeforeSuite(func() {
	log.SetLogger(GinkgoLogr)
	var err error
	plane, err = cluster.Start(context.Background(), cluster.Options{Progress: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(plane.Stop()).To(Succeed()) })
	ctx, cancel := context.WithCancel(context.Background())
	life = ctx           //nolint:fatcontext // set once, for the whole suite
	DeferCleanup(cancel) // before the API server ends, which waits for those that watch
	api, err = client.NewWithWatch(plane.Config, client.Options{})
	Expect(err).NotTo(HaveOccurred())
	argo, err = Start(ctx, plane, Settings{Refresh: refresh})
	Expect(err).NotTo(HaveOccurred())
	deployer, err = peers.StartDeployer(ctx, api, rollout)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(deployer.Failed()).NotTo(Receive()) })
	repository, err := peers.ServeRepository(ctx, argo.dir)
	Expect(err).NotTo(HaveOccurred())
	fleet = NewFleet(api, repository, "app", environments)
	deliver(ctx)
})

// deliver brings the whole fleet about, while nobody judges.
func deliver(ctx context.Context) {
	GinkgoHelper()
	recorder := record(ctx)
	revision := release(ctx, "v0")
	Expect(api.Create(ctx, fleet.ApplicationSet())).To(Succeed())
	delivered := until(ctx, recorder, fleet.At(revision))
	AddReportEntry("delivery", delivered.Summary(), ReportEntryVisibilityAlways)
}

// record begins a record that ends with the spec, once what came before it no longer rolls.
func record(ctx context.Context) *Recorder {
	GinkgoHelper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	DeferCleanup(cancel)
	Eventually(func(g Gomega) {
		var deployments appsv1.DeploymentList
		g.Expect(api.List(ctx, &deployments)).To(Succeed())
		for i := range deployments.Items {
			g.Expect(peers.RolledOut(&deployments.Items[i])).To(BeTrue(), deployments.Items[i].Namespace)
		}
	}).WithTimeout(patience).Should(Succeed())
	recorder, err := peers.StartRecorder(ctx, api, applications())
	Expect(err).NotTo(HaveOccurred())
	return recorder
}

// release commits a version for some environments, or for all.
func release(ctx context.Context, version string, environments ...string) string {
	GinkgoHelper()
	revision, err := fleet.Release(ctx, version, environments...)
	Expect(err).NotTo(HaveOccurred())
	return revision
}

// until waits until the record is as wanted, for as long as a spec may take.
func until(ctx context.Context, recorder *Recorder, wanted func(Record) bool) Record {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	record, err := recorder.Until(ctx, wanted)
	Expect(err).NotTo(HaveOccurred(), argo.Tail)
	return record
}
