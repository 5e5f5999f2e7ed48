package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/controller"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// overrideFor is an override by which an ApplicationSet may do anything for a minute.
func overrideFor(rollout string) *v1alpha1.WaveOverride {
	return &v1alpha1.WaveOverride{
		ObjectMeta: metav1.ObjectMeta{Namespace: cluster.ArgoCDNamespace, Name: "for-" + rollout},
		Spec: v1alpha1.WaveOverrideSpec{
			Rollout:               v1alpha1.RolloutReference{Group: "argoproj.io", Kind: "ApplicationSet", Name: rollout},
			MaxFailureProbability: "1", Reason: "certificates expire tonight", ExpiresAt: until(time.Minute),
		},
	}
}

// until is a time to come, to the second.
func until(duration time.Duration) *metav1.Time {
	return &metav1.Time{Time: time.Now().Add(duration).Truncate(time.Second)}
}

// permit creates an override and waits until the webhook knows it, and whatever was created
// before it.
func permit(ctx context.Context, override *v1alpha1.WaveOverride) {
	GinkgoHelper()
	provide(ctx, override)
	sentinel := overrideFor("sentinel")
	sentinel.Name, sentinel.GenerateName = "", "sentinel-"
	sentinel.Spec.Rollout.Name = "sentinel-" + override.Name
	provide(ctx, sentinel)
	eventuallyDecided(ctx, tenants(sentinel.Spec.Rollout.Name, 100, nil), Succeed())
}

// uses returns how often an override was used, and by whom last.
func uses(ctx context.Context, override *v1alpha1.WaveOverride) v1alpha1.WaveOverrideStatus {
	GinkgoHelper()
	status := statusOf(ctx, override)
	status.ExpiresAt, status.CreatedBy, status.Conditions = nil, "", nil
	return status
}

func statusOf(ctx context.Context, override *v1alpha1.WaveOverride) v1alpha1.WaveOverrideStatus {
	GinkgoHelper()
	var stored v1alpha1.WaveOverride
	Expect(api.Get(ctx, client.ObjectKeyFromObject(override), &stored)).To(Succeed())
	return stored.Status
}

// release returns the ApplicationSet with a new version for all its environments.
func release(set *unstructured.Unstructured, version string) *unstructured.Unstructured {
	released := set.DeepCopy()
	released.Object["spec"].(map[string]any)["template"] = template("{{.tenant}}", version)
	return released
}

func apply(ctx context.Context, writer client.Client, set *unstructured.Unstructured) error {
	return writer.Apply(ctx, client.ApplyConfigurationFromUnstructured(set.DeepCopy()), client.FieldOwner("gitops"), client.ForceOwnership)
}

