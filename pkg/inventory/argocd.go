package inventory

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	toolscache "k8s.io/client-go/tools/cache"
)

// ErrNotSynced says that the inventory has not been read completely yet.
var ErrNotSynced = errors.New("the inventory has not been read yet")

// ArgoCD is the inventory of one Argo CD installation. It may be used by several
// goroutines at once.
type ArgoCD struct {
	namespace string
	mode      ProgressiveSyncs
	clusters  Index[Cluster]
	news      news
	// progressive and policy are what the ConfigMap says.
	progressive atomic.Bool
	policy      atomic.Pointer[syncPolicy]
	observer    atomic.Pointer[func()]
	// registrations are nil until Watch sets them; a static inventory has none.
	registrations atomic.Pointer[[]toolscache.ResourceEventHandlerRegistration]
}

// NewArgoCD returns the inventory of the Argo CD in a namespace. It is not synced, and
// stays empty, until Watch feeds it.
func NewArgoCD(namespace string, mode ProgressiveSyncs) *ArgoCD {
	return &ArgoCD{namespace: namespace, mode: mode}
}

// NewStaticArgoCD returns an inventory of the clusters among the Secrets, which are taken
// for one Argo CD's whatever their namespace. It is synced from the start.
func NewStaticArgoCD(progressive bool, secrets ...*corev1.Secret) *ArgoCD {
	a := NewArgoCD(metav1.NamespaceAll, ProgressiveSyncsDisabled)
	if progressive {
		a.mode = ProgressiveSyncsEnabled
	}
	for _, secret := range secrets {
		a.Put(secret)
	}
	a.registrations.Store(&[]toolscache.ResourceEventHandlerRegistration{})
	return a
}

// Select returns the clusters whose Secrets' labels the selector matches, in ascending
// order of the Secrets' names. The error is ErrNotSynced.
func (a *ArgoCD) Select(selector labels.Selector) ([]Cluster, error) {
	if !a.Synced() {
		return nil, ErrNotSynced
	}
	return a.clusters.Select(selector), nil
}

// ProgressiveSyncs says whether a RollingSync is paced. The error is ErrNotSynced, and
// only in mode Auto.
func (a *ArgoCD) ProgressiveSyncs() (bool, error) {
	switch {
	case a.mode != ProgressiveSyncsAuto:
		return a.mode == ProgressiveSyncsEnabled, nil
	case !a.Synced():
		return false, ErrNotSynced
	default:
		return a.progressive.Load(), nil
	}
}

// SyncPolicy returns the policy that holds for an ApplicationSet whose
// spec.syncPolicy.applicationsSync is as asked, or empty: "sync", "create-only",
// "create-update" or "create-delete"; empty is "sync". Flags of the controller that do not
// come from the ConfigMap argocd-cmd-params-cm are not seen, and before the ConfigMap has
// been read nothing is taken to restrict the controller.
func (a *ArgoCD) SyncPolicy(asked string) string {
	if policy := a.policy.Load(); policy != nil {
		return policy.of(asked)
	}
	if a.Synced() {
		return asked
	}
	return ""
}

// Synced says whether the inventory has seen everything that there was when it started.
func (a *ArgoCD) Synced() bool {
	registrations := a.registrations.Load()
	return registrations != nil && !slices.ContainsFunc(*registrations,
		func(r toolscache.ResourceEventHandlerRegistration) bool { return !r.HasSynced() })
}

// Check is a readiness check: it returns ErrNotSynced until the inventory is synced.
func (a *ArgoCD) Check(*http.Request) error {
	if !a.Synced() {
		return ErrNotSynced
	}
	return nil
}

// Put adds the cluster that a Secret registers, or replaces what an earlier version of the
// Secret registered; one that is no longer a cluster's is removed. Secrets of other
// namespaces are ignored. The inventory keeps the label and annotation maps, which must
// not change any more, and nothing of the credentials.
func (a *ArgoCD) Put(secret *corev1.Secret) {
	switch {
	case !a.covers(secret.Namespace):
	case secret.Labels[secretTypeLabel] != secretTypeCluster:
		a.Remove(secret.Name)
	default:
		cluster := clusterOf(secret)
		before, existed := a.clusters.Get(secret.Name)
		a.clusters.Set(secret.Name, cluster.Labels, cluster)
		if !existed || !reflect.DeepEqual(before, cluster) {
			a.tell()
		}
	}
}

// Remove removes the cluster that the Secret with the name registered, if there is one.
func (a *ArgoCD) Remove(name string) {
	a.clusters.Delete(name)
	a.tell()
}

func (a *ArgoCD) covers(namespace string) bool {
	return a.namespace == metav1.NamespaceAll || a.namespace == namespace
}
