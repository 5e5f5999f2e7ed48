package main_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const argoCDUser = "system:serviceaccount:argocd:argocd-application-controller"

// gated is an API server with Seawall's sync gate, whose Applications the specs sync as Argo CD does.
type gated struct {
	plane   *cluster.Cluster
	webhook *cluster.Webhook
	// admin writes as whoever may do everything, and argoCD as Argo CD.
	admin, argoCD client.Client
}

// startGate starts one with a policy that lets three of a group be in flight.
func startGate(ctx context.Context, change func(*v1alpha1.WavePolicySpec)) *gated {
	GinkgoHelper()
	return startGateWith(ctx, nil, change)
}

// startGateWith starts one with more values of the chart for the gate.
func startGateWith(ctx context.Context, more map[string]any, change func(*v1alpha1.WavePolicySpec)) *gated {
	GinkgoHelper()
	values := map[string]any{"enabled": true, "exempt": []any{"argocd/seawall*"}}
	maps.Copy(values, more)
	own := borrow(ctx)
	started := &gated{plane: own}
	var err error
	started.webhook, err = own.StartWebhook(context.WithoutCancel(ctx), cluster.WebhookOptions{Values: map[string]any{
		"syncGate": values,
		"policies": map[string]any{"default": nil},
	}})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx context.Context) { giveBack(ctx, own, started.webhook) })
	started.admin, err = client.New(own.Config, client.Options{Scheme: api.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	started.argoCD = started.as(argoCDUser)
	policy := newPolicy("three", "0.03", nil)
	policy.Spec.SyncGate = &v1alpha1.SyncGate{}
	change(&policy.Spec)
	Expect(started.admin.Create(ctx, policy)).To(Succeed())
	return started
}

func (g *gated) as(user string) client.Client {
	GinkgoHelper()
	config := rest.CopyConfig(g.plane.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:masters"}}
	impersonating, err := client.New(config, client.Options{Scheme: api.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	return impersonating
}

// applications creates an ApplicationSet and Applications that it owns, in sync at revision a, and returns
// their names.
func (g *gated) applications(ctx context.Context, set string, n int) []string {
	GinkgoHelper()
	owner := tenants(set, 1, nil)
	Expect(g.admin.Create(ctx, owner)).To(Succeed())
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%02d", set, i)
		app := g.application(names[i], map[string]any{"env": []string{"dev", "production"}[min(i, 1)]})
		app.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(owner, owner.GroupVersionKind())})
		Expect(g.argoCD.Create(ctx, app)).To(Succeed())
	}
	return names
}

func source() map[string]any {
	return map[string]any{"repoURL": "https://git.example.com/app.git", "path": "app", "targetRevision": "main"}
}

func (*gated) application(name string, labels map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
		"metadata": map[string]any{"namespace": cluster.ArgoCDNamespace, "name": name, "labels": labels},
		"spec": map[string]any{
			"project": "default", "source": source(), "syncPolicy": map[string]any{"automated": map[string]any{}},
			"destination": map[string]any{"server": "https://kubernetes.default.svc", "namespace": "app"},
		},
		"status": status("Synced", "Healthy", "a"),
	}}
}

// status is that of an Application that was compared with a revision.
func status(sync, health, revision string) map[string]any {
	return map[string]any{
		"sync":         map[string]any{"status": sync, "revision": revision, "comparedTo": map[string]any{"source": source(), "destination": map[string]any{}}},
		"health":       map[string]any{"status": health},
		"reconciledAt": time.Now().Add(2 * time.Second).UTC().Format(time.RFC3339),
	}
}

// change writes an Application as it is changed, by a client.
func (g *gated) change(ctx context.Context, by client.Client, name string, change func(map[string]any), options ...client.UpdateOption) error {
	app := &unstructured.Unstructured{}
	app.SetGroupVersionKind(g.application(name, nil).GroupVersionKind())
	if err := g.admin.Get(ctx, client.ObjectKey{Namespace: cluster.ArgoCDNamespace, Name: name}, app); err != nil {
		return err
	}
	change(app.Object)
	return by.Update(ctx, app, options...)
}

// begin starts a sync to a revision as Argo CD does by itself: with the operation, and without the state of
// the last one.
func (g *gated) begin(ctx context.Context, name, revision string, options ...client.UpdateOption) error {
	return g.change(ctx, g.argoCD, name, func(app map[string]any) {
		app["operation"] = map[string]any{
			"sync": map[string]any{"revision": revision}, "initiatedBy": map[string]any{"automated": true},
		}
		delete(app["status"].(map[string]any), "operationState")
	}, options...)
}