var _ = Describe("an override", func() {
	It("lets a GitOps controller write what is denied, says why, and ends by itself", func(ctx SpecContext) {
		writer, warnings := gitOps(ctx, "gitops")
		set := tenants("released", 100, nil)
		Expect(apply(ctx, writer, set)).To(denied(overLimit("released")))
		override := overrideFor("released")
		Expect(writer.Create(ctx, override.DeepCopy())).To(Satisfy(apierrors.IsForbidden), "whose writer may not create it")

		grant(ctx, user("oncall"), "seawall-override-approver", cluster.ArgoCDNamespace)
		approver, _ := actingAs("oncall")
		override.Spec.ExpiresAt = until(8 * time.Second)
		Eventually(func() error { return approver.Create(ctx, override) }).Should(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(api.Delete(ctx, override))).To(Succeed()) })
		Expect(apply(ctx, approver, set)).To(Satisfy(apierrors.IsForbidden), "whose approver need not be allowed to write")

		Eventually(func() error { return apply(ctx, writer, set) }).Should(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, get(ctx, "released"))).To(Succeed()) })
		expiry := override.Spec.ExpiresAt.UTC().Format(time.RFC3339)
		Expect(warnings.list()).To(ContainElement(
			"ApplicationSet argocd/released: WaveOverride argocd/for-released permits this until " + expiry + ": certificates expire tonight"))

		By("the record of its use")
		annotations := And(
			HaveKeyWithValue("waves.seawall.dev/decision", "Allow"), HaveKeyWithValue("waves.seawall.dev/reason", "Overridden"),
			HaveKeyWithValue("waves.seawall.dev/override", "argocd/for-released"),
			HaveKeyWithValue("waves.seawall.dev/override-reason", "certificates expire tonight"),
			HaveKeyWithValue("waves.seawall.dev/failure-probability", "0.633968"),
		)
		Eventually(func() []map[string]any { return jsonLines(plane.AuditLog) }).Should(ContainElement(And(
			HaveKeyWithValue("objectRef", HaveKeyWithValue("name", "released")), HaveKeyWithValue("annotations", annotations),
			HaveKeyWithValue("user", HaveKeyWithValue("username", "system:serviceaccount:argocd:gitops")))))
		Expect(jsonLines(webhook.LogFile)).To(ContainElement(And(
			HaveKeyWithValue("msg", "decision"), HaveKeyWithValue("reason", "Overridden"), HaveKeyWithValue("name", "released"),
			HaveKeyWithValue("override", "argocd/for-released"), HaveKeyWithValue("overrideReason", "certificates expire tonight"))))
		Eventually(func() []corev1.Event { return eventsOf(ctx, "released") }).WithTimeout(20 * second).Should(ContainElement(And(
			HaveField("Reason", "WaveOverridden"), HaveField("Message", ContainSubstring(
				"let pass by WaveOverride argocd/for-released (certificates expire tonight): wave 1 syncs 100 environments")))))
		Eventually(func() v1alpha1.WaveOverrideStatus { return uses(ctx, override) }).WithTimeout(5 * second).Should(And(
			HaveField("TimesUsed", HaveValue(BeNumerically(">=", 1))), HaveField("LastUsedBy", "system:serviceaccount:argocd:gitops"),
			HaveField("LastUsedTime", HaveValue(HaveField("Time", BeTemporally("~", time.Now(), 10*time.Second))))))

		By("its end, which nobody has to bring about")
		next := release(set, "v2")
		var end time.Time
		Eventually(func() error {
			err := writer.Apply(ctx, client.ApplyConfigurationFromUnstructured(next.DeepCopy()), client.FieldOwner("gitops"), client.DryRunAll)
			end = time.Now()
			return err
		}).WithTimeout(10 * second).WithPolling(20 * time.Millisecond).Should(denied(overLimit("released")))
		Expect(end).To(And(BeTemporally(">=", override.Spec.ExpiresAt.Time), BeTemporally("<", override.Spec.ExpiresAt.Add(time.Second))))
	})

	It("lasts from its creation, and tells until when, whether it is in force and who created it", func(ctx SpecContext) {
		grant(ctx, user("creating"), "seawall-override-approver", cluster.ArgoCDNamespace)
		approver, _ := actingAs("creating")
		override := overrideFor("lasting")
		override.Spec.DurationSeconds = 4
		Eventually(func() error { return approver.Create(ctx, override.DeepCopy()) }).Should(MatchError(
			ContainSubstring("exactly one of expiresAt and durationSeconds must be set")))
		override.Spec.ExpiresAt = nil
		provideBy := func() error { return approver.Create(ctx, override) }
		Eventually(provideBy).Should(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(api.Delete(ctx, override))).To(Succeed()) })
		end := override.CreationTimestamp.Add(4 * time.Second)
		active := func(status metav1.ConditionStatus, reason string) OmegaMatcher {
			return HaveField("Conditions", ConsistOf(And(HaveField("Type", "Active"), HaveField("Status", status), HaveField("Reason", reason))))
		}
		Eventually(func() v1alpha1.WaveOverrideStatus { return statusOf(ctx, override) }).WithTimeout(10 * second).Should(And(
			HaveField("CreatedBy", "creating"), HaveField("ExpiresAt", HaveValue(HaveField("Time", BeTemporally("==", end))))))
		Eventually(func() v1alpha1.WaveOverrideStatus { return statusOf(ctx, override) }).WithTimeout(20 * second).Should(
			active(metav1.ConditionFalse, v1alpha1.ReasonExpired))

		By("one that Seawall does not refuse, and the API server does")
		neither := overrideFor("neither")
		neither.Spec.ExpiresAt = nil
		Expect(api.Create(ctx, neither)).To(MatchError(ContainSubstring("exactly one of expiresAt and durationSeconds must be set")))
	})

	It("is without effect once it is deleted", func(ctx SpecContext) {
		override := overrideFor("revoked")
		permit(ctx, override)
		Expect(api.Create(ctx, tenants("revoked", 100, nil), client.DryRunAll)).To(Succeed())
		Expect(api.Delete(ctx, override)).To(Succeed())
		eventuallyDecided(ctx, tenants("revoked", 100, nil), denied(overLimit("revoked")))
	})

	It("is kept for a while when it has ended, and then deleted", func(ctx SpecContext) {
		override := overrideFor("ended")
		override.Spec.ExpiresAt = until(2 * time.Second)
		provide(ctx, override)
		find := func() error { return api.Get(ctx, client.ObjectKeyFromObject(override), &v1alpha1.WaveOverride{}) }
		Eventually(func() bool { return time.Now().After(override.Spec.ExpiresAt.Add(time.Second)) }).WithTimeout(5 * second).Should(BeTrue())
		Expect(find()).To(Succeed(), "the suite keeps them for three seconds")
		Eventually(find).WithTimeout(10 * second).Should(Satisfy(apierrors.IsNotFound))
	})

	DescribeTable("does not count",
		func(ctx SpecContext, change func(*v1alpha1.WaveOverride), why string) {
			override := overrideFor("strict")
			change(override)
			if override.Namespace != cluster.ArgoCDNamespace {
				home(ctx, tenantsIn(override.Namespace, "x", 1))
			}
			permit(ctx, override)
			Expect(create(ctx, tenants("strict", 100, nil))).To(denied(strings.TrimSpace(overLimit("strict") + why)))
		},
		Entry("in another namespace", func(o *v1alpha1.WaveOverride) { o.Namespace = "team-a" }, ""),
		Entry("in the namespace of Seawall", func(o *v1alpha1.WaveOverride) { o.Namespace = cluster.Namespace }, ""),
		Entry("for another name", func(o *v1alpha1.WaveOverride) { o.Spec.Rollout.Name = "strict2" }, ""),
		Entry("for another kind", func(o *v1alpha1.WaveOverride) {
			o.Spec.Rollout.Group, o.Spec.Rollout.Kind = "fleet.cattle.io", "Bundle"
		}, ""),
		Entry("when it permits less", func(o *v1alpha1.WaveOverride) { o.Spec.MaxFailureProbability = "0.6" },
			" WaveOverride argocd/for-strict permits 60%."),
	)

	It("does not count for a policy that accepts none, or none that lasts so long", func(ctx SpecContext) {
		override := overrideFor("limited")
		permit(ctx, override)
		Expect(api.Create(ctx, tenants("limited", 100, nil), client.DryRunAll)).To(Succeed())
		lasts := override.Spec.ExpiresAt.Sub(override.CreationTimestamp.Time).Seconds()

		DeferCleanup(func(ctx SpecContext) { restorePolicy(ctx) })
		accepting := func(most int32, why string) {
			changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.MaxOverrideDurationSeconds = &most })
			eventuallyDecided(ctx, tenants("limited", 100, nil), denied(overLimit("limited")+" WaveOverride argocd/for-limited "+why))
		}
		accepting(30, fmt.Sprintf(`lasts %.0f seconds, policy "default" accepts at most 30.`, lasts))
		accepting(0, `does not count: policy "default" accepts none.`)

		By("though others accept it")
		createPolicy(ctx, newPolicy("lenient", "0.1", nil))
		eventuallyDecided(ctx, tenants("other", 20, nil), denied(`policy "lenient"`))
		Expect(create(ctx, tenants("limited", 100, nil))).To(denied(`policy "default" accepts none.`))
	})

	It("that permits everything covers what is not known, and no mistake", func(ctx SpecContext) {
		set := generatedByGit()
		set.SetName("unknown")
		Expect(create(ctx, set)).To(denied("cannot count its environments"))
		permit(ctx, overrideFor("unknown"))
		Expect(create(ctx, annotatedWith(set.DeepCopy(), "seawall.dev/environments", "many"))).To(denied(`annotation seawall.dev/environments is "many"`))
		Expect(create(ctx, annotatedWith(tenants("unknown", 1, nil), rateKey, "1.5"))).To(denied(`annotation seawall.dev/sync-success-rate is "1.5"`))
		Expect(create(ctx, set)).To(Succeed())
	})

	It("for a cluster-scoped rollout is in the namespace of Seawall", func(ctx SpecContext) {
		installSystems(ctx)
		kind := rollout.Kind{Group: "config.projectsveltos.io", Name: "ClusterProfile", Versions: []string{"v1beta1"}}
		if !served(kind) {
			Skip("its definition is not to be had on this machine")
		}
		profile := liveCase("*", kind)
		for _, object := range profile.oneTooMany() {
			place(ctx, object)
		}
		write := profile.write(ctx)
		Eventually(func() error { return write(client.DryRunAll) }).WithTimeout(30 * second).Should(denied("23 environments"))
		override := overrideFor("")
		override.Name = "for-profile"
		override.Spec.Rollout = v1alpha1.RolloutReference{Group: kind.Group, Kind: kind.Name, Name: profile.name()}
		Expect(api.Create(ctx, override.DeepCopy())).To(MatchError(ContainSubstring(
			`metadata.namespace: Invalid value: "argocd": must be seawall-system: ClusterProfile.config.projectsveltos.io is cluster-scoped`)))
		override.Namespace = cluster.Namespace
		permit(ctx, override)
		Expect(write(client.DryRunAll)).To(Succeed())
	})
})

