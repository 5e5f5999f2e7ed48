package main_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// live is the case of a kind that is written to the API server: its inventory stands for as
// many environments as may sync at once.
type live struct{ inventory, old, object string }

func liveCase(packages string, kind rollout.Kind) live {
	GinkgoHelper()
	folders, err := filepath.Glob(filepath.Join("../../pkg/kinds", packages, kindtest.Folder(kind), "live"))
	Expect(err).NotTo(HaveOccurred())
	Expect(folders).To(HaveLen(1), "the live case of %s", kind.Name)
	file := func(name string) string {
		text, err := os.ReadFile(filepath.Join(folders[0], name))
		if !os.IsNotExist(err) {
			Expect(err).NotTo(HaveOccurred())
		}
		return string(text)
	}
	return live{inventory: file("inventory.yaml"), old: file("old.yaml"), object: file("object.yaml")}
}

// name returns that of the rollout.
func (l live) name() string {
	GinkgoHelper()
	return kindtest.Objects(GinkgoTB(), []byte(l.object))[0].GetName()
}

// oneTooMany returns the inventory with one copy more than may sync at once.
func (l live) oneTooMany() []*unstructured.Unstructured {
	GinkgoHelper()
	const most, tooMany = kindtest.CopiesAnnotation + `: "22"`, kindtest.CopiesAnnotation + `: "23"`
	Expect(l.inventory).To(ContainSubstring(most))
	return kindtest.Objects(GinkgoTB(), []byte(strings.ReplaceAll(l.inventory, most, tooMany)))
}

// home creates the namespace of an object.
func home(ctx context.Context, object *unstructured.Unstructured) {
	GinkgoHelper()
	if namespace := object.GetNamespace(); namespace != "" {
		err := api.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
		Expect(err == nil || apierrors.IsAlreadyExists(err)).To(BeTrue(), "namespace %s: %v", namespace, err)
	}
}

// place creates an object with its status, and deletes it after the spec.
func place(ctx context.Context, object *unstructured.Unstructured) {
	GinkgoHelper()
	home(ctx, object)
	created := object.DeepCopy()
	// An inventory object may be a rollout itself, judged when its own inventory has been read.
	Eventually(func() error { return api.Create(ctx, created) }).WithTimeout(30*second).Should(Succeed(), "%s %s", object.GetKind(), object.GetName())
	DeferCleanup(func(ctx context.Context) { Expect(client.IgnoreNotFound(api.Delete(ctx, created))).To(Succeed()) })
	if status, has := object.Object["status"]; has {
		created.Object["status"] = status
		Expect(api.Status().Update(ctx, created)).To(Succeed(), "status of %s %s", object.GetKind(), object.GetName())
	}
}

// write returns how to write the object of a live case: a dry run of a creation, or of an
// update of what was stored before.
func (l live) write(ctx context.Context) func(options ...client.UpdateOption) error {
	GinkgoHelper()
	object := kindtest.Objects(GinkgoTB(), []byte(l.object))[0]
	home(ctx, object)
	if l.old == "" {
		return func(...client.UpdateOption) error { return api.Create(ctx, object.DeepCopy(), client.DryRunAll) }
	}
	changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "1" })
	place(ctx, kindtest.Objects(GinkgoTB(), []byte(l.old))[0])
	restorePolicy(ctx)
	return func(options ...client.UpdateOption) error {
		stored := object.DeepCopy()
		if err := api.Get(ctx, client.ObjectKeyFromObject(object), stored); err != nil {
			return err
		}
		written := object.DeepCopy()
		written.SetResourceVersion(stored.GetResourceVersion())
		written.Object["status"] = stored.Object["status"]
		return api.Update(ctx, written, options...)
	}
}

