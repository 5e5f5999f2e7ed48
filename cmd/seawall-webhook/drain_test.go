package main_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// restore has the policy "three" hold starts, whatever has become of it.
func (g *gated) restore(ctx context.Context) {
	GinkgoHelper()
	policy := newPolicy("three", "0.03", nil)
	policy.Spec.SyncGate = &v1alpha1.SyncGate{}
	err := g.admin.Create(ctx, policy)
	if apierrors.IsAlreadyExists(err) {
		g.says(ctx, func(spec *v1alpha1.WavePolicySpec) { *spec = policy.Spec })
		return
	}
	Expect(err).NotTo(HaveOccurred())
}

// says changes the policy "three", of which Seawall writes the status meanwhile.
func (g *gated) says(ctx context.Context, change func(*v1alpha1.WavePolicySpec)) {
	GinkgoHelper()
	Eventually(func() error {
		var policy v1alpha1.WavePolicy
		if err := g.admin.Get(ctx, client.ObjectKey{Name: "three"}, &policy); err != nil {
			return err
		}
		change(&policy.Spec)
		return g.admin.Update(ctx, &policy)
	}).Should(Succeed())
}

// wave returns that of an ApplicationSet; nil if there is none.
func (g *gated) wave(ctx context.Context, set string) *v1alpha1.Wave {
	GinkgoHelper()
	for _, wave := range g.waves(ctx) {
		if len(wave.Spec.Group) == 1 && wave.Spec.Group[0] == "ApplicationSet argocd/"+set {
			return &wave
		}
	}
	return nil
}

// draining tells since when the Wave of an ApplicationSet drains, if there is one.
func (g *gated) draining(ctx context.Context, set string) func() *metav1.Time {
	return func() *metav1.Time {
		wave := g.wave(ctx, set)
		if wave == nil {
			return nil
		}
		return wave.Status.DrainingSince
	}
}

// inFlight starts a sync of each, once the policy holds starts.
func (g *gated) inFlight(ctx context.Context, names []string) {
	GinkgoHelper()
	for _, name := range names {
		Eventually(func() error { return g.begin(ctx, name, "b") }).WithTimeout(20 * second).Should(Succeed())
	}
}