func tenantsIn(namespace, name string, n int) *unstructured.Unstructured {
	set := tenants(name, n, nil)
	set.SetNamespace(namespace)
	return set
}

func once(rollout string) *v1alpha1.WaveOverride {
	override := overrideFor(rollout)
	override.Spec.Uses = v1alpha1.UsesOnce
	return override
}

// patch writes another version of an ApplicationSet.
func patch(ctx context.Context, name, version string) error {
	body, err := json.Marshal(map[string]any{"spec": map[string]any{"template": template("{{.tenant}}", version)}})
	Expect(err).NotTo(HaveOccurred())
	return api.Patch(ctx, tenants(name, 0, nil), client.RawPatch(types.MergePatchType, body))
}

// taken is the denial of a second write, before and after the first one is seen to be stored.
func taken() OmegaMatcher {
	return Or(denied("has been used."), denied("is reserved for another write, which may yet be stored."))
}

// settled waits until nothing is reserved any more, and the override was used so often.
func settled(ctx context.Context, override *v1alpha1.WaveOverride, times int) {
	GinkgoHelper()
	Eventually(func() v1alpha1.WaveOverrideStatus { return uses(ctx, override) }).WithTimeout(10 * second).Should(And(
		HaveField("Reservation", BeZero()), HaveField("TimesUsed", HaveValue(BeEquivalentTo(times)))))
}

