package flux

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/peers"
)

const helmVersion = "helm.toolkit.fluxcd.io/v2"

// HelmFleet is a chart in a GitRepository and the HelmReleases of it: each is one environment with
// one Deployment, in a namespace of its name.
type HelmFleet struct {
	Name         string
	Environments []string

	api        client.Client
	repository *peers.Repository
}

// NewHelmFleet returns a fleet of so many environments, of which nothing exists yet.
func NewHelmFleet(api client.Client, repository *peers.Repository, name string, environments int) *HelmFleet {
	return &HelmFleet{Name: name, Environments: numbered(name, environments), api: api, repository: repository}
}

// Release commits a version of the chart, to which all environments move.
func (f *HelmFleet) Release(ctx context.Context, version string) error {
	_, err := f.repository.Commit(ctx, "Release "+version, map[string]string{
		f.Name + "/Chart.yaml":                "apiVersion: v2\nname: " + f.Name + "\nversion: " + version + "\n",
		f.Name + "/values.yaml":               "environment: none\n",
		f.Name + "/templates/deployment.yaml": peers.Deployment(version),
		f.Name + "/templates/environment.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: environment}\n" +
			"data: {name: {{ .Values.environment | quote }}}\n",
	})
	return err
}

// At says whether all environments are done with a version and none is in flight.
func (f *HelmFleet) At(version string) func(peers.Record[HelmRelease]) bool {
	return settled(f.Environments, func(h HelmRelease) bool { return h.At(version) })
}

// Fetch asks Flux to look for commits now.
func (f *HelmFleet) Fetch(ctx context.Context) error { return fetch(ctx, f.api, f.Name) }

// Objects returns the fleet's objects. What has failed is tried again, as no HelmRelease does that is
// not told to.
func (f *HelmFleet) Objects() []unstructured.Unstructured {
	objects := make([]unstructured.Unstructured, 0, 1+2*len(f.Environments))
	objects = append(objects, gitRepository(f.Name, f.repository.URL))
	again := map[string]any{"strategy": map[string]any{"name": "RetryOnFailure", "retryInterval": "1s"}}
	for _, environment := range f.Environments {
		release := object(helmVersion, "HelmRelease", Namespace, environment)
		release.Object["spec"] = map[string]any{
			"chart": map[string]any{"spec": map[string]any{
				"chart":     "./" + f.Name,
				"interval":  "1h",
				"sourceRef": map[string]any{"kind": "GitRepository", "name": f.Name},
			}},
			"releaseName":     environment,
			"targetNamespace": environment,
			"values":          map[string]any{"environment": environment},
			"interval":        "1h",
			"timeout":         "1m",
			"install":         again,
			"upgrade":         again,
		}
		objects = append(objects, object("v1", "Namespace", "", environment), release)
	}
	return objects
}
