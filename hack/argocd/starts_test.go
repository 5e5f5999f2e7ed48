package argocd

import (
	"context"
	"fmt"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/peers"
)

// The first specs look at what came of one commit for all, each at fleets of its own; the others go on from
// there, one after the other.
var _ = Describe("With the sync gate and small fleets", Ordered, func() {
	s := &small{}

	BeforeAll(func(ctx SpecContext) { s.start(ctx) })

	ordersSpecs(s)
	sourcesSpecs(s)
	otherSpecs(s)
	repairSpecs(s)
	personSpecs(s)
	replicaSpecs(s)
})

// sourcesSpecs are about where Applications come from.
func sourcesSpecs(s *small) {
	It("Applications of two repositories are held as others are", func(ctx SpecContext) {
		delivered := report(until(ctx, s.recorder, s.pair.At(s.both())), s.pair.Environments, most)
		Expect(delivered.Started()).To(ConsistOf(s.pair.Environments))
		Expect(delivered.MostInFlight).To(Equal(most))
	})

	It("an Application that deploys Applications is held with them", func(ctx SpecContext) {
		all := s.relatives()
		delivered := report(until(ctx, s.recorder, all.At(s.revision)), all.Environments, 2)
		Expect(delivered.Started()).To(ConsistOf(all.Environments))
		Expect(delivered.Started()[0]).To(Equal(parent), "it tells the others where they come from")
		Expect(delivered.MostInFlight).To(Equal(2))
	})
}

// otherSpecs are about other things than commits by which Applications start, and do not.
func otherSpecs(s *small) {
	It("a template that changes for more than may be in flight passes, and its Applications start in turn", func(ctx SpecContext) {
		delivered := report(until(ctx, s.recorder, func(r Record) bool {
			part := r.Of(s.edited.Environments)
			return len(part.Started()) == len(s.edited.Environments) && len(part.InFlight) == 0
		}), s.edited.Environments, most)
		Expect(delivered.MostInFlight).To(Equal(most))
		for _, environment := range s.edited.Environments {
			Expect(deployment(ctx, environment).Spec.Template.Spec.Containers[0].Image).To(HaveSuffix(":v2"), environment)
		}
	})

	It("who is held by a sync window is in nobody's way", func(ctx SpecContext) {
		closed, open := s.windowed.Environments[0], s.windowed.Environments[1:]
		rest := &Fleet{Environments: open}
		all := until(ctx, s.recorder, rest.At(s.revision))
		passed := all.Of(s.windowed.Environments)
		Expect(passed.Started()).To(ConsistOf(open))
		Expect(passed.Environments[closed].Sync).To(Equal("OutOfSync"))
		Eventually(func() any { return waveOf(ctx, "windowed")["held"] }).WithTimeout(patience).Should(Or(BeNil(), BeEquivalentTo(0)))
		asked := nudges(ctx, s)
		Consistently(func() int { return nudges(ctx, s) }).WithTimeout(refresh).Should(BeNumerically("<=", asked+1), "it is not asked for again and again")

		setWindow(ctx, "")
		Expect(s.windowed.Nudge(ctx, closed)).To(Succeed())
		delivered := report(until(ctx, s.recorder, s.windowed.At(s.revision)), s.windowed.Environments, 1)
		Expect(delivered.MostInFlight).To(Equal(1))
	})
}

// repairSpecs are about drifts. No commit comes between the last sync of these Applications and them.
func repairSpecs(s *small) {
	It("repairs pass, and are not counted; where they are judged they are held", func(ctx SpecContext) {
		until(ctx, s.recorder, func(r Record) bool { return s.manual.At(s.revision)(r) && s.mended.At(s.revision)(r) })
		Eventually(func() any { return waveOf(ctx, "one")["inFlight"] }).Should(Or(BeNil(), BeEmpty()), "the last sync of one may be seen to have settled later")
		deployer.Take(2 * rollout)
		DeferCleanup(deployer.Take, rollout)
		recorder := record(ctx)
		drift(ctx, s.manual)
		drift(ctx, s.mended)
		together := until(ctx, recorder, func(r Record) bool {
			part := r.Of(s.manual.Environments)
			return len(part.InFlight) == len(s.manual.Environments)
		})
		Expect(waveOf(ctx, "one")).To(Or(Not(HaveKey("inFlight")), HaveKeyWithValue("inFlight", BeEmpty())))
		Expect(together.Of(s.manual.Environments).Environments).To(HaveEach(HaveField("Errors", BeEmpty())), "none has been held")
		repaired := until(ctx, recorder, func(r Record) bool {
			part := r.Of(s.mended.Environments)
			return len(part.Started()) == len(s.mended.Environments) && s.mended.At(s.revision)(r) && s.manual.At(s.revision)(r)
		})
		report(repaired, s.manual.Environments, 1)
		Expect(report(repaired, s.mended.Environments, 1).MostInFlight).To(Equal(1))
	})
}

