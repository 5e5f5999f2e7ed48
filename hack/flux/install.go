package flux

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const rbac = "rbac.authorization.k8s.io"

// install applies Flux's own definitions, and a service account for each of its controllers with
// the rights that are in the controller's sources.
func (f *Flux) install(ctx context.Context) error {
	const system = "flux"
	if err := f.plane.InstallCRDs(ctx, system); err != nil {
		return err
	}
	files, err := cluster.CRDFiles(ctx, system)
	if err != nil {
		return err
	}
	sources := map[string]string{}
	for _, file := range files {
		folder := filepath.Join(filepath.Dir(file), "..", "..", "..")
		module, _, _ := strings.Cut(filepath.Base(folder), "@")
		sources[module] = folder
	}
	objects := []unstructured.Unstructured{object("v1", "Namespace", "", Namespace)}
	for _, controller := range []string{sourceController, kustomizeController, helmController} {
		role, err := readRole(sources[controller])
		if err != nil {
			return fmt.Errorf("the rights of %s: %w", controller, err)
		}
		role.SetName(controller)
		objects = append(objects, object("v1", "ServiceAccount", Namespace, controller), role, binding(controller, controller, controller))
	}
	// What they apply may be anything: see config/rbac in the sources.
	for _, controller := range []string{kustomizeController, helmController} {
		objects = append(objects, binding(controller+"-applies", "cluster-admin", controller))
	}
	return f.plane.Apply(ctx, objects...)
}

// readRole returns the cluster role that a controller's sources have.
func readRole(sources string) (unstructured.Unstructured, error) {
	roles, err := cluster.ReadManifests(filepath.Join(sources, "config", "rbac", "role.yaml"))
	if err != nil {
		return unstructured.Unstructured{}, err
	}
	if len(roles) != 1 || roles[0].GetKind() != "ClusterRole" {
		return unstructured.Unstructured{}, fmt.Errorf("%s has something else than one ClusterRole", sources)
	}
	return roles[0], nil
}

// binding gives a cluster role to a service account.
func binding(name, role, account string) unstructured.Unstructured {
	b := object(rbac+"/v1", "ClusterRoleBinding", "", name)
	b.Object["roleRef"] = map[string]any{"apiGroup": rbac, "kind": "ClusterRole", "name": role}
	b.Object["subjects"] = []any{map[string]any{"kind": "ServiceAccount", "namespace": Namespace, "name": account}}
	return b
}

func object(version, kind, namespace, name string) unstructured.Unstructured {
	o := unstructured.Unstructured{Object: map[string]any{"apiVersion": version, "kind": kind}}
	o.SetNamespace(namespace)
	o.SetName(name)
	return o
}
