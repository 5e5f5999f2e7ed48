package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/db"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// cluster is a cluster in memory that notes what the controller does to Applications.
type cluster struct {
	client.Client

	did outcome
}

func newCluster(scheme *runtime.Scheme, objects ...client.Object) *cluster {
	made := &cluster{}
	made.Client = interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.ApplicationSet{}).
		WithIndex(&v1alpha1.Application{}, ".metadata.controller", owner).
		Build(), interceptor.Funcs{Get: made.get, List: list, Create: made.create, Patch: made.patch, Delete: made.delete})
	return made
}

// owner is the index by which the controller finds its Applications, which it registers with a
// manager that the oracle does not have.
func owner(object client.Object) []string {
	if owner := metav1.GetControllerOf(object); owner != nil {
		return []string{owner.Name}
	}
	return nil
}

// get finds every project: which there are is no part of a question.
func (c *cluster) get(
	ctx context.Context, of client.WithWatch, key client.ObjectKey, into client.Object, options ...client.GetOption,
) error {
	if _, isProject := into.(*v1alpha1.AppProject); isProject {
		return nil
	}
	return of.Get(ctx, key, into, options...)
}

// list sorts Applications, so that the controller starts the same ones whenever it is asked.
func list(ctx context.Context, of client.WithWatch, into client.ObjectList, options ...client.ListOption) error {
	if err := of.List(ctx, into, options...); err != nil {
		return err
	}
	if applications, are := into.(*v1alpha1.ApplicationList); are {
		slices.SortFunc(applications.Items, func(a, b v1alpha1.Application) int { return strings.Compare(a.Name, b.Name) })
	}
	return nil
}

// create refuses the names that the API server refuses.
func (c *cluster) create(ctx context.Context, of client.WithWatch, object client.Object, options ...client.CreateOption) error {
	name := object.GetName()
	if problems := validation.NameIsDNSSubdomain(name, false); len(problems) > 0 {
		c.did.Refused = append(c.did.Refused, name)
		return apierrors.NewBadRequest(fmt.Sprintf("name %q: %v", name, problems))
	}
	c.did.Created = append(c.did.Created, name)
	return of.Create(ctx, object, options...)
}

// delete takes off the finalizers, as the application controller would.
func (c *cluster) delete(ctx context.Context, of client.WithWatch, object client.Object, options ...client.DeleteOption) error {
	current, err := find(ctx, of, object)
	if err != nil {
		return err
	}
	if current.CascadedDeletion() {
		c.did.Deleted = append(c.did.Deleted, object.GetName())
	} else {
		c.did.Orphaned = append(c.did.Orphaned, object.GetName())
	}
	current.Finalizers = nil
	if err := of.Update(ctx, current); err != nil {
		return err
	}
	return of.Delete(ctx, current, options...)
}

func (c *cluster) patch(
	ctx context.Context, of client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption,
) error {
	before, err := find(ctx, of, object)
	if err != nil {
		return err
	}
	if err := of.Patch(ctx, object, patch, options...); err != nil {
		return err
	}
	after, err := find(ctx, of, object)
	if err != nil {
		return err
	}
	if c.did.Patched == nil {
		c.did.Patched = map[string]patched{}
	}
	c.did.Patched[object.GetName()], err = compare(before, after)
	return err
}

func find(ctx context.Context, of client.Client, object client.Object) (*v1alpha1.Application, error) {
	found := &v1alpha1.Application{}
	return found, of.Get(ctx, client.ObjectKeyFromObject(object), found)
}

// done returns what was done since it was last asked.
func (c *cluster) done() outcome {
	did := c.did
	c.did = outcome{}
	slices.Sort(did.Created)
	slices.Sort(did.Deleted)
	slices.Sort(did.Orphaned)
	return did
}

func (c *cluster) applications(ctx context.Context) ([]v1alpha1.Application, error) {
	var list v1alpha1.ApplicationList
	err := c.List(ctx, &list)
	return list.Items, err
}

// everyCluster is a database in which every destination is registered, as the cluster that Argo CD
// runs in: whether they are is no part of a question.
type everyCluster struct{ db.ArgoDB }

func (everyCluster) GetCluster(context.Context, string) (*v1alpha1.Cluster, error) {
	return &v1alpha1.Cluster{Server: v1alpha1.KubernetesInternalAPIServerAddr, Name: v1alpha1.KubernetesInClusterName}, nil
}

func (everyCluster) GetClusterServersByName(context.Context, string) ([]string, error) {
	return []string{v1alpha1.KubernetesInternalAPIServerAddr}, nil
}
