package flux

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/peers"
)

const (
	sourceVersion    = "source.toolkit.fluxcd.io/v1"
	kustomizeVersion = "kustomize.toolkit.fluxcd.io/v1"
)

// Fleet is a GitRepository and the Kustomizations that are deployed from it: each is one
// environment with one Deployment, in a namespace of its name.
type Fleet struct {
	Name         string
	Environments []string

	api        client.Client
	repository *peers.Repository
}

// NewFleet returns a fleet of so many environments, of which nothing exists yet.
func NewFleet(api client.Client, repository *peers.Repository, name string, environments int) *Fleet {
	return &Fleet{Name: name, Environments: numbered(name, environments), api: api, repository: repository}
}

func numbered(name string, environments int) []string {
	names := make([]string, environments)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%02d", name, i+1)
	}
	return names
}

// Release commits a version of what some environments deploy, or all when none is named, and
// returns the revision, to which all move: Flux compares revisions of the source, not what they
// change.
func (f *Fleet) Release(ctx context.Context, version string, environments ...string) (revision string, err error) {
	if len(environments) == 0 {
		environments = f.Environments
	}
	files := map[string]string{}
	for _, environment := range environments {
		files[environment+"/deployment.yaml"] = peers.Deployment(version)
	}
	commit, err := f.repository.Commit(ctx, "Release "+version, files)
	return peers.Branch + "@sha1:" + commit, err
}

// At says whether all environments are done with a revision and none is in flight.
func (f *Fleet) At(revision string) func(Record) bool {
	return settled(f.Environments, func(k Kustomization) bool { return k.At(revision) })
}

// settled says whether all environments are as wanted and none is in flight.
func settled[S any](environments []string, wanted func(S) bool) func(peers.Record[S]) bool {
	return func(r peers.Record[S]) bool {
		for _, environment := range environments {
			if !wanted(r.Environments[environment]) || r.InFlight[environment] {
				return false
			}
		}
		return true
	}
}

// Fetch asks Flux to look for commits now, as a Receiver does that a webhook of git calls.
func (f *Fleet) Fetch(ctx context.Context) error { return fetch(ctx, f.api, f.Name) }

func fetch(ctx context.Context, api client.Client, name string) error {
	source := object(sourceVersion, "GitRepository", Namespace, name)
	patch := fmt.Sprintf(`{"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":%q}}}`, time.Now().Format(time.RFC3339Nano))
	return api.Patch(ctx, &source, client.RawPatch(types.MergePatchType, []byte(patch)))
}

// gitRepository returns the source that a fleet follows. No interval is short: who is asked does not
// wait for one.
func gitRepository(name, url string) unstructured.Unstructured {
	source := object(sourceVersion, "GitRepository", Namespace, name)
	source.Object["spec"] = map[string]any{
		"url": url, "ref": map[string]any{"branch": peers.Branch}, "interval": "1h",
	}
	return source
}

// Objects returns the fleet's objects.
func (f *Fleet) Objects() []unstructured.Unstructured {
	objects := make([]unstructured.Unstructured, 0, 1+2*len(f.Environments))
	objects = append(objects, gitRepository(f.Name, f.repository.URL))
	for _, environment := range f.Environments {
		kustomization := object(kustomizeVersion, "Kustomization", Namespace, environment)
		kustomization.Object["spec"] = map[string]any{
			"sourceRef":       map[string]any{"kind": "GitRepository", "name": f.Name},
			"path":            "./" + environment,
			"targetNamespace": environment,
			"prune":           true,
			"wait":            true,
			"interval":        "1h",
			"retryInterval":   "2s",
			"timeout":         "1m",
		}
		objects = append(objects, object("v1", "Namespace", "", environment), kustomization)
	}
	return objects
}
