package argocd

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// NewStatic returns an inventory of the clusters among the Secrets, which are taken for one
// Argo CD's whatever their namespace. It is synced from the start.
func NewStatic(progressive bool, secrets ...*corev1.Secret) *ArgoCD {
	mode := ProgressiveSyncsDisabled
	if progressive {
		mode = ProgressiveSyncsEnabled
	}
	objects := make([]*unstructured.Unstructured, len(secrets))
	for i, secret := range secrets {
		content, _ := runtime.DefaultUnstructuredConverter.ToUnstructured(secret) // converts every struct
		objects[i] = &unstructured.Unstructured{Object: content}
		objects[i].SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	}
	return New(inventory.NewStaticRegistry(inventory.Static{Objects: objects}), "", mode)
}
