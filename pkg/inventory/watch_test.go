package inventory

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	toolscache "k8s.io/client-go/tools/cache"
	source "k8s.io/client-go/tools/cache/testing"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// server is where the informers of a test list and watch; it does not select.
type server struct{ *source.FakeControllerSource }

func (server) IsWatchListSemanticsUnSupported() bool { return true }

// informers are real ones, with the transforms of CacheOptions.
type informers struct {
	secrets, configMaps           server
	secretInformer, paramInformer toolscache.SharedIndexInformer
}

func newInformers(g Gomega, argocd *ArgoCD) *informers {
	i := &informers{
		secrets:    server{source.NewFakeControllerSource()},
		configMaps: server{source.NewFakeControllerSource()},
	}
	i.secretInformer = toolscache.NewSharedIndexInformer(i.secrets, &corev1.Secret{}, 0, toolscache.Indexers{})
	i.paramInformer = toolscache.NewSharedIndexInformer(i.configMaps, &corev1.ConfigMap{}, 0, toolscache.Indexers{})
	for object, options := range argocd.CacheOptions() {
		if _, ok := object.(*corev1.Secret); ok {
			g.Expect(i.secretInformer.SetTransform(options.Transform)).To(Succeed())
		}
	}
	return i
}

func (i *informers) GetInformer(_ context.Context, object client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	switch object.(type) {
	case *corev1.Secret:
		return i.secretInformer, nil
	case *corev1.ConfigMap:
		return i.paramInformer, nil
	default:
		return nil, fmt.Errorf("no informer of %T", object)
	}
}

func params(value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: paramsName, Namespace: "argocd"},
		Data:       map[string]string{progressiveKey: value},
	}
}

func TestWatchFollowsTheClusters(t *testing.T) {
	g := NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	argocd := NewArgoCD("argocd", ProgressiveSyncsDisabled)
	informers := newInformers(g, argocd)
	elsewhere := secret("d", "env", "prod")
	elsewhere.Namespace = "tenant"
	for _, registered := range []*corev1.Secret{secret("a", "env", "prod"), secret("b", "env", "prod"), secret("c"), elsewhere, credentialed()} {
		informers.secrets.Add(registered)
	}
	g.Expect(argocd.Watch(t.Context(), informers)).To(Succeed())
	g.Consistently(argocd.Synced, "50ms").Should(BeFalse(), "no informer runs yet")

	go informers.secretInformer.RunWithContext(t.Context())
	go informers.paramInformer.RunWithContext(t.Context())
	prod := func() []string {
		clusters, err := argocd.Select(labels.SelectorFromSet(labels.Set{"env": "prod"}))
		if errors.Is(err, ErrNotSynced) {
			return []string{"not synced"}
		}
		return names(clusters)
	}
	g.Eventually(argocd.Synced).Should(BeTrue())
	g.Expect(argocd.Check(nil)).To(Succeed())
	g.Expect(prod()).To(Equal([]string{"a", "b", "prod-1"}), "synced means that everything was seen")
	for _, stored := range informers.secretInformer.GetStore().List() {
		g.Expect(stored.(*corev1.Secret).Data).NotTo(HaveKey("config"), "the informer stores credentials")
	}

	informers.secrets.Modify(secret("c", "env", "prod"))
	g.Eventually(prod).Should(Equal([]string{"a", "b", "c", "prod-1"}), "a Secret was relabelled")
	informers.secrets.Delete(secret("a", "env", "prod"))
	g.Eventually(prod).Should(Equal([]string{"b", "c", "prod-1"}), "a Secret was deleted, or lost the label")
	informers.secrets.Delete(elsewhere)
	informers.secrets.DeleteDropWatch(secret("b", "env", "prod"))
	informers.secrets.ResetWatch()
	g.Eventually(prod).Should(Equal([]string{"c", "prod-1"}), "a Secret was deleted while nobody watched")
}