var _ = Describe("an override for one use", func() {
	It("lets exactly one of twenty writers at once pass", func(ctx SpecContext) {
		grandfather(ctx, tenants("raced", 100, nil))
		override := once("raced")
		permit(ctx, override)
		results := make([]error, 20)
		var group sync.WaitGroup
		for i := range results {
			group.Go(func() {
				defer GinkgoRecover()
				results[i] = patch(ctx, "raced", fmt.Sprintf("v%d", i+2))
			})
		}
		group.Wait()
		passed := -1
		for i, err := range results {
			if err == nil {
				Expect(passed).To(Equal(-1), "a second write has passed")
				passed = i
				continue
			}
			Expect(err).To(denied(overLimit("raced") + " WaveOverride argocd/for-raced "))
			Expect(err).To(taken())
		}
		Expect(passed).NotTo(Equal(-1))
		stored := get(ctx, "raced").Object["spec"].(map[string]any)["template"]
		Expect(stored).To(HaveKeyWithValue("spec", HaveKeyWithValue("source", HaveKeyWithValue("targetRevision", fmt.Sprintf("v%d", passed+2)))))
		settled(ctx, override, 1)
		Expect(create(ctx, tenants("raced", 0, nil))).To(Satisfy(apierrors.IsAlreadyExists))
	})

	It("lets a rollout be created once, however often it is deleted and created again", func(ctx SpecContext) {
		override := once("reborn")
		permit(ctx, override)
		Expect(create(ctx, tenants("reborn", 100, nil))).To(Succeed())
		for range 2 {
			Expect(api.Delete(ctx, tenants("reborn", 0, nil))).To(Succeed())
			Expect(create(ctx, tenants("reborn", 100, nil))).To(taken())
			grandfather(ctx, tenants("reborn", 100, nil))
		}
		settled(ctx, override, 1)
	})

	It("is not used by a dry-run", func(ctx SpecContext) {
		override := once("tried")
		permit(ctx, override)
		for range 3 {
			Expect(api.Create(ctx, tenants("tried", 100, nil), client.DryRunAll)).To(Succeed())
		}
		Expect(uses(ctx, override)).To(BeZero())
		Expect(create(ctx, tenants("tried", 100, nil))).To(Succeed())
		Expect(patch(ctx, "tried", "v2")).To(taken())
	})

	It("is not used up by a write that the API server has to start over", func(ctx SpecContext) {
		grandfather(ctx, tenants("busy", 100, nil))
		permit(ctx, once("busy"))
		// A controller that writes the status all the time makes the API server apply a
		// patch again, and ask about it again.
		var stop atomic.Bool
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				defer GinkgoRecover()
				for i := 0; !stop.Load(); i++ {
					time.Sleep(5 * time.Millisecond) // or nobody else ever gets in, on a busy machine
					body := fmt.Appendf(nil, `{"status":{"resourcesCount":%d}}`, i%1000)
					Expect(api.Status().Patch(ctx, tenants("busy", 0, nil), client.RawPatch(types.MergePatchType, body))).To(Succeed())
				}
			})
		}
		DeferCleanup(func() {
			stop.Store(true)
			group.Wait()
		})
		Expect(patch(ctx, "busy", "v2")).To(Succeed())
		stop.Store(true)
		group.Wait()
		Expect(patch(ctx, "busy", "v3")).To(taken())
	})
})

