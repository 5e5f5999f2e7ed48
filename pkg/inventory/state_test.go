package inventory

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestStatesOfARegistry(t *testing.T) {
	g := NewWithT(t)
	registry := NewStaticRegistry(Static{
		Objects: []*unstructured.Unstructured{sent("v1", "a", "one", nil, nil), sent("v1", "b", "one", nil, nil), sent("v2", "b", "two", nil, nil)},
		Absent:  []string{"groups.example.com"},
	})
	Register[member](registry, members())
	Register[member](registry, Source{Group: "example.com", Resource: "groups"})
	g.Expect(registry.States()).To(Equal([]State{
		{Resource: "members.example.com", Served: true, Synced: true, Objects: 3},
		{Resource: "groups.example.com"},
	}))
	fed := NewRegistry()
	read := Register[member](fed, members())
	g.Expect(fed.States()).To(Equal([]State{{Resource: "members.example.com"}}), "nobody has asked yet")
	read.enter(reading)
	g.Expect(fed.States()).To(Equal([]State{{Resource: "members.example.com", Served: true}}))
}

func TestNewsAreWhatAWatchSendsAndNoErrors(t *testing.T) {
	g := NewWithT(t)
	var heard news
	source := watch.NewFake()
	events := heard.pass(source)
	g.Expect(heard.last()).To(BeZero())

	go source.Error(&metav1.Status{})
	g.Expect(<-events.ResultChan()).To(HaveField("Type", watch.Error))
	g.Expect(heard.last()).To(BeZero(), "an error is no news of the resource")

	go source.Action(watch.Bookmark, &corev1.Secret{})
	g.Expect(<-events.ResultChan()).To(HaveField("Type", watch.Bookmark))
	g.Expect(heard.last()).To(BeTemporally("~", time.Now(), 10*time.Second))

	events.Stop()
	g.Eventually(source.IsStopped).Should(BeTrue(), "the watch ends with who reads it")
	g.Eventually(events.ResultChan()).Should(BeClosed())
}

func TestAWatchThatNobodyReadsAnyMoreEnds(t *testing.T) {
	g := NewWithT(t)
	var heard news
	source := watch.NewFakeWithChanSize(1, false)
	events := heard.pass(source)
	source.Add(&corev1.Secret{})
	g.Eventually(heard.last).ShouldNot(BeZero(), "it waits for a reader")
	events.Stop()
	g.Eventually(source.IsStopped).Should(BeTrue())
}

func TestASourceThatIsSilentForTooLongIsLost(t *testing.T) {
	g := NewWithT(t)
	registry := NewRegistry()
	read, patient := Register[member](registry, members()), NewRegistry()
	forever := Register[member](patient, members())
	registry.LoseAfter(time.Minute)
	for _, collection := range []*Collection[member]{read, forever} {
		g.Expect(collection.feed.store(func() error { return nil }).Replace([]any{sent("v1", "a", "one", nil, nil)}, "")).To(Succeed())
		collection.news.nanoseconds.Store(time.Now().Add(-59 * time.Second).UnixNano())
		g.Expect(collection.Get("a", "one")).NotTo(BeNil())
		collection.news.nanoseconds.Store(time.Now().Add(-61 * time.Second).UnixNano())
	}
	_, err := read.Get("a", "one")
	g.Expect(err).To(MatchError(rollout.ErrLost))
	g.Expect(err).To(MatchError("members.example.com: the API server has told nothing of it for 1m1s: want it to be heard of every 1m0s"))
	_, err = read.List("", labels.Everything())
	g.Expect(err).To(MatchError(rollout.ErrLost))
	g.Expect(forever.Get("a", "one")).NotTo(BeNil(), "where nobody has set a time")
	read.news.came()
	g.Expect(read.Get("a", "one")).NotTo(BeNil(), "it is heard of again")
}
