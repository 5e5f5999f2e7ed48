package main_test

import (
	"fmt"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

var _ = Describe("starts of a hundred groups at once", func() {
	It("are never more of a group than its limit, and seldom written twice", func(ctx SpecContext) {
		const groups, each, limit, atOnce = 100, 3, 2, 24
		gate := startGate(ctx, func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "0.02" })
		var creating, starting sync.WaitGroup
		busy := make(chan struct{}, atOnce)
		run := func(group *sync.WaitGroup, do func(set, name string)) {
			for number := range groups * each {
				set := fmt.Sprintf("set-%02d", number/each)
				group.Go(func() {
					defer GinkgoRecover()
					busy <- struct{}{}
					defer func() { <-busy }()
					do(set, fmt.Sprintf("%s-%d", set, number%each))
				})
			}
			group.Wait()
		}
		run(&creating, func(set, name string) {
			app := gate.application(name, nil)
			app.SetOwnerReferences([]metav1.OwnerReference{{
				APIVersion: "argoproj.io/v1alpha1", Kind: "ApplicationSet", Name: set, UID: "1", Controller: new(true),
			}})
			Expect(gate.argoCD.Create(ctx, app)).To(Succeed())
		})

		var lock sync.Mutex
		inFlight, most := map[string]int{}, 0
		count := func(set string, by int) {
			lock.Lock()
			defer lock.Unlock()
			inFlight[set] += by
			most = max(most, inFlight[set])
		}
		run(&starting, func(set, name string) {
			Eventually(func() error { return gate.begin(ctx, name, "b") }).WithTimeout(2 * time.Minute).
				WithPolling(200 * time.Millisecond).Should(Succeed())
			count(set, 1)
			time.Sleep(20 * time.Millisecond)
			count(set, -1)
			gate.end(ctx, name, "b", "Healthy")
		})
		Expect(most).To(BeNumerically("<=", limit))
		found := gate.waves(ctx)
		Expect(found).To(HaveLen(groups))
		for _, wave := range found {
			Expect(wave.Status.Peak).To(HaveValue(And(BeNumerically(">=", 1), BeNumerically("<=", limit))), fmt.Sprint(wave.Spec.Group))
		}
		tries := scrapedFrom(gate.webhook)["seawall_wave_write_tries"].GetMetric()[0].GetHistogram()
		perWrite := tries.GetSampleSum() / float64(tries.GetSampleCount())
		AddReportEntry("ledgers", fmt.Sprintf("%d writes, %.3f tries each", tries.GetSampleCount(), perWrite))
		Expect(tries.GetSampleCount()).To(BeNumerically(">=", groups))
		Expect(perWrite).To(BeNumerically("<=", 1.3))
	}, SpecTimeout(5*time.Minute))
})
