package main_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// windowSeconds is for how long writes count in these specs.
const windowSeconds = 20

// unpacedSet returns an ApplicationSet whose Applications nothing paces, of a team that a policy may select.
func unpacedSet(name, team string, n int) *unstructured.Unstructured {
	of := tenants(name, n, nil)
	delete(of.Object["spec"].(map[string]any), "strategy")
	of.SetLabels(map[string]string{"team": team})
	return of
}

// windowOf creates a policy that counts writes of one team together, and waits until it is known.
func windowOf(ctx context.Context, team string, change func(*v1alpha1.WavePolicySpec)) {
	GinkgoHelper()
	changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "1" })
	DeferCleanup(func() { restorePolicy(context.Background()) })
	policy := newPolicy("window-"+team, "0.2", &v1alpha1.WavePolicyMatch{
		ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": team}},
	})
	policy.Spec.WriteWindow = v1alpha1.WriteWindow{Seconds: windowSeconds}
	if change != nil {
		change(&policy.Spec)
	}
	Expect(api.Create(ctx, policy)).To(Succeed())
	DeferCleanup(func(ctx context.Context) { Expect(client.IgnoreNotFound(api.Delete(ctx, policy))).To(Succeed()) })
	Eventually(func() error {
		return api.Create(ctx, unpacedSet("probe-"+team, team, 23), client.DryRunAll)
	}).WithTimeout(20 * second).Should(denied(policy.Name))
}

// windowWave returns the account of the policy of a team.
func windowWave(ctx context.Context, team string) *v1alpha1.Wave {
	GinkgoHelper()
	var list v1alpha1.WaveList
	Expect(api.List(ctx, &list)).To(Succeed())
	for i := range list.Items {
		if list.Items[i].Spec.PolicyName == "window-"+team {
			return &list.Items[i]
		}
	}
	return nil
}

var _ = Describe("writes that a policy counts together", func() {
	It("are one wave, for as long as it says", func(ctx SpecContext) {
		windowOf(ctx, "sliced", nil)
		for range 2 {
			Expect(create(ctx, unpacedSet("slice-0", "sliced", 22), client.DryRunAll)).To(Succeed(), "which takes no room")
		}
		began := time.Now()
		Expect(create(ctx, unpacedSet("slice-0", "sliced", 22))).To(Succeed())
		for i := range 4 {
			Expect(create(ctx, unpacedSet(fmt.Sprint("slice-", i+1), "sliced", 22))).To(denied(
				"22 environments and the 22 that writes of the last 20 seconds have put in flight (ApplicationSet argocd/slice-0) are one wave of 44 at 0.99 each: " +
					`35.7% chance that at least one fails, policy "window-sliced" allows 20% (writeWindow). None of it fits before `))
		}
		Expect(windowWave(ctx, "sliced").Spec.Counts).To(Equal(v1alpha1.WaveOfWrites))
		Expect(windowWave(ctx, "sliced").Status.InFlightCount).To(HaveValue(BeEquivalentTo(22)))
		Expect(jsonLines(webhook.LogFile)).To(ContainElement(And(
			HaveKeyWithValue("name", "slice-4"), HaveKeyWithValue("reason", "WindowFull"), HaveKeyWithValue("policy", "window-sliced"))))
		Expect(seawall(ctx, "", "gate", "list", "--kubeconfig="+plane.Kubeconfig).Stdout).To(
			MatchRegexp(`(?m)^window-sliced-[0-9a-f]+ +window-sliced +Writes +.* 22 +- +- +- +-$`))
		Eventually(sum).WithArguments(webhook, "seawall_windows_environments", `policy="window-sliced"`).
			WithTimeout(windowSeconds * second / 2).Should(BeEquivalentTo(22))

		By("a write of the same rollout is of the same environments")
		set := get(ctx, "slice-0")
		set.Object["spec"].(map[string]any)["template"] = template("{{.tenant}}", "v2")
		Expect(api.Update(ctx, set)).To(Succeed())

		By("another one passes once the window is over, which the account then shows, too")
		Eventually(func() error { return create(ctx, unpacedSet("slice-1", "sliced", 22)) }).WithTimeout(60 * second).Should(Succeed())
		Expect(time.Since(began)).To(BeNumerically(">", windowSeconds*time.Second))
		Eventually(func() *int32 { return windowWave(ctx, "sliced").Status.InFlightCount }).WithTimeout(60 * second).Should(HaveValue(BeEquivalentTo(0)))
		Expect(windowWave(ctx, "sliced").Status.Peak).To(HaveValue(BeEquivalentTo(22)))
	})

	It("pass by an override that permits all of them together", func(ctx SpecContext) {
		windowOf(ctx, "urgent", nil)
		Expect(create(ctx, unpacedSet("urgent-0", "urgent", 22))).To(Succeed())
		Expect(create(ctx, unpacedSet("urgent-1", "urgent", 22))).To(denied("are one wave of 44"))
		override := overrideFor("urgent-1")
		override.Spec.MaxFailureProbability = "0.4"
		Expect(api.Create(ctx, override)).To(Succeed())
		DeferCleanup(func() { Expect(client.IgnoreNotFound(api.Delete(context.Background(), override))).To(Succeed()) })
		Eventually(func() error { return create(ctx, unpacedSet("urgent-1", "urgent", 22)) }).WithTimeout(10 * second).Should(Succeed())
		Expect(create(ctx, unpacedSet("urgent-2", "urgent", 1))).To(denied("are one wave of 45"))
	})

	It("never exceed the limit by one, however many race at two replicas", func(ctx SpecContext) {
		windowOf(ctx, "racing", func(spec *v1alpha1.WavePolicySpec) { spec.WriteWindow.Seconds = 600 })
		other, err := webhook.StartReplica(context.WithoutCancel(ctx))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(other.Stop)
		odd := "object.metadata.name.matches('^raced-.*[13579]$')"
		besideWaves(ctx, "raced", func(entry *admissionregistrationv1.ValidatingWebhook) {
			entry.ClientConfig.URL = new(strings.Replace(*entry.ClientConfig.URL, webhook.URL, other.URL, 1))
			only(odd)(entry)
		})
		changeWaves(ctx, func(entry *admissionregistrationv1.ValidatingWebhook) { only("!" + odd)(entry) })
		DeferCleanup(func() {
			changeWaves(context.Background(), func(entry *admissionregistrationv1.ValidatingWebhook) {
				entry.MatchConditions = entry.MatchConditions[:len(entry.MatchConditions)-1]
			})
		})
		Eventually(func() []map[string]any {
			Expect(api.Create(ctx, unpacedSet("raced-1", "racing", 1), client.DryRunAll)).To(Succeed())
			return jsonLines(other.LogFile)
		}).WithTimeout(20 * second).Should(ContainElement(HaveKeyWithValue("name", "raced-1")))

		var group sync.WaitGroup
		errs := make([]error, 50)
		for i := range errs {
			group.Go(func() { errs[i] = api.Create(ctx, unpacedSet(fmt.Sprintf("raced-%02d", i), "racing", 1)) })
		}
		group.Wait()
		admitted := 0
		for i, err := range errs {
			if err == nil {
				admitted++
				DeferCleanup(func() {
					Expect(api.Delete(context.Background(), unpacedSet(fmt.Sprintf("raced-%02d", i), "racing", 1))).To(Succeed())
				})
				continue
			}
			Expect(err).To(And(Satisfy(apierrors.IsForbidden), MatchError(ContainSubstring("are one wave of 23"))))
		}
		Expect(admitted).To(Equal(22))
		Expect(windowWave(ctx, "racing").Status.InFlightCount).To(HaveValue(BeEquivalentTo(22)))
		Expect(windowWave(ctx, "racing").Status.Writes).To(HaveLen(22))
		// Which of the two wins the race is nobody's promise: one may admit all.
		mine, others := raced(webhook), raced(other)
		Expect(mine).To(HaveLen(25))
		Expect(others).To(HaveLen(25))
		Expect(slices.Concat(mine, others)).To(WithTransform(allowed, Equal(22)))
	})

	It("are told apart by nobody but Seawall", func(ctx SpecContext) {
		windowOf(ctx, "forged", nil)
		Expect(create(ctx, unpacedSet("forged-0", "forged", 22))).To(Succeed())
		wave := windowWave(ctx, "forged")
		Expect(api.Delete(ctx, wave.DeepCopy())).To(MatchError(ContainSubstring("Only Seawall writes and deletes Waves")))
		wave.Status.Writes = nil
		Expect(api.Status().Update(ctx, wave)).To(MatchError(ContainSubstring("Only Seawall writes and deletes Waves")))
	})
})