// personSpecs are about what a person begins, and what one keeps from beginning.
func personSpecs(s *small) {
	It("a user's sync is held with the whole text, and passes when there is room", func(ctx SpecContext) {
		first, second := s.manual.Environments[0], s.manual.Environments[1]
		deployer.Take(2 * rollout)
		DeferCleanup(deployer.Take, rollout)
		recorder := record(ctx)
		revision, err := s.manual.Release(ctx, "v3", first)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.manual.Nudge(ctx, first)).To(Succeed())
		until(ctx, recorder, func(r Record) bool { return r.InFlight[first] })
		Expect(argo.Sync(ctx, second)).To(MatchError(MatchRegexp(
			`Application argocd/%s: held: 1 of ApplicationSet argocd/manual is in flight \(%s\), and policy "one" allows 1 at a limit of 1.5%%\. `+
				`Try again later, and see who is in flight with: kubectl get wave one-[0-9a-f]+ -o yaml\.`, second, first)))
		until(ctx, recorder, func(r Record) bool { return r.Environments[first].At(revision) && !r.InFlight[first] })
		Eventually(func() error { return argo.Sync(ctx, second) }).WithTimeout(patience).Should(Succeed())
		synced := report(until(ctx, recorder, func(r Record) bool {
			return slices.Contains(r.Started(), second) && len(r.InFlight) == 0
		}), s.manual.Environments, 1)
		Expect(synced.Environments[second].By).To(BeEmpty(), "Argo CD's server lets anybody in here, and says no name")
		Expect(synced.MostInFlight).To(Equal(1))
	})
}

// replicaSpecs are about what becomes of Seawall meanwhile.
func replicaSpecs(s *small) {
	It("a replica that is restarted while another leads loses no slot and gives none twice", Label("more"), func(ctx SpecContext) {
		other, err := s.seawall.StartReplica(context.WithoutCancel(ctx))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(other.Stop()).To(Succeed()) })
		recorder := record(ctx)
		revision, err := s.pair.Release(ctx, "v5")
		Expect(err).NotTo(HaveOccurred())
		Expect(s.pair.Nudge(ctx, s.pair.Environments...)).To(Succeed())
		until(ctx, recorder, func(r Record) bool { return len(r.Started()) >= most })
		Expect(s.seawall.Stop()).To(Succeed())
		Expect(s.seawall.Restart(context.WithoutCancel(ctx))).To(Succeed())
		delivered := report(until(ctx, recorder, s.pair.At(revision+","+s.secondRevision)), s.pair.Environments, most)
		Expect(delivered.Started()).To(ConsistOf(s.pair.Environments))
		Expect(delivered.MostInFlight).To(Equal(most))
	})
}

// drift changes what a fleet has deployed.
func drift(ctx context.Context, of *Fleet) {
	GinkgoHelper()
	for _, environment := range of.Environments {
		patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"replicas":3}}`))
		Expect(api.Patch(ctx, deployment(ctx, environment), patch)).To(Succeed())
	}
}

// deployment returns that of an environment.
func deployment(ctx context.Context, environment string) *appsv1.Deployment {
	GinkgoHelper()
	found := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: environment, Name: "service"}}
	Expect(api.Get(ctx, client.ObjectKeyFromObject(found), found)).To(Succeed())
	return found
}

// setWindow has a sync window keep an Application from syncs; none if it is empty.
func setWindow(ctx context.Context, application string) {
	GinkgoHelper()
	windows := "null"
	if application != "" {
		windows = fmt.Sprintf(`[{"kind":"deny","schedule":"* * * * *","duration":"1h","applications":[%q]}]`, application)
	}
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"syncWindows":`+windows+`}}`))
	Expect(api.Patch(ctx, object("AppProject", "default", nil), patch)).To(Succeed())
}

// nudges is how many times Seawall has asked Argo CD to look at an Application.
func nudges(ctx context.Context, s *small) int {
	GinkgoHelper()
	asked, err := peers.Metric(ctx, s.seawall.MetricsURL, `seawall_starts_nudges_total{result="Nudged"}`)
	Expect(err).NotTo(HaveOccurred())
	return asked
}
