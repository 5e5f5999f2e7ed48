// Package v1alpha1 holds the types of the API group seawall.dev.
//
// +kubebuilder:object:generate=true
// +groupName=seawall.dev
package v1alpha1
