package flux

import (
	"context"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/hack/peers"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	environments = 8
	rollout      = time.Second
	// patience is how long a spec waits; a machine that does nothing else needs a fraction.
	patience = 3 * time.Minute
)

var (
	plane    *cluster.Cluster
	flux     *Flux
	api      client.WithWatch
	deployer *peers.Deployer
	fleet    *Fleet
	// charts are brought about by those specs that are of HelmReleases.
	charts *HelmFleet
)

func TestFlux(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(20 * time.Second) // a busy machine is late, and is not wrong
	RunSpecs(t, "The real Flux")
}

var _ = BeforeSuite(func() {
	log.SetLogger(GinkgoLogr)
	var err error
	plane, err = cluster.Start(context.Background(), cluster.Options{Progress: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(plane.Stop()).To(Succeed()) })
	ctx, cancel := context.WithCancel(context.Background()) // that of Flux, which outlives each spec
	DeferCleanup(cancel)                                    // before the API server ends, which waits for those that watch
	known := runtime.NewScheme()
	Expect(errors.Join(scheme.AddToScheme(known), v1alpha1.AddToScheme(known))).To(Succeed())
	api, err = client.NewWithWatch(plane.Config, client.Options{Scheme: known})
	Expect(err).NotTo(HaveOccurred())
	flux, err = Start(ctx, plane)
	Expect(err).NotTo(HaveOccurred())
	deployer, err = peers.StartDeployer(ctx, api, rollout)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(deployer.Failed()).NotTo(Receive()) })
	repository, err := peers.ServeRepository(ctx, flux.dir)
	Expect(err).NotTo(HaveOccurred())
	fleet = NewFleet(api, repository, "app", environments)
	charts = NewHelmFleet(api, repository, "chart", environments)
	deliver(ctx)
})

// deliver brings the whole fleet about, while nobody judges.
func deliver(ctx context.Context) {
	GinkgoHelper()
	recorder := record(ctx)
	revision, err := fleet.Release(ctx, "v0")
	Expect(err).NotTo(HaveOccurred())
	Expect(plane.Apply(ctx, fleet.Objects()...)).To(Succeed())
	delivered := until(ctx, recorder, fleet.At(revision))
	AddReportEntry("delivery", delivered.Summary(), ReportEntryVisibilityAlways)
}

// record begins a record of Kustomizations.
func record(ctx context.Context) *Recorder {
	GinkgoHelper()
	return recordOf(ctx, kustomizations())
}

// recordOf begins a record that ends with the spec, once what came before it no longer rolls.
func recordOf[S any](ctx context.Context, system peers.System[S]) *peers.Recorder[S] {
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
	recorder, err := peers.StartRecorder(ctx, api, system)
	Expect(err).NotTo(HaveOccurred())
	return recorder
}

// release commits a version for some environments, or for all, and has Flux look for it.
func release(ctx context.Context, version string, environments ...string) string {
	GinkgoHelper()
	revision, err := fleet.Release(ctx, version, environments...)
	Expect(err).NotTo(HaveOccurred())
	Expect(fleet.Fetch(ctx)).To(Succeed())
	return revision
}

// until waits until the record is as wanted, for as long as a spec may take.
func until[S any](ctx context.Context, recorder *peers.Recorder[S], wanted func(peers.Record[S]) bool) peers.Record[S] {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	record, err := recorder.Until(ctx, wanted)
	Expect(err).NotTo(HaveOccurred(), flux.Tail)
	return record
}
