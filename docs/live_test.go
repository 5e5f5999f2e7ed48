package docs_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/hack/pages"
)

// patience is how long a record, a status or a finding may take to be there.
const patience = 45 * time.Second

var (
	guardedPlane, plainPlane *cluster.Cluster
	webhook                  *cluster.Webhook
	programs                 []string // beside kubectl: the plugin and helm
)

func TestPages(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(20 * time.Second) // a busy machine is late, and is not wrong
	RunSpecs(t, "The pages of the documentation on a real API server")
}

var _ = BeforeSuite(func() {
	ctx := context.Background()
	ctrllog.SetLogger(GinkgoLogr)
	guardedPlane = startPlane(ctx)
	plainPlane = startPlane(ctx)
	Expect(guardedPlane.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
	settings, err := cluster.ParseManifests([]byte(progressiveSyncs))
	Expect(err).NotTo(HaveOccurred())
	Expect(guardedPlane.Apply(ctx, settings...)).To(Succeed())
	webhook, err = guardedPlane.StartWebhook(ctx, cluster.WebhookOptions{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(webhook.Stop()).To(Succeed()) })

	plugin := filepath.Join(GinkgoT().TempDir(), "kubectl-seawall")
	built, err := exec.Command("go", "build", "-o", plugin, "../cmd/kubectl-seawall").CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(built))
	helm, err := exec.Command("../hack/tools/build.sh", "helm").Output()
	Expect(err).NotTo(HaveOccurred())
	programs = []string{plugin, strings.TrimSpace(string(helm))}
})

const progressiveSyncs = `
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cmd-params-cm, namespace: argocd}
data: {applicationsetcontroller.enable.progressive.syncs: "true"}
`

func startPlane(ctx context.Context) *cluster.Cluster {
	GinkgoHelper()
	plane, err := cluster.Start(ctx, cluster.Options{AuditLog: true, Progress: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(plane.Stop()).To(Succeed()) })
	return plane
}

var _ = Describe("the pages", func() {
	names := []string{}
	for name := range plays() {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		play := plays()[name]
		if play.place == guarded {
			It("with Seawall at work: "+name, func(ctx SpecContext) {
				s := newStage(guardedPlane, name, play, map[string]string{"audit.log": guardedPlane.AuditLog, "webhook.log": webhook.LogFile})
				DeferCleanup(s.cleanUp)
				s.all(ctx)
			})
		}
		It("with helm: "+name, func(ctx SpecContext) {
			s := newStage(plainPlane, name, play, nil)
			some := false
			s.steps(func(pages.Step) { some = true })
			if some {
				isInstalled(ctx, s)
				s.all(ctx)
			}
		})
	}

	It("of the demo", func(ctx SpecContext) {
		program := filepath.Join(GinkgoT().TempDir(), "demo")
		built, err := exec.Command("go", "build", "-o", program, "../hack/demo").CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(built))
		command := exec.CommandContext(ctx, program)
		command.Dir = root
		printed, err := command.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(printed))
		shown := 0
		for name, play := range plays() {
			page, err := pages.Read(root, name)
			Expect(err).NotTo(HaveOccurred())
			for _, block := range page.Blocks {
				if play.elsewhere[firstLine(block.Text)] == "the demo" {
					shown++
					Expect(pages.Comparable(string(printed))).To(ContainSubstring(pages.Comparable(block.Text)), string(printed))
				}
			}
		}
		Expect(shown).To(Equal(1))
	})
})

// cleanUp takes away what a page has written, for the next one.
func (s *stage) cleanUp(ctx context.Context) {
	s.must(ctx, `
kubectl delete applicationsets,waveoverrides,reports,events --all --all-namespaces --wait=false
kubectl delete clusterreports --all
kubectl delete secrets -n argocd -l argocd.argoproj.io/secret-type=cluster
kubectl delete clusterrolebindings,clusterroles -l page=of-the-documentation
kubectl delete clusterrolebinding auditors platform --ignore-not-found
kubectl delete rolebinding -n argocd oncall --ignore-not-found
kubectl delete wavepolicies --all
kubectl apply -f - <<'YAML'
apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: default}
spec: {maxWaveFailureProbability: "0.2", successRate: {default: "0.99"}}
YAML`)
}

// The job of docs/ci.md that refreshes the snapshot needs a cluster, and a repository to push to.
var _ = It("refreshes the snapshot as the recipe does", func(ctx SpecContext) {
	s := newStage(guardedPlane, "docs/ci.md", play{place: guarded}, nil)
	s.must(ctx, `git init -q --bare -b main origin.git && git clone -q origin.git work 2>/dev/null && cd work && mkdir seawall &&
touch seawall/fleet.yaml && git add . && git commit -q -m base && git push -q origin HEAD:main && git branch -q -u origin/main`)
	refreshed := 0
	for _, step := range recipes(NewGomega(Fail))[3].Jobs["refresh"].Steps {
		if step.Run != "" {
			s.must(ctx, "cd work\n"+step.Run)
			refreshed++
		}
	}
	Expect(refreshed).To(Equal(1))
	Expect(s.must(ctx, "git -C origin.git show main:seawall/fleet.yaml")).To(And(
		ContainSubstring("kind: InventorySnapshot"), ContainSubstring("argocd-cmd-params-cm")))
})
