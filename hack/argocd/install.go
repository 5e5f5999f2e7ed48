package argocd

import (
	"context"
	"fmt"
	"os"
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
	sources := filepath.Join(filepath.Dir(files[0]), "..", "..")
	if err := a.installVerifier(sources); err != nil {
		return err
	}
	objects, err := cluster.ReadManifests(filepath.Join(sources, "manifests", "install.yaml"))
	if err != nil {
		return fmt.Errorf("the installation of Argo CD: %w", err)
	}
	kept := make([]unstructured.Unstructured, 0, len(objects))
	for _, object := range objects {
		namespaced, isKept := installedKinds()[object.GetKind()]
		if namespaced {
			object.SetNamespace(cluster.ArgoCDNamespace) // which the manifest leaves to kubectl
		}
		if isKept {
			kept = append(kept, object)
		}
	}
	return a.plane.Apply(ctx, append(kept, serverKey(), defaultProject(), parameters())...)
}

// installedKinds says of each kind that is installed whether its objects have a namespace.
func installedKinds() map[string]bool {
	return map[string]bool{
		"ClusterRole": false, "ClusterRoleBinding": false,
		"ServiceAccount": true, "Role": true, "RoleBinding": true, "ConfigMap": true, "Secret": true,
	}
}

// installVerifier puts the script where the repo-server finds it without which it reads no commit,
// signed or not.
func (a *ArgoCD) installVerifier(sources string) error {
	const name = "git-verify-wrapper.sh"
	script, err := os.ReadFile(filepath.Join(sources, "hack", name))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(a.dir, name), script, 0o700) //nolint:gosec // it is to be run
}

// serverKey is what argocd-server adds to its Secret when it starts: settings without a key count
// as broken. Nothing is signed here.
func serverKey() unstructured.Unstructured {
	return unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret",
		"metadata":   map[string]any{"name": "argocd-secret", "namespace": cluster.ArgoCDNamespace},
		"stringData": map[string]any{"server.secretkey": "nothing is signed with it"},
	}}
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

// parameters say that RollingSyncs are paced, as the programs are told by their flags.
func parameters() unstructured.Unstructured {
	return unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{"name": "argocd-cmd-params-cm", "namespace": cluster.ArgoCDNamespace},
		"data":     map[string]any{"applicationsetcontroller.enable.progressive.syncs": "true"},
	}}
}
