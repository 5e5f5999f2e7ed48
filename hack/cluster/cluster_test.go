package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var _ = Describe("Cluster", func() {
	It("answers kubectl", func(ctx SpecContext) {
		output, err := running.Kubectl(ctx, nil, "get", "namespaces", "-o", "name")
		Expect(err).NotTo(HaveOccurred())
		Expect(output.Code).To(BeZero(), output.Stderr)
		Expect(strings.Fields(output.Stdout)).To(ContainElements("namespace/argocd", "namespace/seawall-system"))
	})

	It("gives kubectl its input and tells how it failed", func(ctx SpecContext) {
		output, err := running.Kubectl(ctx, strings.NewReader("apiVersion: v1\nkind: Nonsense\n"), "apply", "-f", "-")
		Expect(err).NotTo(HaveOccurred())
		Expect(output.Code).To(Equal(1))
		Expect(output.Stderr).To(ContainSubstring(`no matches for kind "Nonsense"`))
	})

	It("applies objects again and again, and refuses unknown fields", func(ctx SpecContext) {
		object := func(field string) unstructured.Unstructured {
			objects, err := ParseManifests([]byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied, namespace: argocd}\n" + field))
			Expect(err).NotTo(HaveOccurred())
			Expect(objects).To(HaveLen(1))
			return objects[0]
		}
		Expect(running.Apply(ctx, object("data: {a: b}"))).To(Succeed())
		Expect(running.Apply(ctx, object("data: {a: c}"))).To(Succeed())
		Expect(running.Apply(ctx, object("datta: {}"))).To(MatchError(ContainSubstring("datta")))
		Expect(running.Apply(ctx, object("immutable: true"), namespace("UPPER"))).To(MatchError(apierrors.IsInvalid, "invalid"))
	})

	It("writes an audit log", func() {
		Expect(os.ReadFile(running.AuditLog)).To(ContainSubstring(`"resource":"namespaces"`))
	})

	It("lets a service account do what its Role says and nothing more", func(ctx SpecContext) {
		objects, err := ReadManifests(filepath.Join("testdata", "reader.yaml"))
		Expect(err).NotTo(HaveOccurred())
		Expect(running.Apply(ctx, objects...)).To(Succeed())
		config, kubeconfig, err := running.ServiceAccountConfig(ctx, ArgoCDNamespace, "reader")
		Expect(err).NotTo(HaveOccurred())
		reader, err := client.New(config, client.Options{})
		Expect(err).NotTo(HaveOccurred())

		Expect(reader.List(ctx, &corev1.ConfigMapList{}, client.InNamespace(ArgoCDNamespace))).To(Succeed())
		Expect(reader.List(ctx, &corev1.ConfigMapList{}, client.InNamespace(Namespace))).To(MatchError(apierrors.IsForbidden, "forbidden"))
		Expect(reader.List(ctx, &corev1.SecretList{}, client.InNamespace(ArgoCDNamespace))).To(MatchError(apierrors.IsForbidden, "forbidden"))
		written := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: ArgoCDNamespace, Name: "written"}}
		Expect(reader.Create(ctx, written)).To(MatchError(apierrors.IsForbidden, "forbidden"))

		output, err := running.Kubectl(ctx, nil, "--kubeconfig", kubeconfig, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
		Expect(err).NotTo(HaveOccurred())
		Expect(output.Stdout).To(Equal("system:serviceaccount:argocd:reader"), output.Stderr)
	})
})

var _ = Describe("The keeper", func() {
	It("ends what a process left behind, and removes its files", func(ctx SpecContext) {
		dir, err := os.MkdirTemp("", "seawall-keeper-")
		Expect(err).NotTo(HaveOccurred())
		left := exec.Command("sleep", "600")
		Expect(left.Start()).To(Succeed())
		Expect((&Cluster{dir: dir}).keep("left", left.Process)).To(Succeed())
		keeper, err := startKeeper(ctx, dir)
		Expect(err).NotTo(HaveOccurred())

		Expect(keeper.input.Close()).To(Succeed(), "as when the process at this end is killed")
		Expect(left.Wait()).To(MatchError(ContainSubstring(syscall.SIGKILL.String())))
		Expect(keeper.command.Wait()).To(Succeed())
		Expect(dir).NotTo(BeADirectory())
	})
})
