package main_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	refreshAnnotation = "argocd.argoproj.io/refresh"
	nudgerUser        = "system:serviceaccount:seawall-system:seawall-nudger"
)

// wait makes an Application one that was held: out of sync at a revision, and last looked at some time ago.
func (g *gated) wait(ctx context.Context, name, revision string, ago time.Duration) {
	GinkgoHelper()
	Eventually(func() error {
		return g.change(ctx, g.argoCD, name, func(app map[string]any) {
			now := status("OutOfSync", "Healthy", revision)
			now["reconciledAt"] = time.Now().Add(-ago).UTC().Format(time.RFC3339)
			app["status"] = now
			annotations, _ := app["metadata"].(map[string]any)["annotations"].(map[string]any)
			delete(annotations, refreshAnnotation)
		})
	}).Should(Succeed())
}

// asked returns those of the Applications that Argo CD has been asked to look at.
func (g *gated) asked(ctx context.Context, names []string) []string {
	GinkgoHelper()
	var asked []string
	for _, name := range names {
		app := g.application(name, nil)
		Expect(g.admin.Get(ctx, client.ObjectKeyFromObject(app), app)).To(Succeed())
		if value, exists := app.GetAnnotations()[refreshAnnotation]; exists {
			Expect(value).To(Equal("normal"))
			asked = append(asked, name)
		}
	}
	return asked
}

