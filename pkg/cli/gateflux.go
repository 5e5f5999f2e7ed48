package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// applicationKind is the kind of what gate why is asked about where none is said.
const applicationKind = "Application"

// waiting names what gate why is asked about.
type waiting struct{ kind, namespace, name string }

func (w waiting) String() string { return w.kind + " " + w.namespace + "/" + w.name }

// asked reads KIND/NAMESPACE/NAME, NAMESPACE/NAME or NAME; the namespace is empty where none is said.
func asked(text string) (waiting, error) {
	parts := strings.Split(text, "/")
	of := waiting{kind: applicationKind, name: parts[len(parts)-1]}
	if len(parts) > 1 {
		of.namespace = parts[len(parts)-2]
	}
	if len(parts) > 2 {
		of.kind = map[string]string{
			"application": applicationKind, "app": applicationKind, "kustomization": "Kustomization", "ks": "Kustomization",
			"helmrelease": "HelmRelease", "hr": "HelmRelease",
		}[strings.ToLower(parts[0])]
	}
	if of.kind == "" || len(parts) > 3 || slices.Contains(parts, "") {
		return waiting{}, fmt.Errorf("%q is none of NAME, NAMESPACE/NAME and KIND/NAMESPACE/NAME with kind application, "+
			"kustomization or helmrelease", text)
	}
	return of, nil
}

// fluxObjects returns what of Flux's objects and their sources may be read, which is none where they are not served.
func (g *gateNow) fluxObjects(ctx context.Context, connected client.Client) ([]*unstructured.Unstructured, error) {
	const sources = "source.toolkit.fluxcd.io"
	var objects []*unstructured.Unstructured
	for _, kind := range []schema.GroupVersionKind{
		{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Kind: "Kustomization"},
		{Group: "helm.toolkit.fluxcd.io", Version: "v2", Kind: "HelmRelease"},
		{Group: sources, Version: "v1", Kind: "GitRepository"}, {Group: sources, Version: "v1", Kind: "OCIRepository"},
		{Group: sources, Version: "v1", Kind: "Bucket"}, {Group: sources, Version: "v1", Kind: "HelmChart"},
		{Group: sources, Version: "v1", Kind: "ExternalArtifact"},
	} {
		var list unstructured.UnstructuredList
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		err := connected.List(ctx, &list)
		switch {
		case meta.IsNoMatchError(err), apierrors.IsNotFound(err):
			continue
		case apierrors.IsForbidden(err):
			g.notes = append(g.notes, fmt.Sprintf("left out: %ss: %s", kind.Kind, err))
		case err != nil:
			return nil, fmt.Errorf("listing %ss: %w", kind.Kind, err)
		}
		for i := range list.Items {
			objects = append(objects, &list.Items[i])
		}
	}
	return objects, nil
}

// errAtRest says that nothing is to be held.
var errAtRest = errors.New("it does not wait: it is at what its source has, is rolled out, suspended or waits for something else")

// judgeFlux returns what would be said of the start that an object of Flux waits for.
func (g *gateNow) judgeFlux(ctx context.Context, of waiting) (starts.Judgement, error) {
	member, known, err := g.judging.Member(ctx, of.kind, of.namespace, of.name)
	switch {
	case err != nil:
		return starts.Judgement{}, err
	case !known:
		return starts.Judgement{}, fmt.Errorf("there is no %s", of)
	}
	now := time.Now()
	standing := member.State.Standing(gate.Settling{}, now)
	if !standing.Waits {
		return starts.Judgement{}, errAtRest
	}
	started := &gate.Started{Start: standing.Next, Automated: true, Of: member}
	started.Environment, started.ResourceVersion, started.At = member.Environment, member.ResourceVersion, now
	return g.judging.Judge(ctx, started, true)
}
