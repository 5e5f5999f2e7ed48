package cli

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/explain"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/report"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// ofCluster judges the rollouts of the cluster. It tells whether some of them, or of the inventory, may not
// be read.
func (o *policyDiffOptions) ofCluster(ctx context.Context, from, to string) (found report.Difference, partial bool, err error) {
	live, err := newLiveWorld(ctx, o.connection, o.judging.world, o.note)
	if err != nil {
		return found, false, err
	}
	connected, mapper, err := o.connection.client(rest.NoWarnings{})
	if err != nil {
		return found, false, err
	}
	standing, err := o.standing(ctx, live, judged{connected, mapper})
	if err != nil {
		return found, false, err
	}
	reader := manifest.Reader{Stdin: o.streams.In, Note: o.note}
	cluster := slices.DeleteFunc(slices.Clone(live.own), func(d *manifest.Document) bool { return d.Kind == "WavePolicy" })
	var results [2][]check.Result
	var problems []*manifest.ReadError
	for i, path := range []string{from, to} {
		own, wrong := policies(reader, path)
		refused, err := live.judge(ctx, slices.Concat(cluster, own), func(world *offline.World) {
			checker := check.Checker{World: world}
			results[i] = checker.Check(ctx, standing, nil)
		})
		if err != nil {
			return found, false, err
		}
		problems = slices.Concat(problems, wrong, refused)
	}
	found = report.Compare(results[0], results[1])
	found.Problems, found.Premise = problems, "those of the cluster, each judged as if it were created now"
	for _, right := range live.lacking {
		o.note("it also takes " + right.String())
	}
	return found, len(live.lacking) > 0, nil
}

// standing reads the rollouts of the cluster, but for those that are over when they have been written.
func (o *policyDiffOptions) standing(ctx context.Context, live *liveWorld, of judged) ([]*manifest.Document, error) {
	all, _ := kinds.Named()
	described, err := of.described(ctx)
	if err != nil && !apierrors.IsForbidden(err) { // which live says
		return nil, err
	}
	var found []*manifest.Document
	for _, kind := range slices.Concat(all, described) {
		if kind.OneShot {
			continue
		}
		documents, err := o.list(ctx, live, of, kind)
		if err != nil {
			return nil, err
		}
		found = append(found, documents...)
	}
	return found, nil
}

// list reads the rollouts of a kind, if the API server has it.
func (o *policyDiffOptions) list(ctx context.Context, live *liveWorld, of judged, kind rollout.Kind) ([]*manifest.Document, error) {
	mapping, err := of.mapper.RESTMapping(kind.GroupKind(), kind.Versions...)
	if meta.IsNoMatchError(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list unstructured.UnstructuredList
	list.SetGroupVersionKind(mapping.GroupVersionKind)
	namespace := namespaceOr(o.connection, "")
	err = of.client.List(ctx, &list, client.InNamespace(namespace))
	if apierrors.IsForbidden(err) {
		resource := mapping.Resource.GroupResource().String()
		live.lacking = append(live.lacking, explain.Right{Verb: "list", Resource: resource, Namespace: namespace})
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", mapping.Resource.GroupResource(), err)
	}
	var found []*manifest.Document
	for i := range list.Items {
		document, err := asCreated(&list.Items[i])
		if err != nil {
			return nil, err
		}
		found = append(found, document)
	}
	return found, nil
}
