package node

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	release = "seawall"
	// patience is how long a spec waits; a machine that does nothing else needs a fraction.
	patience = 2 * time.Minute
)

var (
	node *Node
	api  client.Client
	// helm, chart and refused are paths: of Helm, of the chart and of a rollout that is refused.
	helm, chart, refused string
	// admitted is a rollout of few environments.
	admitted *unstructured.Unstructured
)

func TestNode(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(patience)
	SetDefaultEventuallyPollingInterval(200 * time.Millisecond)
	RunSpecs(t, "A real node")
}

var _ = BeforeSuite(func() {
	log.SetLogger(GinkgoLogr)
	ctx, cancel := context.WithCancel(context.Background()) // that of the node, which outlives each spec
	DeferCleanup(cancel)
	began := time.Now()
	var err error
	node, err = Start(ctx, os.Getenv("SEAWALL_NODE"))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(stop)
	AddReportEntry("the node is ready", time.Since(began).Round(time.Millisecond).String(), ReportEntryVisibilityAlways)
	api = node.Plane.Client()
	helm, err = node.Plane.Tool(ctx, "helm")
	Expect(err).NotTo(HaveOccurred())
	Expect(node.Plane.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
	root, err := cluster.Root()
	Expect(err).NotTo(HaveOccurred())
	chart = filepath.Join(root, "charts", "seawall")
	refused = filepath.Join(root, "config", "samples", "applicationset-100.yaml")
	objects, err := cluster.ReadManifests(refused)
	Expect(err).NotTo(HaveOccurred())
	admitted = small(&objects[0])
})

// stop ends the control plane. What still runs in pods goes before: the API server waits for those that watch.
func stop() {
	node.processes[kubelet].Kill() // which would start it again
	for _, pid := range processes() {
		_ = syscall.Kill(pid, syscall.SIGKILL) // its only error: it has ended already
	}
	Expect(node.Plane.Stop()).To(Succeed())
}

// small returns the rollout with three of its environments.
func small(rollout *unstructured.Unstructured) *unstructured.Unstructured {
	GinkgoHelper()
	generators, found, err := unstructured.NestedSlice(rollout.Object, "spec", "generators")
	Expect(err).NotTo(HaveOccurred())
	Expect(found).To(BeTrue())
	elements, _, err := unstructured.NestedSlice(generators[0].(map[string]any), "list", "elements")
	Expect(err).NotTo(HaveOccurred())
	generators[0] = map[string]any{"list": map[string]any{"elements": elements[:3]}}
	few := rollout.DeepCopy()
	few.SetName("few")
	Expect(unstructured.SetNestedSlice(few.Object, generators, "spec", "generators")).To(Succeed())
	return few
}

// The specs follow each other on one installation, from the beginning to the end of it.
var _ = Describe("Seawall, installed by its chart", Ordered, func() {
	installation()
	outages()
	certificates()
	disruptions()
	releases()
	removal()
})
