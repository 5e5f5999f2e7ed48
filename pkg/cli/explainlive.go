package cli

import (
	"context"
	"fmt"
	"slices"

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
	"github.com/seawall-dev/seawall/pkg/policy"
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
	told, problems, err := asked.explain(ctx)
	if err != nil {
		return nil, nil, err
	}
	asked.record(ctx, &told)
	return []explain.Rollout{told}, problems, nil
}

// explain judges the rollout as it is, or says why that cannot be.
func (r *standingRollout) explain(ctx context.Context) (explain.Rollout, []*manifest.ReadError, error) {
	unknown := explain.Rollout{
		Group: r.kind.Group, Kind: r.kind.Name, Namespace: r.namespace, Name: r.name, Result: string(check.Unknown),
	}
	document, unread := r.document(ctx)
	switch {
	case apierrors.IsNotFound(unread):
		unknown.Message = `it is not in the cluster: "explain -f FILE" judges a manifest`
		return unknown, nil, nil
	case unread != nil && !apierrors.IsForbidden(unread):
		return unknown, nil, unread
	}
	options := r.options.judging.world
	var err error
	if options.cluster, err = r.options.connection.cluster(); err != nil {
		return unknown, nil, err
	}
	options.cluster.wants = wantsFor(r.kind)
	world, problems, err := options.open(ctx, manifest.Reader{Note: r.options.judging.note}, nil)
	if err != nil {
		return unknown, nil, err
	}
	unknown.Lacking = options.cluster.lacking(ownResources()...)
	switch {
	case unread != nil:
		unknown.Message = "it may not be read, so that its environments are not counted"
		unknown.Lacking = append(unknown.Lacking, explain.Right{Verb: "get", Resource: r.resource(), Namespace: r.namespace})
		unknown.Lacking = append(unknown.Lacking, options.cluster.lacking(r.reads(world)...)...)
		return unknown, problems, nil //nolint:nilerr // that it may not be read is what is told
	case len(unknown.Lacking) > 0:
		unknown.Message = "what it is judged by may not be read"
		return unknown, problems, nil
	}
	checker := check.Checker{World: world, Namespace: r.namespace}
	explained := checker.Explain(ctx, []*manifest.Document{document}, nil)
	if len(explained) == 0 { // of a RolloutKind that is not accepted
		unknown.Message = fmt.Sprintf("no RolloutKind that is accepted describes %s", r.kind.GroupKind())
		return unknown, problems, nil
	}
	told := explain.Of(explained[0], r.options.most())
	told.Lacking = options.cluster.lacking(told.Missing...)
	options.cluster.noteFailures(r.options.judging.note, told.Missing...)
	return told, problems, nil
}

// reads returns the resources that judging the rollout takes.
func (r *standingRollout) reads(world *offline.World) []string {
	if slices.ContainsFunc(world.Policies, (*policy.Policy).SelectsNamespaces) {
		return append([]string{namespaces}, r.kind.Reads...)
	}
	return r.kind.Reads
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
		r.options.judging.note("what is on the record is not shown: " + err.Error())
		return
	}
	recorded.Context = r.options.connection.context()
	told.Recorded = recorded
}