func TestWatchFollowsTheSwitch(t *testing.T) {
	g := NewWithT(t)
	argocd := NewArgoCD("argocd", ProgressiveSyncsAuto)
	informers := newInformers(g, argocd)
	another, elsewhere := params("true"), params("true")
	another.Name, elsewhere.Namespace = "another", "elsewhere"
	informers.configMaps.Add(params("true"))
	g.Expect(argocd.Watch(t.Context(), informers)).To(Succeed())

	go informers.paramInformer.RunWithContext(t.Context())
	g.Eventually(informers.paramInformer.HasSynced).Should(BeTrue())
	g.Consistently(argocd.Synced, "50ms").Should(BeFalse(), "the Secrets have not been read")
	go informers.secretInformer.RunWithContext(t.Context())
	g.Eventually(argocd.Synced).Should(BeTrue())
	g.Expect(argocd.ProgressiveSyncs()).To(BeTrue())

	informers.configMaps.Modify(params("no"))
	g.Eventually(argocd.ProgressiveSyncs).Should(BeFalse())
	informers.configMaps.Add(another)
	informers.configMaps.Add(elsewhere)
	g.Consistently(argocd.ProgressiveSyncs, "50ms").Should(BeFalse(), "another ConfigMap was read")
	informers.configMaps.Modify(params("true"))
	g.Eventually(argocd.ProgressiveSyncs).Should(BeTrue())
	informers.configMaps.Delete(another)
	g.Consistently(argocd.ProgressiveSyncs, "50ms").Should(BeTrue(), "another ConfigMap was read")
	informers.configMaps.Delete(params("true"))
	g.Eventually(argocd.ProgressiveSyncs).Should(BeFalse())
}

func TestWatchFollowsTheSyncPolicy(t *testing.T) {
	g := NewWithT(t)
	argocd := NewArgoCD("argocd", ProgressiveSyncsEnabled)
	informers := newInformers(g, argocd)
	asking := func() string { return argocd.SyncPolicy("create-only") }
	g.Expect(argocd.Watch(t.Context(), informers)).To(Succeed())
	g.Expect(asking()).To(BeEmpty(), "nobody knows yet whether what is asked for holds")

	go informers.paramInformer.RunWithContext(t.Context())
	go informers.secretInformer.RunWithContext(t.Context())
	g.Eventually(argocd.Synced).Should(BeTrue())
	g.Expect(asking()).To(Equal("create-only"), "there is no ConfigMap")
	fixed := params("")
	fixed.Data[policyKey] = "create-update"
	informers.configMaps.Add(fixed)
	g.Eventually(asking).Should(Equal("create-update"))
	informers.configMaps.Delete(fixed)
	g.Eventually(asking).Should(Equal("create-only"))
}

func TestCacheOptions(t *testing.T) {
	var got []string
	for object, options := range NewArgoCD("argocd", ProgressiveSyncsEnabled).CacheOptions() {
		line := fmt.Sprintf("%T in", object)
		for namespace := range options.Namespaces {
			line += " " + namespace
		}
		if options.Label != nil {
			line += ", labels " + options.Label.String()
		}
		if options.Field != nil {
			line += ", fields " + options.Field.String()
		}
		got = append(got, fmt.Sprintf("%s, stripped %t", line, options.Transform != nil))
	}
	NewWithT(t).Expect(got).To(ConsistOf(
		"*v1.Secret in argocd, labels argocd.argoproj.io/secret-type=cluster, stripped true",
		"*v1.ConfigMap in argocd, fields metadata.name=argocd-cmd-params-cm, stripped false",
	))
}

// refusing hands out no informer, as a cache does that does not know the type.
type refusing struct{}

func (refusing) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return nil, errors.New("no such type")
}

func TestWatchWithoutAnInformer(t *testing.T) {
	g := NewWithT(t)
	argocd := NewArgoCD("argocd", ProgressiveSyncsAuto)
	g.Expect(argocd.Watch(t.Context(), refusing{})).To(MatchError(ContainSubstring("no such type")))
	g.Expect(argocd.Synced()).To(BeFalse())
}