// end ends a sync that has succeeded: at a revision, with the health that the Application has then.
func (g *gated) end(ctx context.Context, name, revision, health string) {
	GinkgoHelper()
	Eventually(func() error {
		return g.change(ctx, g.argoCD, name, func(app map[string]any) {
			delete(app, "operation")
			now := time.Now().UTC().Format(time.RFC3339)
			after := status("Synced", health, revision)
			after["operationState"] = map[string]any{
				"operation": map[string]any{"sync": map[string]any{"revision": revision}},
				"phase":     "Succeeded", "startedAt": now, "finishedAt": now,
				"syncResult": map[string]any{"revision": revision, "source": source()},
			}
			app["status"] = after
		})
	}).Should(Succeed())
}

// waves returns the Waves.
func (g *gated) waves(ctx context.Context) []v1alpha1.Wave {
	GinkgoHelper()
	var list v1alpha1.WaveList
	Expect(g.admin.List(ctx, &list)).To(Succeed())
	return list.Items
}

// accounts returns whose policies Waves are.
func accounts(waves []v1alpha1.Wave) []string {
	var policies []string
	for i := range waves {
		policies = append(policies, waves[i].Spec.PolicyName)
	}
	return policies
}

// held matches the API server's error for a start that is held.
func held(text string) OmegaMatcher {
	return And(
		Satisfy(apierrors.IsForbidden),
		MatchError(HavePrefix(`admission webhook "starts.seawall.dev" denied the request: Application argocd/`)),
		MatchError(ContainSubstring(text)),
	)
}