var _ = Describe("the nudge of the sync gate", Ordered, func() {
	var gate *gated

	BeforeAll(func(ctx SpecContext) {
		gate = startGateWith(context.WithoutCancel(ctx), map[string]any{"nudge": true}, func(*v1alpha1.WavePolicySpec) {})
	})

	It("has Argo CD look at as many as there is room for, those first that have waited longest", func(ctx SpecContext) {
		names := gate.applications(ctx, "nudged", 7)
		for _, name := range names[:3] {
			Eventually(func() error { return gate.begin(ctx, name, "b") }).WithTimeout(20 * second).Should(Succeed())
		}
		for i, minutes := range []int{10, 5, 20, 15} {
			gate.wait(ctx, names[3+i], "b", time.Duration(minutes)*time.Minute)
		}
		asked := func() []string { return gate.asked(ctx, names) }
		Consistently(asked).WithTimeout(4*second).Should(BeEmpty(), "there is no room")

		By("one is asked for each that has settled")
		gate.end(ctx, names[0], "b", "Healthy")
		Eventually(asked).WithTimeout(20 * second).Should(Equal([]string{names[5]}))
		Consistently(asked).WithTimeout(3 * second).Should(Equal([]string{names[5]}))
		gate.end(ctx, names[1], "b", "Healthy")
		Eventually(asked).WithTimeout(20 * second).Should(Equal([]string{names[5], names[6]}))

		By("who is looked at and does not start makes room for the next, and does not come again at once")
		gate.wait(ctx, names[5], "b", -2*time.Second)
		Eventually(asked).WithTimeout(20 * second).Should(Equal([]string{names[3], names[6]}))

		By("who starts has the room")
		gate.wait(ctx, names[6], "b", -2*time.Second)
		Expect(gate.begin(ctx, names[6], "b")).To(Succeed())
		gate.wait(ctx, names[3], "b", -2*time.Second)
		Expect(gate.begin(ctx, names[3], "b")).To(Succeed())
		Expect(gate.begin(ctx, names[4], "b")).To(held("3 of"))
		for _, name := range asked() { // such as one that was asked between the two
			gate.wait(ctx, name, "b", time.Hour)
		}
		Consistently(asked).WithTimeout(3*second).Should(BeEmpty(), "there is no room")
		Expect(sum(gate.webhook, "seawall_starts_nudges_total", `result="Nudged"`)).To(BeNumerically("~", 3, 1))
	})

	It("leaves alone what a halt holds, but not what has failed", func(ctx SpecContext) {
		names := gate.applications(ctx, "nudged-halt", 3)
		Eventually(func() error { return gate.begin(ctx, names[0], "b") }).WithTimeout(20 * second).Should(Succeed())
		gate.end(ctx, names[0], "b", "Degraded")
		Eventually(func() error { return gate.begin(ctx, names[1], "b", client.DryRunAll) }).Should(held("failed"))
		gate.wait(ctx, names[1], "c", time.Hour)
		asked := func() []string { return gate.asked(ctx, names) }
		Consistently(asked).WithTimeout(3 * second).Should(BeEmpty())
		Expect(gate.change(ctx, gate.argoCD, names[0], func(app map[string]any) {
			status := app["status"].(map[string]any)
			status["reconciledAt"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
			sync := status["sync"].(map[string]any)
			sync["status"], sync["revision"] = "OutOfSync", "c"
		})).To(Succeed())
		Eventually(asked).WithTimeout(20 * second).Should(Equal([]string{names[0]}))
	})

	It("writes as an account that may change nothing but one annotation, to one value", func(ctx SpecContext) {
		name := gate.applications(ctx, "guarded", 1)[0]
		Expect(gate.change(ctx, gate.argoCD, name, func(app map[string]any) {
			metadata := app["metadata"].(map[string]any)
			metadata["annotations"] = map[string]any{"team": "red"}
			metadata["finalizers"] = []any{"resources-finalizer.argocd.argoproj.io"}
		})).To(Succeed())
		nudger := gate.as(nudgerUser) // which RBAC allows everything here: it is the admission policy that refuses
		patch := func(kind types.PatchType, body string) func() error {
			return func() error {
				return nudger.Patch(ctx, gate.application(name, nil), client.RawPatch(kind, []byte(body)))
			}
		}
		merge := func(body string) func() error { return patch(types.MergePatchType, body) }
		put := func(change func(app map[string]any)) func() error {
			return func() error { return gate.change(ctx, nudger, name, change) }
		}
		const and = `"annotations":{"argocd.argoproj.io/refresh":"normal"}`
		for what, try := range map[string]func() error{
			"a hard refresh":                 merge(`{"metadata":{"annotations":{"argocd.argoproj.io/refresh":"hard"}}}`),
			"no annotation":                  merge(`{"metadata":{"annotations":{"argocd.argoproj.io/refresh":null}}}`),
			"nothing":                        merge(`{}`),
			"another annotation":             merge(`{"metadata":{"annotations":{"argocd.argoproj.io/refresh":"normal","seawall.dev/sync-success-rate":"0.9"}}}`),
			"one that is changed":            merge(`{"metadata":{"annotations":{"argocd.argoproj.io/refresh":"normal","team":"blue"}}}`),
			"one that is removed":            merge(`{"metadata":{"annotations":{"argocd.argoproj.io/refresh":"normal","team":null}}}`),
			"all that are removed":           put(func(app map[string]any) { delete(app["metadata"].(map[string]any), "annotations") }),
			"an operation":                   merge(`{"metadata":{` + and + `},"operation":{"sync":{"revision":"evil"}}}`),
			"the source":                     merge(`{"metadata":{` + and + `},"spec":{"source":{"targetRevision":"evil"}}}`),
			"the project":                    merge(`{"metadata":{` + and + `},"spec":{"project":"admin"}}`),
			"a field that was not there":     merge(`{"metadata":{` + and + `},"spec":{"revisionHistoryLimit":0}}`),
			"one that is not there any more": merge(`{"metadata":{` + and + `},"spec":{"syncPolicy":null}}`),
			"the status":                     merge(`{"metadata":{` + and + `},"status":{"health":{"status":"Degraded"}}}`),
			"a label":                        merge(`{"metadata":{` + and + `,"labels":{"env":"evil"}}}`),
			"no labels":                      merge(`{"metadata":{` + and + `,"labels":null}}`),
			"a finalizer":                    merge(`{"metadata":{` + and + `,"finalizers":["a.example.com/b"]}}`),
			"no finalizer":                   merge(`{"metadata":{` + and + `,"finalizers":null}}`),
			"an owner":                       merge(`{"metadata":{` + and + `,"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"a","uid":"b"}]}}`),
			"no owner":                       merge(`{"metadata":{` + and + `,"ownerReferences":null}}`),
			"by a JSON patch":                patch(types.JSONPatchType, `[{"op":"add","path":"/operation","value":{"sync":{}}}]`),
			"by an update":                   put(func(app map[string]any) { app["operation"] = map[string]any{"sync": map[string]any{}} }),
			"an Application that is new":     func() error { return nudger.Create(ctx, gate.application("guarded-new", nil)) },
			"an Application that is applied": func() error {
				applied := gate.application("guarded-new", nil)
				return nudger.Apply(ctx, client.ApplyConfigurationFromUnstructured(applied), client.FieldOwner("a"))
			},
			"an Application that goes": func() error { return nudger.Delete(ctx, gate.application(name, nil)) },
			"all Applications of a namespace": func() error {
				return nudger.DeleteAllOf(ctx, gate.application(name, nil), client.InNamespace("argocd"))
			},
		} {
			Expect(try()).To(And(Satisfy(apierrors.IsForbidden), MatchError(Or(
				ContainSubstring("This account may change nothing of an Application but its annotation argocd.argoproj.io/refresh, to normal"),
				ContainSubstring("Only Argo CD may change the status of an Application"),
			))), what)
		}
		Expect(merge(`{"metadata":{` + and + `}}`)()).To(Succeed())
		Expect(merge(`{"metadata":{`+and+`}}`)()).To(Succeed(), "once more")

		By("where there is no annotation yet")
		app := gate.application("guarded-bare", nil)
		Expect(gate.argoCD.Create(ctx, app)).To(Succeed())
		Expect(nudger.Patch(ctx, app, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{`+and+`}}`)))).To(Succeed())
		By("nobody else is held to it")
		Expect(gate.change(ctx, gate.admin, name, func(app map[string]any) {
			app["metadata"].(map[string]any)["labels"] = map[string]any{"env": "dev"}
		})).To(Succeed())
	})

	It("has rights for that and no more, and Seawall the right to act as it", func(ctx SpecContext) {
		const seawall = "system:serviceaccount:seawall-system:seawall"
		for what, as := range map[string]struct {
			user    string
			allowed bool
		}{
			"patch applications.argoproj.io -n argocd":                     {nudgerUser, true},
			"patch applications.argoproj.io -n team-a":                     {nudgerUser, true},
			"get applications.argoproj.io -n argocd":                       {nudgerUser, false},
			"update applications.argoproj.io -n argocd":                    {nudgerUser, false},
			"create applications.argoproj.io -n argocd":                    {nudgerUser, false},
			"delete applications.argoproj.io -n argocd":                    {nudgerUser, false},
			"patch applicationsets.argoproj.io -n argocd":                  {nudgerUser, false},
			"list secrets -n argocd":                                       {nudgerUser, false},
			"impersonate serviceaccounts/seawall-nudger -n seawall-system": {seawall, true},
			"impersonate serviceaccounts/another -n seawall-system":        {seawall, false},
			"impersonate serviceaccounts/seawall-nudger -n argocd":         {seawall, false},
			"impersonate users":                                            {seawall, false},
			"impersonate groups":                                           {seawall, false},
			"patch applications.argoproj.io -n argocd ":                    {seawall, false},
			"update applications.argoproj.io -n argocd ":                   {seawall, false},
		} {
			output, err := gate.plane.Kubectl(ctx, nil, append([]string{"auth", "can-i", "--as=" + as.user}, fields(what)...)...)
			Expect(err).NotTo(HaveOccurred())
			answer := "no\n"
			if as.allowed {
				answer = "yes\n"
			}
			Expect(output.Stdout).To(Equal(answer), "%s, as %s: %s", what, as.user, output.Stderr)
		}
	})

	It("is not there unless it is asked for", func() {
		nudging := func(objects []unstructured.Unstructured) (kinds []string) {
			for i := range objects {
				if name := objects[i].GetName(); name == "seawall-nudger" || name == "seawall-nudge" {
					kinds = append(kinds, objects[i].GetKind())
				}
			}
			return kinds
		}
		Expect(nudging(gate.webhook.Objects)).To(ConsistOf("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding",
			"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"))
		Expect(nudging(webhook.Objects)).To(BeEmpty())
	})
})