var _ = Describe("a sync gate that is taken away", Ordered, func() {
	const drains = `policy "three" allows 3 at a limit of 3%. It holds nothing any more, and what is left drains at that limit; ` +
		`to release it at once: kubectl seawall gate release three-`
	var gate *gated

	BeforeAll(func(ctx SpecContext) {
		gate = startGate(context.WithoutCancel(ctx), func(*v1alpha1.WavePolicySpec) {})
	})

	DescribeTable("goes on at the old limit until nothing is in flight", func(ctx SpecContext, set string, take func(context.Context)) {
		gate.restore(ctx)
		names := gate.applications(ctx, set, 8)
		gate.inFlight(ctx, names[:3])
		Eventually(func() error { return gate.begin(ctx, names[3], "b") }).WithTimeout(20 * second).Should(held("3 of"))

		take(ctx)
		Eventually(func() error { return gate.begin(ctx, names[3], "b") }).WithTimeout(20 * second).Should(held(drains))
		Consistently(func() error { return gate.begin(ctx, names[3], "b") }).WithTimeout(5 * second).Should(held("3 of"))
		Expect(gate.draining(ctx, set)()).NotTo(BeNil())

		By("a slot that becomes free is one")
		gate.end(ctx, names[0], "b", "Healthy")
		Eventually(func() error { return gate.begin(ctx, names[3], "b") }).Should(Succeed())
		Expect(gate.begin(ctx, names[4], "b")).To(held(drains))

		By("what has failed holds nobody any more")
		gate.end(ctx, names[1], "b", "Degraded")
		Eventually(func() error { return gate.begin(ctx, names[4], "b") }).Should(Succeed())
		Expect(gate.begin(ctx, names[5], "b")).To(held(drains))

		By("nothing is held once nothing is in flight")
		for _, name := range names[2:5] {
			gate.end(ctx, name, "b", "Healthy")
		}
		Eventually(gate.draining(ctx, set)).WithTimeout(20 * second).Should(BeNil())
		for _, name := range append(names[:1:1], names[2:]...) {
			Eventually(func() error { return gate.begin(ctx, name, "c") }).WithTimeout(20 * second).Should(Succeed())
		}
	},
		Entry("as a field", "field", func(ctx context.Context) {
			gate.says(ctx, func(spec *v1alpha1.WavePolicySpec) { spec.SyncGate = nil })
		}),
		Entry("as an action", "action", func(ctx context.Context) {
			gate.says(ctx, func(spec *v1alpha1.WavePolicySpec) {
				spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
			})
		}),
		Entry("with its policy", "policy", func(ctx context.Context) {
			Expect(gate.admin.Delete(ctx, newPolicy("three", "0.03", nil))).To(Succeed())
		}),
	)

	It("holds as before when it comes back", func(ctx SpecContext) {
		gate.restore(ctx)
		names := gate.applications(ctx, "back", 5)
		gate.inFlight(ctx, names[:3])
		Expect(gate.admin.Delete(ctx, newPolicy("three", "0.03", nil))).To(Succeed())
		Eventually(func() error { return gate.begin(ctx, names[3], "b") }).WithTimeout(20 * second).Should(held(drains))
		gate.restore(ctx)
		Eventually(func() error { return gate.begin(ctx, names[3], "b") }).WithTimeout(20 * second).Should(And(held("3 of"), Not(held("drains"))))
		Eventually(gate.draining(ctx, "back")).WithTimeout(20 * second).Should(BeNil())
	})

	It("releases what is left to whoever may loosen the policy, and only then", func(ctx SpecContext) {
		gate.restore(ctx)
		names := gate.applications(ctx, "released", 6)
		gate.inFlight(ctx, names[:3])
		release := func(by client.Client) error {
			wave := gate.wave(ctx, "released")
			return by.Patch(ctx, wave, client.RawPatch("application/merge-patch+json",
				[]byte(`{"metadata":{"annotations":{"seawall.dev/release":"true"}}}`)))
		}
		Expect(release(gate.admin)).To(MatchError(ContainSubstring("This Wave does not drain")))

		Expect(gate.admin.Delete(ctx, newPolicy("three", "0.03", nil))).To(Succeed())
		Eventually(gate.draining(ctx, "released")).WithTimeout(20 * second).ShouldNot(BeNil())
		Eventually(func() error { return release(gate.patching(ctx, "kim")) }).WithTimeout(20 * second).Should(
			MatchError(ContainSubstring(`that needs the verb "loosen" on wavepolicies.seawall.dev`)))
		wave := gate.wave(ctx, "released")
		wave.Finalizers, wave.Annotations = []string{"example.com/stay"}, map[string]string{v1alpha1.ReleaseAnnotation: "true"}
		Expect(gate.admin.Update(ctx, wave)).To(MatchError(ContainSubstring("Only Seawall writes and deletes Waves")))
		Expect(gate.begin(ctx, names[3], "b")).To(held(drains))

		Expect(release(gate.admin)).To(Succeed())
		for _, name := range names[3:] {
			Eventually(func() error { return gate.begin(ctx, name, "b") }).WithTimeout(20 * second).Should(Succeed())
		}
		By("the release was for once")
		Eventually(func(g Gomega) {
			wave := gate.wave(ctx, "released")
			g.Expect(wave).NotTo(BeNil())
			g.Expect(wave.Annotations).To(BeEmpty())
			g.Expect(wave.Keeps()).To(BeFalse())
		}).WithTimeout(20 * second).Should(Succeed())
	})
})

// patching returns a client of a user who may patch Waves, and nothing else but read them.
func (g *gated) patching(ctx context.Context, user string) client.Client {
	GinkgoHelper()
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{"seawall.dev"}, Resources: []string{"waves"}, Verbs: []string{"get", "patch"}}},
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: user},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
	for _, object := range []client.Object{role, binding} {
		Expect(g.admin.Create(ctx, object)).To(Or(Succeed(), Satisfy(apierrors.IsAlreadyExists)))
	}
	config := rest.CopyConfig(g.plane.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	impersonating, err := client.New(config, client.Options{Scheme: api.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	return impersonating
}
