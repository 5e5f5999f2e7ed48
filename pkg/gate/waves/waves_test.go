package waves_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// stored returns the Wave of a key.
func stored(ctx context.Context, key waves.Key) *v1alpha1.Wave {
	GinkgoHelper()
	wave := &v1alpha1.Wave{}
	Expect(api.Get(ctx, client.ObjectKey{Name: key.Name()}, wave)).To(Succeed())
	return wave
}

// counting counts the writes of statuses, whatever came of them, and may answer them itself.
func counting(writes *atomic.Int64, answer func() error) client.Client {
	return interceptor.NewClient(api, interceptor.Funcs{SubResourceUpdate: func(
		ctx context.Context, _ client.Client, _ string, object client.Object, options ...client.SubResourceUpdateOption,
	) error {
		writes.Add(1)
		if answer != nil {
			if err := answer(); err != nil {
				return err
			}
		}
		return api.Status().Update(ctx, object, options...)
	}})
}

var _ = Describe("a ledger", func() {
	It("is kept in a Wave, which is created with the first start", func(ctx SpecContext) {
		ledgers := &waves.Ledgers{Client: api, Live: api, Derive: nothing}
		at := key("ApplicationSet argocd/tenants", "production")
		first, err := ledgers.Update(ctx, at, taking(1))
		Expect(err).NotTo(HaveOccurred())
		Expect(names(first)).To(Equal([]string{"app-01"}))
		second, err := ledgers.Update(ctx, at, taking(2))
		Expect(err).NotTo(HaveOccurred())
		Expect(names(second)).To(Equal([]string{"app-01", "app-02"}))

		wave := stored(ctx, at)
		Expect(wave.Name).To(HavePrefix("default-"))
		Expect(wave.Spec).To(Equal(v1alpha1.WaveSpec{PolicyName: "default", Group: []string{"ApplicationSet argocd/tenants", "production"}, Counts: v1alpha1.WaveOfStarts}))
		Expect(wave.Status.InFlight).To(HaveLen(2))
		Expect(*wave.Status.InFlightCount).To(BeEquivalentTo(2))
		Expect(*wave.Status.Peak).To(BeEquivalentTo(2))
		Expect(wave.Status.ObservedTime.Time).To(BeTemporally("~", time.Now(), time.Minute))

		read, err := (&waves.Ledgers{Client: api, Live: api, Derive: nothing}).Update(ctx, at, unchanged)
		Expect(err).NotTo(HaveOccurred())
		Expect(read).To(Equal(second), "another replica sees the same, to the microsecond")
	})

	It("is not written if nothing changes, nor is a Wave made for that", func(ctx SpecContext) {
		ledgers := &waves.Ledgers{Client: api, Live: api, Derive: nothing}
		_, err := ledgers.Update(ctx, key("looked at"), unchanged)
		Expect(err).NotTo(HaveOccurred())
		Expect(api.Get(ctx, client.ObjectKey{Name: key("looked at").Name()}, &v1alpha1.Wave{})).To(Satisfy(apierrors.IsNotFound))

		_, err = ledgers.Update(ctx, key("kept"), taking(1))
		Expect(err).NotTo(HaveOccurred())
		before := stored(ctx, key("kept"))
		_, err = ledgers.Update(ctx, key("kept"), unchanged)
		Expect(err).NotTo(HaveOccurred())
		Expect(stored(ctx, key("kept")).ResourceVersion).To(Equal(before.ResourceVersion))
	})

	It("is not read again for each of many that are turned away at once", func(ctx SpecContext) {
		var reads atomic.Int64
		live := interceptor.NewClient(api, interceptor.Funcs{Get: func(
			ctx context.Context, c client.WithWatch, at client.ObjectKey, object client.Object, options ...client.GetOption,
		) error {
			reads.Add(1)
			return c.Get(ctx, at, object, options...)
		}})
		ledgers := &waves.Ledgers{Client: api, Live: live, Derive: nothing}
		at := key("crowded")
		var writes, turnedAway atomic.Int64
		ledgers.Stored = func(int) { writes.Add(1) }
		rule := gate.Rule{Limit: risk.Limit{Max: risk.One / 100 * 3}, Holds: true}
		began := time.Now()
		var group sync.WaitGroup
		for number := range 1000 {
			group.Go(func() {
				defer GinkgoRecover()
				_, err := ledgers.Update(ctx, at, func(ledger gate.Ledger) (gate.Ledger, bool) {
					after, decision := rule.Admit(ledger, start(number), ended{})
					if decision.Held {
						turnedAway.Add(1)
					}
					return after, decision.Slot
				})
				Expect(err).NotTo(HaveOccurred())
			})
		}
		group.Wait()
		Expect(stored(ctx, at).Status.InFlight).To(HaveLen(3))
		Expect(writes.Load()).To(BeNumerically("<=", 3))
		Expect(turnedAway.Load()).To(BeNumerically(">=", 997))
		mostReads := 3 + int64(time.Since(began)/(500*time.Millisecond))
		Expect(reads.Load()).To(BeNumerically("<=", mostReads), "it took %s", time.Since(began))
	})

	It("stores at once what came while it was being written, and loses none of that", func(ctx SpecContext) {
		const changes = 100
		var writes atomic.Int64
		slow := counting(&writes, func() error {
			time.Sleep(200 * time.Millisecond)
			return nil
		})
		ledgers := &waves.Ledgers{Client: slow, Live: api, Derive: nothing}
		at := key("at once")
		var group sync.WaitGroup
		for number := range changes {
			group.Go(func() {
				defer GinkgoRecover()
				after, err := ledgers.Update(ctx, at, taking(number))
				Expect(err).NotTo(HaveOccurred())
				Expect(names(after)).To(ContainElement(start(number).Name))
				Expect(names(waves.Ledger(stored(ctx, at)))).To(ContainElement(start(number).Name), "stored before that is known")
			})
		}
		group.Wait()
		Expect(stored(ctx, at).Status.InFlight).To(HaveLen(changes))
		Expect(writes.Load()).To(BeNumerically("<", changes/4))
	})

	It("tells all whose changes could not be stored, and lets the next ones go on", func(ctx SpecContext) {
		var writes, failed atomic.Int64
		refusing := counting(&writes, func() error {
			if writes.Load() > 1 {
				return nil
			}
			time.Sleep(200 * time.Millisecond)
			return apierrors.NewInternalError(errors.New("no room"))
		})
		ledgers := &waves.Ledgers{Client: refusing, Live: api, Derive: nothing}
		at := key("refused")
		var group sync.WaitGroup
		for number := range 20 {
			group.Go(func() {
				defer GinkgoRecover()
				if _, err := ledgers.Update(ctx, at, taking(number)); err != nil {
					Expect(err).To(MatchError(ContainSubstring("no room")))
					failed.Add(1)
				}
			})
		}
		group.Wait()
		Expect(failed.Load()).To(BeNumerically(">=", 1))
		Expect(stored(ctx, at).Status.InFlight).To(HaveLen(20 - int(failed.Load())))
	})

	It("leaves what others say in the status", func(ctx SpecContext) {
		ledgers := &waves.Ledgers{Client: api, Live: api, Derive: nothing}
		at := key("others")
		_, err := ledgers.Update(ctx, at, taking(1))
		Expect(err).NotTo(HaveOccurred())
		wave := stored(ctx, at)
		wave.Status.Held, wave.Status.Largest, wave.Status.HaltedBy = new(int32(4)), new(int32(3)), "app-07"
		wave.Status.HeldSince = &metav1.Time{Time: time.Unix(1_700_000_000, 0)}
		said := wave.Status.DeepCopy()
		Expect(api.Status().Update(ctx, wave)).To(Succeed())
		_, err = ledgers.Update(ctx, at, taking(2))
		Expect(err).NotTo(HaveOccurred())
		now := stored(ctx, at).Status
		Expect(now.InFlight).To(HaveLen(2))
		Expect(now.Held).To(Equal(said.Held))
		Expect(now.HeldSince.Time).To(BeTemporally("==", said.HeldSince.Time))
		Expect(now.Largest).To(Equal(said.Largest))
		Expect(now.HaltedBy).To(Equal(said.HaltedBy))
	})

	It("notes what people see, beside the ledger", func(ctx SpecContext) {
		ledgers := &waves.Ledgers{Client: api, Live: api, Derive: nothing}
		at := key("noted")
		show := func(status *v1alpha1.WaveStatus) bool {
			changes := status.HaltedBy == ""
			status.HaltedBy = "app-07"
			return changes
		}
		Expect(ledgers.Note(ctx, at, show)).To(Succeed(), "of a group that has no Wave there is nothing to note")
		_, err := ledgers.Update(ctx, at, taking(1))
		Expect(err).NotTo(HaveOccurred())
		Expect(ledgers.Note(ctx, at, show)).To(Succeed())
		noted := stored(ctx, at)
		Expect(noted.Status.HaltedBy).To(Equal("app-07"))
		Expect(names(waves.Ledger(noted))).To(Equal([]string{"app-01"}))
		Expect(ledgers.Note(ctx, at, show)).To(Succeed())
		Expect(stored(ctx, at).ResourceVersion).To(Equal(noted.ResourceVersion), "what is noted already is not written again")
	})

	It("forgets what is idle, and nothing else", func(ctx SpecContext) {
		ledgers := &waves.Ledgers{Client: api, Live: api, Derive: nothing}
		at := key("forgotten")
		Expect(ledgers.Forget(ctx, at)).To(Succeed(), "what is not there")
		_, err := ledgers.Update(ctx, at, taking(1))
		Expect(err).NotTo(HaveOccurred())
		Expect(ledgers.Forget(ctx, at)).To(Succeed())
		Expect(stored(ctx, at).Status.InFlight).To(HaveLen(1))
		_, err = ledgers.Update(ctx, at, func(gate.Ledger) (gate.Ledger, bool) { return gate.Ledger{}, true })
		Expect(err).NotTo(HaveOccurred())
		Expect(ledgers.Forget(ctx, at)).To(Succeed())
		Expect(api.Get(ctx, client.ObjectKey{Name: at.Name()}, &v1alpha1.Wave{})).To(Satisfy(apierrors.IsNotFound))
	})

	It("is derived when the Wave is new, was deleted, or never got as far as its status", func(ctx SpecContext) {
		var asked []waves.Key
		ledgers := &waves.Ledgers{Client: api, Live: api, Derive: func(_ context.Context, key waves.Key) (gate.Ledger, error) {
			asked = append(asked, key)
			return gate.Ledger{}.Start(start(7)), nil
		}}
		at := key("derived")
		for _, lost := range []func(){
			func() {},
			func() { Expect(api.Delete(ctx, stored(ctx, at))).To(Succeed()) },
			func() {
				Expect(api.Delete(ctx, stored(ctx, at))).To(Succeed())
				Expect(api.Create(ctx, &v1alpha1.Wave{
					ObjectMeta: metav1.ObjectMeta{Name: at.Name()}, Spec: v1alpha1.WaveSpec{PolicyName: at.Policy, Group: at.Group.Values},
				})).To(Succeed())
			},
		} {
			lost()
			asked = nil
			ledger, err := ledgers.Update(ctx, at, taking(1))
			Expect(err).NotTo(HaveOccurred())
			Expect(asked).To(Equal([]waves.Key{at}))
			Expect(names(ledger)).To(Equal([]string{"app-07", "app-01"}))
			ledger, err = ledgers.Update(ctx, at, taking(2))
			Expect(err).NotTo(HaveOccurred())
			Expect(names(ledger)).To(Equal([]string{"app-07", "app-01", "app-02"}))
			Expect(asked).To(HaveLen(1), "once")
		}
	})

	It("is derived again when the Wave is deleted between reading and writing", func(ctx SpecContext) {
		var writes atomic.Int64
		at := key("deleted under us")
		deleting := counting(&writes, func() error {
			if writes.Load() == 1 {
				return api.Delete(ctx, stored(ctx, at))
			}
			return nil
		})
		ledgers := &waves.Ledgers{Client: deleting, Live: api, Derive: seven}
		ledger, err := ledgers.Update(ctx, at, taking(1))
		Expect(err).NotTo(HaveOccurred())
		Expect(names(ledger)).To(Equal([]string{"app-07", "app-01"}))
		Expect(stored(ctx, at).Status.InFlight).To(HaveLen(2))
	})

	It("is changed by what is stored, whatever was read before", func(ctx SpecContext) {
		var writes atomic.Int64
		at := key("conflict")
		other := &waves.Ledgers{Client: api, Live: api, Derive: nothing}
		racing := counting(&writes, func() error {
			if writes.Load() == 1 {
				_, err := other.Update(ctx, at, taking(9))
				return err
			}
			return nil
		})
		ledgers := &waves.Ledgers{Client: racing, Live: api, Derive: nothing}
		ledger, err := ledgers.Update(ctx, at, taking(1))
		Expect(err).NotTo(HaveOccurred())
		Expect(names(ledger)).To(Equal([]string{"app-09", "app-01"}))
		Expect(writes.Load()).To(BeEquivalentTo(2))
	})

	It("says so when its time is up, whatever it waits for", func(ctx SpecContext) {
		var writes atomic.Int64
		conflict := apierrors.NewConflict(v1alpha1.GroupVersion().WithResource("waves").GroupResource(), "w", errors.New("changed"))
		contested := &waves.Ledgers{Client: counting(&writes, func() error { return conflict }), Live: api, Derive: nothing}
		update := func(ledgers *waves.Ledgers, change func(gate.Ledger) (gate.Ledger, bool)) (time.Duration, error) {
			limited, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			begun := time.Now()
			_, err := ledgers.Update(limited, key("late"), change)
			return time.Since(begun), err
		}
		took, err := update(contested, taking(1))
		Expect(err).To(And(MatchError(context.DeadlineExceeded), MatchError(ContainSubstring("changing the Wave default-"))))
		Expect(took).To(BeNumerically("<", 3*time.Second))
		Expect(writes.Load()).To(BeNumerically(">", 1), "it tried again")

		occupied, entered, leave := &waves.Ledgers{Client: api, Live: api, Derive: nothing}, make(chan struct{}), make(chan struct{})
		var waiting sync.WaitGroup
		waiting.Go(func() {
			defer GinkgoRecover()
			var once sync.Once
			_, err := occupied.Update(ctx, key("late"), func(ledger gate.Ledger) (gate.Ledger, bool) {
				once.Do(func() { close(entered) })
				<-leave
				return ledger.Start(start(2)), true
			})
			Expect(err).NotTo(HaveOccurred())
		})
		<-entered
		took, err = update(occupied, taking(3))
		Expect(err).To(And(MatchError(context.DeadlineExceeded), MatchError(ContainSubstring("waiting for the Wave default-"))))
		Expect(took).To(BeNumerically("<", 3*time.Second))
		_, err = occupied.Update(ctx, key("of another group"), taking(3))
		Expect(err).NotTo(HaveOccurred(), "others do not wait")
		close(leave)
		waiting.Wait()
		ledger, err := occupied.Update(ctx, key("late"), taking(3))
		Expect(err).NotTo(HaveOccurred())
		Expect(names(ledger)).To(Equal([]string{"app-02", "app-03"}))
	})

	It("is not mixed up with one whose name is the same", func(ctx SpecContext) {
		at := key("mixed up")
		Expect(api.Create(ctx, &v1alpha1.Wave{ObjectMeta: metav1.ObjectMeta{Name: at.Name()}, Spec: v1alpha1.WaveSpec{PolicyName: "another"}})).To(Succeed())
		_, err := (&waves.Ledgers{Client: api, Live: api, Derive: nothing}).Update(ctx, at, taking(1))
		Expect(err).To(MatchError(ContainSubstring(`it is that of policy "another" and group []: delete it`)))
	})

	It("has room for as many as may be in flight, with long names", func(ctx SpecContext) {
		long := func(n int) string { return strings.Repeat("a", n) }
		ledger := gate.Ledger{}
		for i := range gate.MostInFlight {
			start := start(i)
			start.Name, start.Previous, start.By = long(50)+fmt.Sprint(i), time.Now().Format(time.RFC3339), "system:serviceaccount:argocd:argocd-application-controller"
			start.Release = gate.Release{Line: "https://git.example.com/" + long(50), Revision: long(40)}
			ledger.InFlight = append(ledger.InFlight, gate.Entry{Start: start})
		}
		begun := time.Now()
		_, err := (&waves.Ledgers{Client: api, Live: api, Derive: nothing}).Update(ctx, key("full"), func(gate.Ledger) (gate.Ledger, bool) { return ledger, true })
		Expect(err).NotTo(HaveOccurred())
		AddReportEntry("full ledger", fmt.Sprintf("written in %s", time.Since(begun).Round(time.Millisecond)))
		Expect(stored(ctx, key("full")).Status.InFlight).To(HaveLen(gate.MostInFlight))
	})
})

