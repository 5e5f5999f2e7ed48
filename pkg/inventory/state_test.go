package inventory

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
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

func TestStateOfArgoCD(t *testing.T) {
	g := NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	argocd := NewArgoCD("argocd", ProgressiveSyncsDisabled)
	informers := newInformers(g, argocd)
	informers.secretInformer = argocd.NewInformer(informers.secrets, &corev1.Secret{}, 0, toolscache.Indexers{})
	g.Expect(argocd.Watch(t.Context(), informers)).To(Succeed())
	g.Expect(argocd.States()).To(Equal([]State{{Resource: "secrets", Served: true}}))

	informers.secrets.Add(secret("a"))
	started := time.Now()
	go informers.secretInformer.RunWithContext(t.Context())
	go informers.paramInformer.RunWithContext(t.Context())
	g.Eventually(argocd.Synced).Should(BeTrue())
	listed := argocd.States()[0]
	g.Expect(listed).To(And(HaveField("Synced", true), HaveField("Objects", 1), HaveField("Heard", BeTemporally(">=", started))))

	informers.secrets.Add(secret("b"))
	g.Eventually(argocd.States).Should(ConsistOf(HaveField("Objects", 2)))
	g.Expect(argocd.States()[0].Heard).To(BeTemporally(">", listed.Heard))
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
