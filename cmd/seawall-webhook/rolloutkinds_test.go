package main_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const rolloutKindSamples = "../../config/samples/rolloutkinds"

func sampleRolloutKind(file string) *v1alpha1.RolloutKind {
	GinkgoHelper()
	text, err := os.ReadFile(filepath.Join(rolloutKindSamples, file))
	Expect(err).NotTo(HaveOccurred())
	var sample v1alpha1.RolloutKind
	Expect(yaml.UnmarshalStrict(text, &sample)).To(Succeed())
	return &sample
}

// sampleFiles are read while the tree of specs is built.
func sampleFiles() []string {
	paths, err := filepath.Glob(filepath.Join(rolloutKindSamples, "*.yaml"))
	if err != nil || len(paths) == 0 {
		panic("no samples of RolloutKinds")
	}
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	return paths
}

func kindAccepted(ctx SpecContext, name string) func() *metav1.Condition {
	return func() *metav1.Condition {
		var source v1alpha1.RolloutKind
		if err := api.Get(ctx, client.ObjectKey{Name: name}, &source); err != nil {
			return nil
		}
		condition := meta.FindStatusCondition(source.Status.Conditions, v1alpha1.ConditionAccepted)
		if condition == nil || condition.ObservedGeneration != source.Generation {
			return nil
		}
		return condition
	}
}

// The suite's webhook is installed with the sample RolloutKinds for values.
var _ = Describe("kinds by configuration", Ordered, func() {
	BeforeAll(func(ctx SpecContext) { installSystems(ctx) })

	for _, file := range sampleFiles() {
		It("judges what "+file+" describes", func(ctx SpecContext) {
			sample := sampleRolloutKind(file)
			kind := rollout.Kind{Group: sample.Spec.Group, Versions: sample.Spec.Versions, Name: sample.Spec.Kind}
			if !served(kind) {
				Skip("its definition is not to be had on this machine")
			}
			Eventually(kindAccepted(ctx, sample.Name)).Should(HaveField("Status", metav1.ConditionTrue))
			liveCase("custom", kind).expectTheLimit(ctx)
		})
	}

	It("are followed as they are changed and removed", func(ctx SpecContext) {
		sample := sampleRolloutKind("clusterclass.yaml")
		if !served(rollout.Kind{Group: sample.Spec.Group, Versions: sample.Spec.Versions, Name: sample.Spec.Kind}) {
			Skip("its definition is not to be had on this machine")
		}
		changeKind := func(environments v1alpha1.Expression) {
			Eventually(func() error {
				var stored v1alpha1.RolloutKind
				if err := api.Get(ctx, client.ObjectKeyFromObject(sample), &stored); err != nil {
					return err
				}
				stored.Spec.Environments = environments
				return api.Update(ctx, &stored)
			}).Should(Succeed())
		}
		DeferCleanup(func(ctx context.Context) {
			Expect(api.Create(ctx, sampleRolloutKind("clusterclass.yaml"))).To(Succeed())
		})
		create := liveCase("custom", rollout.Kind{Name: "ClusterClass"})
		create.old = ""
		write := create.write(ctx)
		Expect(write()).To(Succeed(), "a new class has no Clusters")
		changeKind("23")
		Eventually(func() error { return write() }).WithTimeout(20 * second).Should(denied("wave 1 syncs 23 environments"))
		changeKind(`[[object.metadata.name]][1]`)
		Eventually(func() error { return write() }).WithTimeout(20 * second).Should(denied(
			`RolloutKind clusterclasses.cluster.x-k8s.io: spec.environments fails: index out of bounds`))
		Expect(api.Delete(ctx, sampleRolloutKind("clusterclass.yaml"))).To(Succeed())
		Eventually(func() error { return write() }).WithTimeout(20 * second).Should(denied(
			"ClusterClass.cluster.x-k8s.io is a kind that no RolloutKind describes"))
	})

	It("are refused with an error that points into the expression", func(ctx SpecContext) {
		sample := sampleRolloutKind("application.yaml")
		broken := sample.DeepCopy()
		broken.Spec.Resource, broken.Name = "trains", "trains.core.oam.dev"
		broken.Spec.Environments = "object.spec.names.map(n, m)"
		err := api.Create(ctx, broken)
		Expect(err).To(Satisfy(apierrors.IsInvalid))
		Expect(err).To(MatchError(And(
			ContainSubstring(`admission webhook "configuration.seawall.dev" denied the request`),
			ContainSubstring("spec.environments: Invalid value"),
			ContainSubstring("undeclared reference to 'm'"),
			ContainSubstring("| object.spec.names.map(n, m)\n | .........................^"),
		)))
	})

	It("do not describe a kind that Seawall reads itself", func(ctx SpecContext) {
		taken := sampleRolloutKind("application.yaml")
		taken.Name, taken.Spec.Group, taken.Spec.Resource, taken.Spec.Kind =
			"applicationsets.argoproj.io", "argoproj.io", "applicationsets", "ApplicationSet"
		Expect(api.Create(ctx, taken)).To(MatchError(ContainSubstring("Seawall itself reads ApplicationSet.argoproj.io")))
	})
})