func unchanged(ledger gate.Ledger) (gate.Ledger, bool) { return ledger, false }

// ended is a fleet of which the environments in it have settled.
type ended map[types.UID]bool

func (e ended) Stage(entry gate.Entry) gate.Stage {
	if e[entry.UID] {
		return gate.Stage{Phase: gate.Settled}
	}
	return gate.Stage{Phase: gate.Running}
}

func (ended) Recovered(gate.Failure) bool { return false }
func (ended) Siblings() []gate.Sibling    { return nil }

var _ = Describe("fifty starts at once, in two replicas", func() {
	It("are never more in flight than the limit allows", func(ctx SpecContext) {
		const starts, limit = 50, 3
		rule := gate.Rule{Limit: risk.Limit{Max: risk.One / 100 * 3}, Holds: true} // three at 0.99 each
		var writes, running, peak, asked, longest atomic.Int64
		at := key("raced for")
		counted := counting(&writes, nil)
		replicas := []*waves.Ledgers{
			{Client: counted, Live: api, Derive: nothing}, {Client: counted, Live: api, Derive: nothing},
		}
		var group sync.WaitGroup
		for number := range starts {
			ledgers := replicas[number%len(replicas)]
			group.Go(func() {
				defer GinkgoRecover()
				for begun := time.Now(); !admitted(ctx, ledgers, rule, at, number); begun = time.Now() {
					raise(&longest, int64(time.Since(begun)))
					asked.Add(1)
					time.Sleep(20 * time.Millisecond)
				}
				raise(&peak, running.Add(1))
				time.Sleep(30 * time.Millisecond)
				running.Add(-1)
				_, err := ledgers.Update(ctx, at, func(ledger gate.Ledger) (gate.Ledger, bool) {
					return ledger.Settle(ended{environment(number).UID: true}, time.Now()), true
				})
				Expect(err).NotTo(HaveOccurred())
			})
		}
		group.Wait()
		wave := stored(ctx, at)
		Expect(wave.Status.InFlight).To(BeEmpty())
		Expect(*wave.Status.Peak).To(BeEquivalentTo(limit), "as many as may be, and never more")
		Expect(peak.Load()).To(BeNumerically("<=", limit))
		// Each start is written twice: when it is admitted and when it has settled.
		perChange := float64(writes.Load()) / (2 * starts)
		AddReportEntry("races", fmt.Sprintf("%.2f tries for a change, %d times held, the longest answer after %s",
			perChange, asked.Load(), time.Duration(longest.Load()).Round(time.Millisecond)))
		Expect(perChange).To(BeNumerically("<=", 2), "tries for a change")
	}, SpecTimeout(2*time.Minute))
})

// raise makes a number at least as high as another.
func raise(highest *atomic.Int64, to int64) {
	for seen := highest.Load(); to > seen; seen = highest.Load() {
		if highest.CompareAndSwap(seen, to) {
			return
		}
	}
}

// admitted asks for a start.
func admitted(ctx context.Context, ledgers *waves.Ledgers, rule gate.Rule, at waves.Key, number int) bool {
	GinkgoHelper()
	var decision gate.Decision
	_, err := ledgers.Update(ctx, at, func(ledger gate.Ledger) (gate.Ledger, bool) {
		ledger, decision = rule.Admit(ledger, start(number), ended{})
		return ledger, decision.Slot
	})
	Expect(err).NotTo(HaveOccurred())
	return decision.Admitted
}

// seven derives the ledger of a group of which one environment is under way.
func seven(context.Context, waves.Key) (gate.Ledger, error) {
	return gate.Ledger{}.Start(start(7)), nil
}
