package cli

import (
	"context"
	"fmt"
	"slices"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/explain"
	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// standingRollout is a rollout of a cluster that somebody asks about.
type standingRollout struct {
	options   *explainOptions
	client    client.Client
	mapper    meta.RESTMapper
	kind      rollout.Kind
	namespace string
	name      string
}

// fromCluster explains a rollout of the cluster, with what is on the record about it.
func (o *explainOptions) fromCluster(ctx context.Context, kind, name string) ([]explain.Rollout, []*manifest.ReadError, error) {
	connected, mapper, err := o.connection.client(rest.NoWarnings{})
	if err != nil {
		return nil, nil, err
	}
	asked := standingRollout{options: o, client: connected, mapper: mapper, name: name}
	if asked.kind, err = (judged{connected, mapper}).find(ctx, kind); err != nil {
		return nil, nil, err
	}
	if asked.kind.Namespaced {
		if asked.namespace, err = o.connection.namespace(); err != nil {
			return nil, nil, err
		}
	}
	live, err := newLiveWorld(ctx, o.connection, o.judging.world, o.note)
	if err != nil {
		return nil, nil, err
	}
	told, problems, err := asked.explain(ctx, live)
	if err != nil {
		return nil, nil, err
	}
	asked.record(ctx, &told)
	return []explain.Rollout{told}, problems, nil
}

// explain judges the rollout as it is, or says why that cannot be.
func (r *standingRollout) explain(ctx context.Context, live *liveWorld) (explain.Rollout, []*manifest.ReadError, error) {
	unknown := explain.Rollout{
		Group: r.kind.Group, Kind: r.kind.Name, Namespace: r.namespace, Name: r.name, Result: string(check.Unknown), Lacking: live.lacking,
	}
	document, err := r.document(ctx)
	switch {
	case apierrors.IsNotFound(err):
		unknown.Message = `it is not in the cluster: "explain -f FILE" judges a manifest`
		return unknown, nil, nil
	case apierrors.IsForbidden(err):
		unknown.Message = "it may not be read, so that its environments are not counted"
		unknown.Lacking = slices.Concat(live.lacking, []explain.Right{{Verb: "get", Resource: r.resource(), Namespace: r.namespace}})
		more, err := r.lacking(ctx, live)
		unknown.Lacking = append(unknown.Lacking, more...)
		return unknown, nil, err
	case err != nil:
		return unknown, nil, err
	case len(live.lacking) > 0:
		unknown.Message = "what it is judged by may not be read"
		return unknown, nil, nil
	}
	var explained []check.Explained
	problems, err := live.judge(ctx, live.own, func(world *offline.World) {
		checker := check.Checker{World: world, Namespace: r.namespace}
		explained = checker.Explain(ctx, []*manifest.Document{document}, nil)
	})
	if err != nil {
		return unknown, nil, err
	}
	if len(explained) == 0 { // of a RolloutKind that is not accepted
		unknown.Message = fmt.Sprintf("no RolloutKind that is accepted describes %s", r.kind.GroupKind())
		return unknown, problems, nil
	}
	told := explain.Of(explained[0], r.options.most())
	for _, right := range live.lacking {
		if slices.Contains(told.Missing, right.Resource) {
			told.Lacking = append(told.Lacking, right)
		}
	}
	return told, problems, nil
}

func (r *standingRollout) resource() string {
	return schema.GroupResource{Group: r.kind.Group, Resource: r.kind.Resource}.String()
}

// document reads the rollout, without what no manifest has.
func (r *standingRollout) document(ctx context.Context) (*manifest.Document, error) {
	mapping, err := r.mapper.RESTMapping(r.kind.GroupKind(), r.kind.Versions...)
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(mapping.GroupVersionKind)
	if err := r.client.Get(ctx, client.ObjectKey{Namespace: r.namespace, Name: r.name}, object); err != nil {
		return nil, err
	}
	return asCreated(object)
}

// asCreated returns the manifest that would create an object.
func asCreated(object *unstructured.Unstructured) (*manifest.Document, error) {
	unstructured.RemoveNestedField(object.Object, "status")
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "managedFields"} {
		unstructured.RemoveNestedField(object.Object, "metadata", field)
	}
	text, err := object.MarshalJSON()
	if err != nil {
		return nil, err
	}
	parsed := manifest.Parse("", text)
	if len(parsed.Problems) > 0 {
		return nil, parsed.Problems[0]
	}
	return parsed.Documents[0], nil
}

// record adds what the reports say, as far as they may be read.
func (r *standingRollout) record(ctx context.Context, told *explain.Rollout) {
	of := &journal.Rollout{Group: r.kind.Group, Kind: r.kind.Name, Name: r.name}
	recorded, err := journal.Reader{Client: r.client, Namespace: r.namespace, Rollout: of}.Read(ctx, journal.Filter{})
	if err != nil {
		r.options.note("what is on the record is not shown: " + err.Error())
		return
	}
	recorded.Context = r.options.connection.context()
	told.Recorded = recorded
}

// lacking returns the rights to list the inventory that whoever asks does not have. Without the rollout
// nothing tells which of it is needed, so that it is all that the API server serves.
func (r *standingRollout) lacking(ctx context.Context, live *liveWorld) ([]explain.Right, error) {
	var found []explain.Right
	for _, source := range live.registry.Sources() {
		wanted := schema.GroupVersionResource{Group: source.Group, Resource: source.Resource}
		if _, err := r.mapper.ResourcesFor(wanted); meta.IsNoMatchError(err) {
			continue
		} else if err != nil {
			return nil, err
		}
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Verb: "list", Group: source.Group, Resource: source.Resource, Namespace: source.Namespace,
			},
		}}
		if err := r.client.Create(ctx, review); err != nil {
			return nil, fmt.Errorf("asking whether %s may be listed: %w", source, err)
		}
		right := explain.Right{Verb: "list", Resource: source.String(), Namespace: source.Namespace}
		if !review.Status.Allowed && !slices.Contains(found, right) {
			found = append(found, right)
		}
	}
	return found, nil
}
