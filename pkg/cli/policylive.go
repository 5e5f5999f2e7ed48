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
	connected, mapper, err := o.connection.client(rest.NoWarnings{})
	if err != nil {
		return found, false, err
	}
	standing, lacking, err := o.standing(ctx, judged{connected, mapper})
	if err != nil {
		return found, false, err
	}
	asked, err := o.connection.cluster()
	if err != nil {
		return found, false, err
	}
	stock, err := asked.take(ctx, o.judging.world.argoCDNamespace, nil)
	if err != nil {
		return found, false, err
	}
	needed := []string{offline.Overrides.String(), offline.RolloutKinds.String()}
	var results [2][]check.Result
	var problems []*manifest.ReadError
	for i, path := range []string{from, to} {
		world, refused, err := o.worldOf(ctx, &stock, path)
		if err != nil {
			return found, false, err
		}
		checker := check.Checker{World: world}
		results[i] = checker.Check(ctx, standing, nil)
		problems, needed = append(problems, refused...), append(needed, world.Missed()...)
	}
	found = report.Compare(results[0], results[1])
	found.Problems, found.Premise = problems, "those of the cluster, each judged as if it were created now"
	asked.noteFailures(o.judging.note, needed...)
	lacking = append(lacking, asked.lacking(needed...)...)
	for _, right := range lacking {
		o.judging.note("it also takes " + right.String())
	}
	return found, len(lacking) > 0, nil
}

// worldOf returns what is judged by where the policies are those of OLD or NEW, and all else is the
// cluster's.
func (o *policyDiffOptions) worldOf(
	ctx context.Context, stock *offline.Inventory, path string,
) (*offline.World, []*manifest.ReadError, error) {
	world := offline.New(o.judging.world.settings(*stock))
	for _, own := range []offline.Own{offline.Overrides, offline.RolloutKinds} {
		documents, lacking, _ := stock.Standing(own)
		if lacking != "" {
			world.Lack(own)
		}
		if err := world.Follow(own, documents); err != nil {
			return nil, nil, err
		}
	}
	own, wrong := policies(manifest.Reader{Stdin: o.streams.In, Note: o.judging.note}, path)
	refused, err := world.Add(ctx, own...)
	return world, append(wrong, refused...), err
}

// standing reads the rollouts of the cluster, but for those that are over when they have been written.
func (o *policyDiffOptions) standing(ctx context.Context, of judged) (found []*manifest.Document, lacking []explain.Right, err error) {
	all, _ := kinds.Named()
	described, err := of.described(ctx)
	if err != nil && !apierrors.IsForbidden(err) { // which is said of the inventory
		return nil, nil, err
	}
	for _, kind := range slices.Concat(all, described) {
		if kind.OneShot {
			continue
		}
		documents, right, err := o.list(ctx, of, kind)
		if err != nil {
			return nil, nil, err
		}
		found, lacking = append(found, documents...), append(lacking, right...)
	}
	return found, lacking, nil
}

// list reads the rollouts of a kind, if the API server has it, or says which right that takes.
func (o *policyDiffOptions) list(
	ctx context.Context, of judged, kind rollout.Kind,
) (found []*manifest.Document, lacking []explain.Right, err error) {
	mapping, err := of.mapper.RESTMapping(kind.GroupKind(), kind.Versions...)
	if meta.IsNoMatchError(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var list unstructured.UnstructuredList
	list.SetGroupVersionKind(mapping.GroupVersionKind)
	namespace := namespaceOr(o.connection, "")
	err = of.client.List(ctx, &list, client.InNamespace(namespace))
	if apierrors.IsForbidden(err) {
		resource := mapping.Resource.GroupResource().String()
		return nil, []explain.Right{{Verb: "list", Resource: resource, Namespace: namespace}}, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("list %s: %w", mapping.Resource.GroupResource(), err)
	}
	for i := range list.Items {
		document, err := asCreated(&list.Items[i])
		if err != nil {
			return nil, nil, err
		}
		found = append(found, document)
	}
	return found, nil, nil
}
