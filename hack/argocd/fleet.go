package argocd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// Fleet is an ApplicationSet and the repository from which its Applications are deployed: each is
// one environment with one Deployment, in a namespace of its name.
type Fleet struct {
	Name         string
	Environments []string

	api        client.Client
	repository *Repository
}

// NewFleet returns a fleet of so many environments, of which nothing exists yet.
func NewFleet(api client.Client, repository *Repository, name string, environments int) *Fleet {
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
	files := map[string]string{}
	for _, environment := range environments {
		files[environment+"/deployment.yaml"] = strings.ReplaceAll(deployment, "VERSION", version)
	}
	return f.repository.Commit(ctx, "Release "+version, files)
}

// At says whether all environments are synced and healthy at a revision and none is in flight.
func (f *Fleet) At(revision string) func(Record) bool {
	return func(r Record) bool {
		for _, environment := range f.Environments {
			if !r.Applications[environment].At(revision) || r.InFlight[environment] {
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
		elements[i] = map[string]any{"name": environment}
	}
	return object("ApplicationSet", f.Name, map[string]any{
		"goTemplate":        true,
		"goTemplateOptions": []any{"missingkey=error"},
		"generators":        []any{map[string]any{"list": map[string]any{"elements": elements}}},
		"template": map[string]any{
			"metadata": map[string]any{"name": "{{.name}}"},
			"spec": map[string]any{
				"project":     "default",
				"source":      map[string]any{"repoURL": f.repository.URL, "targetRevision": branch, "path": "{{.name}}"},
				"destination": map[string]any{"server": "https://kubernetes.default.svc", "namespace": "{{.name}}"},
				"syncPolicy": map[string]any{
					"automated":   map[string]any{"selfHeal": true},
					"syncOptions": []any{"CreateNamespace=true"},
				},
			},
		},
	})
}

func object(kind, name string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": kind,
		"metadata": map[string]any{"name": name, "namespace": cluster.ArgoCDNamespace},
		"spec":     spec,
	}}
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: service}
spec:
  replicas: 2
  selector: {matchLabels: {app: service}}
  template:
    metadata: {labels: {app: service}}
    spec:
      containers: [{name: service, image: "registry.example.com/service:VERSION"}]
`
