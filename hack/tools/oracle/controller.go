package main

import (
	"context"

	"github.com/argoproj/argo-cd/v3/applicationset/controllers"
	"github.com/argoproj/argo-cd/v3/applicationset/generators"
	"github.com/argoproj/argo-cd/v3/applicationset/metrics"
	"github.com/argoproj/argo-cd/v3/applicationset/progressivesync"
	"github.com/argoproj/argo-cd/v3/applicationset/services"
	"github.com/argoproj/argo-cd/v3/applicationset/utils"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/settings"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientfake "k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// argoNamespace is where Argo CD runs, and the ApplicationSets are.
const argoNamespace = "argocd"

// controller is Argo CD's controller of ApplicationSets on a cluster in memory.
type controller struct {
	*controllers.ApplicationSetReconciler

	cluster *cluster
	key     client.ObjectKey
}

// asker returns what git generators ask, if the question has repositories.
func (q question) asker() services.Repos {
	if len(q.Repositories) == 0 {
		return nil
	}
	return repositories{q.Repositories, q.server}
}

func newController(ctx context.Context, asked question, objects ...client.Object) (*controller, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	for i := range asked.Secrets {
		objects = append(objects, asked.Secrets[i].DeepCopy())
	}
	on := newCluster(scheme, objects...)
	informer, err := settings.NewClusterInformer(clientfake.NewClientset(), argoNamespace)
	if err != nil {
		return nil, err
	}
	reconciler := &controllers.ApplicationSetReconciler{
		Client: on, Scheme: scheme, Recorder: &record.FakeRecorder{}, Renderer: &utils.Render{},
		// Those that ask a server but git's are left out: a question has none of them.
		Generators:      generators.GetGenerators(ctx, on, nil, argoNamespace, asked.asker(), nil, generators.SCMConfig{}, informer),
		ArgoDB:          everyCluster{},
		ClusterInformer: informer,
		Policy:          v1alpha1.ApplicationsSyncPolicySync, EnablePolicyOverride: true,
		ArgoCDNamespace: argoNamespace, EnableProgressiveSyncs: asked.ProgressiveSyncs,
		Metrics: metrics.NewFakeAppsetMetrics(), MaxResourcesStatusCount: 5000,
	}
	reconciler.ProgressiveSyncManager = progressivesync.NewManager(on, on, reconciler)
	return &controller{reconciler, on, client.ObjectKeyFromObject(&asked.New)}, nil
}

// reconcile lets the controller reconcile once, and returns what it did.
func (c *controller) reconcile(ctx context.Context) (outcome, error) {
	_, failed := c.Reconcile(ctx, ctrl.Request{NamespacedName: c.key})
	did := c.cluster.done()
	stored, err := c.stored(ctx)
	if err != nil {
		return did, err
	}
	did.Error = refusal(stored)
	if failed != nil && did.Error == "" && len(did.Refused) == 0 {
		did.Error = failed.Error()
	}
	return did, nil
}

func (c *controller) stored(ctx context.Context) (*v1alpha1.ApplicationSet, error) {
	stored := &v1alpha1.ApplicationSet{}
	return stored, c.Get(ctx, c.key, stored)
}

// write replaces what the ApplicationSet says.
func (c *controller) write(ctx context.Context, spec v1alpha1.ApplicationSetSpec) error {
	stored, err := c.stored(ctx)
	if err != nil {
		return err
	}
	stored.Spec = *spec.DeepCopy()
	return c.Update(ctx, stored)
}

// refusal says why the controller wrote nothing. That some Applications are invalid, or that the
// API server refuses some, keeps it from none of the others.
func refusal(of *v1alpha1.ApplicationSet) string {
	for _, condition := range of.Status.Conditions {
		if condition.Type == v1alpha1.ApplicationSetConditionErrorOccurred &&
			condition.Status == v1alpha1.ApplicationSetConditionStatusTrue &&
			condition.Reason != v1alpha1.ApplicationSetReasonApplicationValidationError &&
			condition.Reason != v1alpha1.ApplicationSetReasonUpdateApplicationError {
			return condition.Message
		}
	}
	return ""
}