// raced returns the actions of a replica upon the raced writes.
func raced(replica *cluster.Webhook) []string {
	var actions []string
	for _, line := range jsonLines(replica.LogFile) {
		if strings.HasPrefix(fmt.Sprint(line["name"]), "raced-") && line["dryRun"] != true {
			actions = append(actions, fmt.Sprint(line["action"]))
		}
	}
	return actions
}

// allowed counts those actions that let a write pass.
func allowed(actions []string) (count int) {
	for _, action := range actions {
		if action == "Allow" {
			count++
		}
	}
	return count
}

// wavesEntry returns the stored webhook configuration, and its entry for writes of rollouts.
func wavesEntry(ctx context.Context) (*admissionregistrationv1.ValidatingWebhookConfiguration, *admissionregistrationv1.ValidatingWebhook) {
	GinkgoHelper()
	var stored admissionregistrationv1.ValidatingWebhookConfiguration
	Expect(api.Get(ctx, client.ObjectKey{Name: "seawall"}, &stored)).To(Succeed())
	for i := range stored.Webhooks {
		if stored.Webhooks[i].Name == "waves.seawall.dev" {
			return &stored, &stored.Webhooks[i]
		}
	}
	Fail("there is no entry waves.seawall.dev")
	return nil, nil
}

// changeWaves changes the entry for writes of rollouts.
func changeWaves(ctx context.Context, change func(*admissionregistrationv1.ValidatingWebhook)) {
	GinkgoHelper()
	Expect(retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		stored, entry := wavesEntry(ctx)
		change(entry)
		return api.Update(ctx, stored)
	})).To(Succeed())
}

// besideWaves adds a configuration with a changed copy of the entry for writes of rollouts.
func besideWaves(ctx context.Context, name string, change func(*admissionregistrationv1.ValidatingWebhook)) {
	GinkgoHelper()
	_, entry := wavesEntry(ctx)
	beside := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	beside.Name = name
	copied := entry.DeepCopy()
	copied.Name = name + ".seawall.dev"
	change(copied)
	beside.Webhooks = []admissionregistrationv1.ValidatingWebhook{*copied}
	Expect(api.Create(ctx, beside)).To(Succeed())
	DeferCleanup(func(ctx context.Context) { Expect(api.Delete(ctx, beside)).To(Succeed()) })
}