var _ = DescribeTable("the schema of RolloutKind refuses",
	func(ctx SpecContext, change func(*v1alpha1.RolloutKind), want string) {
		source := sampleRolloutKind("application.yaml")
		change(source)
		Expect(api.Create(ctx, source, client.DryRunAll)).To(MatchError(ContainSubstring(want)))
	},
	Entry("another name", func(k *v1alpha1.RolloutKind) { k.Name = "vela" }, "metadata.name must be <resource>.<group>"),
	Entry("a group without a domain", func(k *v1alpha1.RolloutKind) {
		k.Spec.Group, k.Spec.Resource, k.Name = "autoscaling", "horizontalpodautoscalers", "horizontalpodautoscalers.autoscaling"
	}, "group must be that of a rollout system"),
	Entry("workloads that run where they are written", func(k *v1alpha1.RolloutKind) {
		k.Spec.Group, k.Spec.Resource, k.Name = "apps", "deployments", "deployments.apps"
	}, "is of Kubernetes itself"),
	Entry("a group of Kubernetes", func(k *v1alpha1.RolloutKind) {
		k.Spec.Group, k.Spec.Resource, k.Name = "coordination.k8s.io", "leases", "leases.coordination.k8s.io"
	}, "group must be that of a rollout system"),
	Entry("a wildcard", func(k *v1alpha1.RolloutKind) { k.Spec.Resource = "*" }, "spec.resource"),
	Entry("a subresource", func(k *v1alpha1.RolloutKind) { k.Spec.Resource = "applications/status" }, "spec.resource"),
	Entry("no version", func(k *v1alpha1.RolloutKind) { k.Spec.Versions = nil }, "spec.versions: Required value"),
	Entry("no environments", func(k *v1alpha1.RolloutKind) { k.Spec.Environments = "" }, "spec.environments: Required value"),
	Entry("an expression that is too long", func(k *v1alpha1.RolloutKind) {
		k.Spec.Environments = v1alpha1.Expression(strings.Repeat("1+", 4096) + "1")
	}, "spec.environments: Too long"),
	Entry("an inventory of the core group", func(k *v1alpha1.RolloutKind) { k.Spec.Inventory.Group = "core" }, "spec.inventory.group"),
	Entry("a field that is none", func(k *v1alpha1.RolloutKind) { k.Spec.Inventory.Fields = []string{"metadata.annotations"} }, "spec.inventory.fields[0]"),
	Entry("metadata whole", func(k *v1alpha1.RolloutKind) { k.Spec.Inventory.Fields = []string{"metadata"} }, "metadata cannot be read but for name, namespace and labels"),
	Entry("metadata of what is related", func(k *v1alpha1.RolloutKind) {
		k.Spec.Related[1].Fields = []string{"mode", "metadata.annotations"}
	}, "spec.related[1].fields[1]"),
	Entry("a related resource of the core group", func(k *v1alpha1.RolloutKind) { k.Spec.Related[0].Group = "core" }, "spec.related[0].group"),
	Entry("a related resource twice", func(k *v1alpha1.RolloutKind) { k.Spec.Related[1].Name = k.Spec.Related[0].Name }, "Duplicate value"),
	Entry("a remedy of two lines", func(k *v1alpha1.RolloutKind) { k.Spec.Remedy = "a\nb" }, "spec.remedy"),
	Entry("a variable twice", func(k *v1alpha1.RolloutKind) { k.Spec.Variables[1].Name = k.Spec.Variables[0].Name }, "Duplicate value"),
	Entry("a name that is none", func(k *v1alpha1.RolloutKind) { k.Spec.Variables[0].Name = "a-b" }, "spec.variables[0].name"),
)