// expectTheLimit writes the object with one environment more than may sync at once, and
// again when it is gone.
func (l live) expectTheLimit(ctx context.Context) {
	GinkgoHelper()
	if l.inventory == "" { // the object declares how many it has
		const most, tooMany = v1alpha1.EnvironmentsAnnotation + `: "22"`, v1alpha1.EnvironmentsAnnotation + `: "23"`
		more := live{object: strings.ReplaceAll(l.object, most, tooMany)}
		Eventually(func() error { return more.write(ctx)() }).WithTimeout(30 * second).Should(denied("23 environments"))
		Expect(l.write(ctx)()).To(Succeed())
		return
	}
	inventory := l.oneTooMany()
	for _, object := range inventory {
		place(ctx, object)
	}
	write := l.write(ctx)
	Eventually(func() error { return write(client.DryRunAll) }).WithTimeout(30 * second).Should(denied("23 environments"))

	By("taking one environment away")
	last := inventory[len(inventory)-1]
	for _, object := range inventory {
		if strings.HasSuffix(object.GetName(), "-022") {
			last = object
		}
	}
	Expect(api.Delete(ctx, last)).To(Succeed())
	Eventually(func() error { return write(client.DryRunAll) }).WithTimeout(30 * second).Should(Succeed())
}

// memberClusters stands for Karmada's aggregated API.
const memberClusters = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.cluster.karmada.io}
spec:
  group: cluster.karmada.io
  scope: Cluster
  names: {kind: Cluster, listKind: ClusterList, plural: clusters, singular: cluster}
  versions:
  - name: v1alpha1
    served: true
    storage: true
    subresources: {status: {}}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`

// installSystems installs the definitions of every rollout system.
func installSystems(ctx context.Context) {
	GinkgoHelper()
	systems, err := cluster.Systems()
	Expect(err).NotTo(HaveOccurred())
	for _, system := range systems {
		if err := plane.InstallCRDs(ctx, system); errors.Is(err, cluster.ErrUnavailable) {
			AddReportEntry("not to be had: " + system)
		} else {
			Expect(err).NotTo(HaveOccurred())
		}
	}
}

// served tells whether the API server knows a kind.
func served(kind rollout.Kind) bool {
	_, err := api.RESTMapper().RESTMapping(schema.GroupKind{Group: kind.Group, Kind: kind.Name}, kind.Versions...)
	return err == nil
}

var _ = Describe("every kind of rollout", Ordered, func() {
	BeforeAll(func(ctx SpecContext) {
		By("installing the definitions of every system while the webhook runs")
		installSystems(ctx)
		definition, err := cluster.ParseManifests([]byte(memberClusters))
		Expect(err).NotTo(HaveOccurred())
		Expect(plane.Apply(ctx, definition...)).To(Succeed())
	})

	all, _ := kinds.Named()
	for _, kind := range all {
		It(fmt.Sprintf("%s is refused one environment too many, and admitted without it", kind.Name), func(ctx SpecContext) {
			if !served(kind) {
				Skip("its definition is not to be had on this machine")
			}
			liveCase("*", kind).expectTheLimit(ctx)
		})
	}

	It("is re-counted, unless it acts once", func(ctx SpecContext) {
		lenient(ctx)
		changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.OnUnresolved = v1alpha1.UnresolvedAllow })
		wanted := map[string]int32{}
		for _, kind := range all {
			if !served(kind) {
				continue
			}
			live := liveCase("*", kind)
			place(ctx, kindtest.Objects(GinkgoTB(), []byte(cmp.Or(live.old, live.object)))[0])
			only := newPolicy(strings.ToLower(kind.Name), "0.2", &v1alpha1.WavePolicyMatch{
				Kinds: []v1alpha1.KindReference{{Group: kind.Group, Kind: kind.Name}},
			})
			only.Spec.OnUnresolved = v1alpha1.UnresolvedAllow
			createPolicy(ctx, only)
			if wanted[only.Name] = 1; kind.OneShot {
				wanted[only.Name] = 0
			}
		}
		Eventually(func(g Gomega) {
			for name, matched := range wanted {
				g.Expect(numbers(ctx, api, name)()).To(HaveExactElements(matched, int32(0), BeNumerically("<=", matched)), name)
			}
		}).WithTimeout(60 * second).Should(Succeed())
	})

	It("costs nothing while its system is absent, and is logged once", func() {
		said := map[string]int{}
		for _, line := range jsonLines(webhook.LogFile) {
			if message, _ := line["msg"].(string); strings.HasPrefix(message, "not served") {
				said[fmt.Sprint(line["resource"])]++
			}
		}
		Expect(said).NotTo(BeEmpty())
		for resource, times := range said {
			Expect(times).To(Equal(1), resource)
		}
	})
})