var _ = Describe("the uses of an override", func() {
	It("are all counted, though many replicas count at once", func(ctx SpecContext) {
		const replicas, writers, times = 3, 5, 40
		override := overrideFor("counted")
		provide(ctx, override)
		compiled, err := policy.CompileOverride(override)
		Expect(err).NotTo(HaveOccurred())
		running, stop := context.WithCancel(ctx)
		var counting, group sync.WaitGroup
		for replica := range replicas {
			counter := controller.NewUses(api, api, GinkgoLogr)
			counting.Go(func() { counter.Run(running) })
			for range writers {
				group.Go(func() {
					for i := range times {
						counter.Count(compiled, policy.Use{By: fmt.Sprintf("writer-%d", replica), At: time.Now()})
						time.Sleep(time.Duration(2*i) * time.Millisecond) // over more than one period
					}
				})
			}
		}
		group.Wait()
		stop()
		counting.Wait()
		Expect(uses(ctx, override).TimesUsed).To(HaveValue(BeEquivalentTo(replicas * writers * times)))
	})

	It("are taken once, though many replicas try", func(ctx SpecContext) {
		override := overrideFor("claimed")
		override.Spec.Uses = v1alpha1.UsesOnce
		provide(ctx, override)
		compiled, err := policy.CompileOverride(override)
		Expect(err).NotTo(HaveOccurred())
		var claims atomic.Int32
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				defer GinkgoRecover()
				claimed, now, err := controller.NewUses(api, api, GinkgoLogr).Claim(ctx, compiled, policy.Use{By: "x", Write: fmt.Sprint(i), At: time.Now(), Authenticated: true})
				Expect(err).NotTo(HaveOccurred())
				if claimed {
					claims.Add(1)
				} else {
					Expect(now.Used()).To(BeTrue())
				}
			})
		}
		group.Wait()
		Expect(claims.Load()).To(BeEquivalentTo(1))

		By("an override of the same name that is another one")
		Expect(api.Delete(ctx, override)).To(Succeed())
		claimed, now, err := controller.NewUses(api, api, GinkgoLogr).Claim(ctx, compiled, policy.Use{At: time.Now()})
		Expect(err).NotTo(HaveOccurred())
		Expect(claimed).To(BeFalse())
		Expect(now).To(BeNil())
		again := overrideFor("claimed")
		provide(ctx, again)
		claimed, now, err = controller.NewUses(api, api, GinkgoLogr).Claim(ctx, compiled, policy.Use{At: time.Now()})
		Expect(err).NotTo(HaveOccurred())
		Expect(claimed).To(BeFalse())
		Expect(now).To(BeNil())
		Expect(uses(ctx, again)).To(BeZero())
	})
})
