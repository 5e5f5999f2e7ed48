package argocd

import (
	"context"
	"fmt"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// install applies Argo CD's own definitions, and of its own installation whatever is not a
// workload: accounts, rights and settings.
func (a *ArgoCD) install(ctx context.Context) error {
	const system = "argo-cd"
	if err := a.plane.InstallCRDs(ctx, system); err != nil {
		return err
	}
	files, err := cluster.CRDFiles(ctx, system)
	if err != nil {
		return err
	}
	objects, err := cluster.ReadManifests(filepath.Join(filepath.Dir(files[0]), "..", "install.yaml"))
	if err != nil {
		return fmt.Errorf("the installation of Argo CD: %w", err)
	}
	kept := []unstructured.Unstructured{defaultProject()}
	for _, object := range objects {
		namespaced, isKept := installedKinds()[object.GetKind()]
		if namespaced {
			object.SetNamespace(cluster.ArgoCDNamespace) // which the manifest leaves to kubectl
		}
		if isKept {
			kept = append(kept, object)
		}
	}
	return a.plane.Apply(ctx, kept...)
}

// installedKinds says of each kind that is installed whether its objects have a namespace.
func installedKinds() map[string]bool {
	return map[string]bool{
		"ClusterRole": false, "ClusterRoleBinding": false,
		"ServiceAccount": true, "Role": true, "RoleBinding": true, "ConfigMap": true, "Secret": true,
	}
}

// defaultProject is what argocd-server creates when it starts.
func defaultProject() unstructured.Unstructured {
	anything := []any{map[string]any{"group": "*", "kind": "*"}}
	return unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
		"metadata": map[string]any{"name": "default", "namespace": cluster.ArgoCDNamespace},
		"spec": map[string]any{
			"sourceRepos":              []any{"*"},
			"destinations":             []any{map[string]any{"server": "*", "namespace": "*"}},
			"clusterResourceWhitelist": anything,
		},
	}}
}
