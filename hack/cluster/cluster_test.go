package cluster

import (
	"fmt"
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

	It("is filled with what the API server lists, reads and changes as if it had stored it", func(ctx SpecContext) {
		Expect(running.InstallCRDs(ctx, "argo-cd", "applications.argoproj.io")).To(Succeed())
		name := func(number int) string { return fmt.Sprint("filled-", number) }
		secret := func(number int) client.Object {
			return &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: ArgoCDNamespace, Name: name(number)},
				Type:       corev1.SecretTypeOpaque, Data: map[string][]byte{"number": []byte(name(number))},
			}
		}
		application := func(number int) client.Object {
			object := namespace(name(number)) // for its name
			object.SetAPIVersion("argoproj.io/v1alpha1")
			object.SetKind("Application")
			object.SetNamespace(ArgoCDNamespace)
			object.Object["spec"] = map[string]any{"project": "default", "destination": map[string]any{}}
			return &object
		}
		Expect(running.Fill(ctx, 0, 100, secret)).To(Succeed())
		Expect(running.Fill(ctx, 100, 120, secret)).To(Succeed())
		Expect(running.Fill(ctx, 0, 50, application)).To(Succeed())

		read := &corev1.Secret{}
		Expect(running.Client().Get(ctx, client.ObjectKeyFromObject(secret(119)), read)).To(Succeed())
		Expect(read.Data).To(HaveKeyWithValue("number", []byte("filled-119")))
		Expect(read.UID).NotTo(BeEmpty())
		Expect(read.ManagedFields).NotTo(BeEmpty())
		read.Data["number"] = []byte("none")
		Expect(running.Client().Update(ctx, read)).To(Succeed())
		Expect(running.Client().Delete(ctx, application(49))).To(Succeed())

		refused := func(int) client.Object { return secret(0) }
		Expect(running.Fill(ctx, 0, 1, refused)).To(MatchError(apierrors.IsAlreadyExists, "already exists"))
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