var _ = Describe("the sync gate", Ordered, func() {
	var gate *gated

	BeforeAll(func(ctx SpecContext) {
		gate = startGate(context.WithoutCancel(ctx), func(*v1alpha1.WavePolicySpec) {})
	})

	It("lets so many be in flight, and the next once one has settled", func(ctx SpecContext) {
		names := gate.applications(ctx, "tenants", 6)
		for _, name := range names[:3] {
			Eventually(func() error { return gate.begin(ctx, name, "b") }).WithTimeout(20 * second).Should(Succeed())
		}
		Expect(gate.begin(ctx, names[3], "b")).To(held(names[3] + ": held: 3 of ApplicationSet argocd/tenants are in flight " +
			`(tenants-00, tenants-01, tenants-02), and policy "three" allows 3 at a limit of 3%. Argo CD tries again by itself.`))

		By("an operation that has ended is not a healthy environment")
		gate.end(ctx, names[0], "b", "Progressing")
		Consistently(func() error { return gate.begin(ctx, names[3], "b") }).WithTimeout(second).Should(held("3 of"))
		gate.end(ctx, names[0], "b", "Healthy")
		Eventually(func() error { return gate.begin(ctx, names[3], "b") }).Should(Succeed())
		Expect(gate.begin(ctx, names[4], "b")).To(held("3 of"))

		By("a user is told what to do")
		person := gate.as("jane")
		Expect(gate.change(ctx, person, names[4], func(app map[string]any) {
			app["operation"] = map[string]any{"sync": map[string]any{}}
		})).To(held("Try again later, and see who is in flight with: kubectl get wave three-"))

		By("the account is there to be read")
		Expect(gate.waves(ctx)).To(HaveLen(1))
		status := gate.waves(ctx)[0].Status
		Expect(*status.InFlightCount).To(BeEquivalentTo(3))
		Expect(*status.Peak).To(BeEquivalentTo(3))
		Eventually(func() *int32 { return gate.waves(ctx)[0].Status.Held }).WithTimeout(20 * second).Should(HaveValue(BeEquivalentTo(0)))
	})

	It("halts the others once one has failed, until that succeeds", func(ctx SpecContext) {
		names := gate.applications(ctx, "halting", 5)
		Eventually(func() error { return gate.begin(ctx, names[0], "b") }).WithTimeout(20 * second).Should(Succeed())
		gate.end(ctx, names[0], "b", "Degraded")
		Eventually(func() error { return gate.begin(ctx, names[1], "b") }).Should(held(
			`held: 1 of ApplicationSet argocd/halting failed (halting-00), and policy "three" halts the others until they succeed.`))
		Eventually(func() []string {
			var halted []string
			for _, wave := range gate.waves(ctx) {
				halted = append(halted, wave.Status.HaltedBy)
			}
			return halted
		}).WithTimeout(20 * second).Should(ContainElement("argocd/halting-00 (Degraded)"))

		By("a later commit does not lift it")
		Expect(gate.begin(ctx, names[1], "c")).To(held("failed (halting-00)"))
		By("that of the one that has failed does, once it is healthy")
		Expect(gate.begin(ctx, names[0], "c")).To(Succeed())
		Expect(gate.begin(ctx, names[1], "c")).To(held("failed (halting-00)"))
		gate.end(ctx, names[0], "c", "Healthy")
		Eventually(func() error { return gate.begin(ctx, names[1], "c") }).Should(Succeed())
	})

	It("takes no slot for what does not begin", func(ctx SpecContext) {
		names := gate.applications(ctx, "trials", 5)
		for _, name := range names {
			Eventually(func() error { return gate.begin(ctx, name, "b", client.DryRunAll) }).WithTimeout(20 * second).Should(Succeed())
		}
		for _, name := range names {
			Expect(gate.change(ctx, gate.argoCD, name, func(app map[string]any) {
				app["operation"] = map[string]any{"sync": map[string]any{"revision": "b", "dryRun": true}}
			})).To(Succeed())
		}
		for _, name := range names[1:4] {
			Eventually(func() error { return gate.begin(ctx, name, "c") }).WithTimeout(20 * second).Should(Succeed())
		}
		Expect(gate.begin(ctx, names[4], "c")).To(held("3 of"))
	})

	It("is not asked about Applications that are exempt", func(ctx SpecContext) {
		names := gate.applications(ctx, "seawall", 5)
		for _, name := range names {
			Expect(gate.begin(ctx, name, "b")).To(Succeed())
		}
		for _, wave := range gate.waves(ctx) {
			Expect(wave.Spec.Group).NotTo(ContainElement(ContainSubstring("seawall")))
		}
	})

	It("lets only Argo CD say how an Application is, and only Seawall write Waves", func(ctx SpecContext) {
		names := gate.applications(ctx, "trust", 1)
		forge := func(app map[string]any) { app["status"] = status("Synced", "Healthy", "z") }
		Expect(gate.change(ctx, gate.as("eve"), names[0], forge)).To(MatchError(ContainSubstring("Only Argo CD may change the status of an Application")))
		Expect(gate.change(ctx, gate.as("eve"), names[0], func(app map[string]any) {
			app["metadata"].(map[string]any)["labels"] = map[string]any{"env": "dev"}
		})).To(Succeed())
		waves := gate.waves(ctx)
		Expect(waves).NotTo(BeEmpty())
		Expect(gate.admin.Delete(ctx, &waves[0])).To(MatchError(ContainSubstring("Only Seawall writes and deletes Waves")))
		waves[0].Status.InFlight = nil
		Expect(gate.admin.Status().Update(ctx, &waves[0])).To(MatchError(ContainSubstring("Only Seawall writes and deletes Waves")))
	})

	It("holds by several policies with different groups at once", func(ctx SpecContext) {
		policy := newPolicy("dev-one-by-one", "0.01", nil)
		policy.Spec.SyncGate = &v1alpha1.SyncGate{GroupBy: []v1alpha1.Trait{
			{Source: v1alpha1.TraitApplicationLabel, Key: "class"},
		}, Ungrouped: v1alpha1.UngroupedPass}
		Expect(gate.admin.Create(ctx, policy)).To(Succeed())
		names := append(gate.applications(ctx, "several-a", 2), gate.applications(ctx, "several-b", 2)...)
		for _, name := range []string{names[0], names[2]} {
			Expect(gate.change(ctx, gate.argoCD, name, func(app map[string]any) {
				app["metadata"].(map[string]any)["labels"] = map[string]any{"class": "db"}
			})).To(Succeed())
		}
		Eventually(func() error { return gate.begin(ctx, names[0], "b", client.DryRunAll) }).WithTimeout(20 * second).Should(Succeed())
		Expect(gate.begin(ctx, names[0], "b")).To(Succeed())
		By("the one of the same class is held, though its ApplicationSet has room")
		Eventually(func() error { return gate.begin(ctx, names[2], "b") }).WithTimeout(20 * second).Should(held(
			`held: 1 of those of label class db is in flight (one that is not named here), and policy "dev-one-by-one" allows 1 at a limit of 1%.`))
		By("and has no slot of the other policy")
		for _, wave := range gate.waves(ctx) {
			for _, entry := range wave.Status.InFlight {
				Expect(entry.Name).NotTo(Equal(names[2]), wave.Name)
			}
		}
		By("those without the label are none of its business")
		Expect(gate.begin(ctx, names[1], "b")).To(Succeed())
		Expect(gate.begin(ctx, names[3], "b")).To(Succeed())
		By("its account goes with it, once nothing is in flight")
		Expect(gate.admin.Delete(ctx, policy)).To(Succeed())
		Expect(accounts(gate.waves(ctx))).To(ContainElement("dev-one-by-one"))
		gate.end(ctx, names[0], "b", "Healthy")
		Eventually(func() []string { return accounts(gate.waves(ctx)) }).WithTimeout(20 * second).ShouldNot(ContainElement("dev-one-by-one"))
	})

	It("lets an override pass what the policy holds, and counts its uses", func(ctx SpecContext) {
		names := gate.applications(ctx, "overridden", 5)
		for _, name := range names[:3] {
			Eventually(func() error { return gate.begin(ctx, name, "b") }).WithTimeout(20 * second).Should(Succeed())
		}
		gate.end(ctx, names[0], "b", "Degraded")
		Eventually(func() error { return gate.begin(ctx, names[3], "b") }).Should(held("failed (overridden-00)"))
		override := overrideFor("overridden")
		override.Spec.MaxFailureProbability = "0.03"
		Expect(gate.admin.Create(ctx, override)).To(Succeed())
		Eventually(func() error { return gate.begin(ctx, names[3], "b") }).WithTimeout(20 * second).Should(Succeed())
		Expect(gate.begin(ctx, names[4], "b")).To(held("failed (overridden-00)"), "four would be more than it permits")
		Eventually(func(g Gomega) {
			var now v1alpha1.WaveOverride
			g.Expect(gate.admin.Get(ctx, client.ObjectKeyFromObject(override), &now)).To(Succeed())
			g.Expect(now.Status.TimesUsed).To(HaveValue(BeEquivalentTo(1)))
			g.Expect(now.Status.LastUsedBy).To(Equal(argoCDUser))
		}).WithTimeout(20 * second).Should(Succeed())
		Expect(jsonLines(gate.webhook.LogFile)).To(ContainElement(And(
			HaveKeyWithValue("name", names[3]), HaveKeyWithValue("reason", "Overridden"), HaveKeyWithValue("override", "argocd/for-overridden"),
		)))
	})

	It("never lets more be in flight, however many race", func(ctx SpecContext) {
		names := gate.applications(ctx, "racing", 50)
		Eventually(func() error { return gate.begin(ctx, names[0], "b", client.DryRunAll) }).WithTimeout(20 * second).Should(Succeed())
		var admitted sync.Map
		var group sync.WaitGroup
		for _, name := range names {
			group.Go(func() {
				if gate.begin(ctx, name, "b") == nil {
					admitted.Store(name, true)
				}
			})
		}
		group.Wait()
		count := 0
		admitted.Range(func(any, any) bool { count++; return true })
		Expect(count).To(Equal(3))
	})

	It("says what it would hold, and holds nothing, where the policy only warns", func(ctx SpecContext) {
		change := func(ctx context.Context, actions ...v1alpha1.ValidationAction) {
			GinkgoHelper()
			Eventually(func() error { // Seawall writes its status meanwhile
				var policy v1alpha1.WavePolicy
				if err := gate.admin.Get(ctx, client.ObjectKey{Name: "three"}, &policy); err != nil {
					return err
				}
				policy.Spec.ValidationActions = actions
				return gate.admin.Update(ctx, &policy)
			}).Should(Succeed())
		}
		change(ctx, v1alpha1.ActionWarn)
		DeferCleanup(func(ctx SpecContext) { change(ctx, v1alpha1.ActionDeny) })
		names := gate.applications(ctx, "warned", 5)
		for _, name := range names {
			Eventually(func() error { return gate.begin(ctx, name, "b") }).WithTimeout(20 * second).Should(Succeed())
		}
		Expect(jsonLines(gate.webhook.LogFile)).To(ContainElement(And(
			HaveKeyWithValue("name", names[4]), HaveKeyWithValue("action", "Warn"), HaveKeyWithValue("reason", "WaveFull"),
			HaveKeyWithValue("operation", "START"),
		)))
		Eventually(func() []int32 {
			var numbers []int32
			for _, wave := range gate.waves(ctx) {
				if wave.Spec.Group[0] == "ApplicationSet argocd/warned" && wave.Status.Largest != nil {
					numbers = append(numbers, *wave.Status.InFlightCount, *wave.Status.Peak, *wave.Status.Largest)
				}
			}
			return numbers
		}).WithTimeout(20 * second).Should(Equal([]int32{5, 5, 3}))
	})
})

var _ = Describe("the order of the sync gate", func() {
	It("holds production until dev is done at what is rolled out", func(ctx SpecContext) {
		gate := startGate(ctx, func(spec *v1alpha1.WavePolicySpec) {
			spec.SyncGate.Order = v1alpha1.SyncOrder{
				Source: v1alpha1.TraitApplicationLabel, Key: "env", Values: []string{"dev", "production"},
			}
		})
		names := gate.applications(ctx, "ordered", 3)
		Eventually(func() error { return gate.begin(ctx, names[1], "b") }).WithTimeout(20 * second).Should(held(
			`held: 1 of ApplicationSet argocd/ordered comes first and is not done (ordered-00), by the order of policy "three".`))
		Expect(gate.begin(ctx, names[0], "b")).To(Succeed())
		Expect(gate.begin(ctx, names[1], "b")).To(held("comes first"))
		gate.end(ctx, names[0], "b", "Healthy")
		Eventually(func() error { return gate.begin(ctx, names[1], "b") }).Should(Succeed())
	})
})
