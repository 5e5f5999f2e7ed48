package argocd

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/hack/peers"
)

// Fleet is an ApplicationSet and the repository from which its Applications are deployed: each is
// one environment with one Deployment, in a namespace of its name.
type Fleet struct {
	Name         string
	Environments []string
	// Dev is how many of them, the first ones, have the label env: dev; the others have env: production.
	Dev int
	// Change makes the ApplicationSet another than it would be; nil for none.
	Change func(set map[string]any)

	api        client.Client
	repository *peers.Repository
}

// NewFleet returns a fleet of so many environments, of which nothing exists yet.
func NewFleet(api client.Client, repository *peers.Repository, name string, environments int) *Fleet {
	f := &Fleet{Name: name, api: api, repository: repository}
	for i := range environments {
		f.Environments = append(f.Environments, fmt.Sprintf("%s-%02d", name, i+1))
	}
	return f
}

// Release commits a version of what some environments deploy, or all when none is named, and
// returns the revision.
func (f *Fleet) Release(ctx context.Context, version string, environments ...string) (revision string, err error) {
	if len(environments) == 0 {
		environments = f.Environments
	}
	return f.repository.Commit(ctx, "Release "+version, manifests(version, environments))
}

// Together commits a version of what all environments of several fleets of one repository deploy, and more
// files, and returns the revision.
func Together(ctx context.Context, version string, more map[string]string, fleets ...*Fleet) (revision string, err error) {
	files := map[string]string{}
	maps.Copy(files, more)
	for _, each := range fleets {
		maps.Copy(files, manifests(version, each.Environments))
	}
	return fleets[0].repository.Commit(ctx, "Release "+version, files)
}

// manifests are the files of environments at a version.
func manifests(version string, environments []string) map[string]string {
	files := map[string]string{}
	for _, environment := range environments {
		files[environment+"/deployment.yaml"] = peers.Deployment(version)
	}
	return files
}

// At says whether all environments are synced and healthy at a revision and none is in flight.
func (f *Fleet) At(revision string) func(Record) bool {
	return func(r Record) bool {
		for _, environment := range f.Environments {
			if !r.Environments[environment].At(revision) || r.InFlight[environment] {
				return false
			}
		}
		return true
	}
}

// Nudge asks Argo CD to compare environments with git now.
func (f *Fleet) Nudge(ctx context.Context, environments ...string) error {
	for _, environment := range environments {
		if err := f.patch(ctx, environment, `{"metadata":{"annotations":{"argocd.argoproj.io/refresh":"normal"}}}`); err != nil {
			return err
		}
	}
	return nil
}

// Sync starts the sync of an environment as a user does.
func (f *Fleet) Sync(ctx context.Context, environment string, options ...client.PatchOption) error {
	return f.patch(ctx, environment, `{"operation":{"initiatedBy":{"username":"admin"},"sync":{"syncStrategy":{"hook":{}}}}}`, options...)
}

func (f *Fleet) patch(ctx context.Context, environment, patch string, options ...client.PatchOption) error {
	return f.api.Patch(ctx, object("Application", environment, nil), client.RawPatch(types.MergePatchType, []byte(patch)), options...)
}

// Remove deletes the ApplicationSet and its Applications, which nobody collects here, and leaves
// what they deployed.
func (f *Fleet) Remove(ctx context.Context) error {
	failures := make([]error, 0, 1+len(f.Environments))
	failures = append(failures, f.api.Delete(ctx, object("ApplicationSet", f.Name, nil)))
	for _, environment := range f.Environments {
		failures = append(failures, client.IgnoreNotFound(f.api.Delete(ctx, object("Application", environment, nil))))
	}
	return errors.Join(failures...)
}

// ApplicationSet returns the fleet's ApplicationSet.
func (f *Fleet) ApplicationSet() *unstructured.Unstructured {
	elements := make([]any, len(f.Environments))
	for i, environment := range f.Environments {
		elements[i] = map[string]any{"name": environment, "env": "production"}
		if i < f.Dev {
			elements[i] = map[string]any{"name": environment, "env": "dev"}
		}
	}
	set := object("ApplicationSet", f.Name, map[string]any{
		"goTemplate":        true,
		"goTemplateOptions": []any{"missingkey=error"},
		"generators":        []any{map[string]any{"list": map[string]any{"elements": elements}}},
		"template": map[string]any{
			"metadata": map[string]any{"name": "{{.name}}", "labels": map[string]any{"env": "{{.env}}"}},
			"spec":     f.spec("{{.name}}", "{{.name}}"),
		},
	})
	set.SetLabels(map[string]string{"fleet": f.Name})
	if f.Change != nil {
		f.Change(set.Object)
	}
	return set
}

// spec is that of an Application that deploys a path of the repository to a namespace.
func (f *Fleet) spec(path, namespace string) map[string]any {
	return map[string]any{
		"project":     "default",
		"source":      map[string]any{"repoURL": f.repository.URL, "targetRevision": peers.Branch, "path": path},
		"destination": map[string]any{"server": "https://kubernetes.default.svc", "namespace": namespace},
		"syncPolicy": map[string]any{
			"automated":   map[string]any{"selfHeal": true},
			"syncOptions": []any{"CreateNamespace=true"},
		},
	}
}

func object(kind, name string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": kind,
		"metadata": map[string]any{"name": name, "namespace": cluster.ArgoCDNamespace},
		"spec":     spec,
	}}
}
