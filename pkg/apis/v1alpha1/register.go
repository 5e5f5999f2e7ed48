package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of every type in this package.
const GroupName = "seawall.dev"

// GroupVersion returns the group and version of the types in this package.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}
}

// AddToScheme makes the types of this package known to a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion(),
		&WavePolicy{}, &WavePolicyList{}, &WaveOverride{}, &WaveOverrideList{}, &RolloutKind{}, &RolloutKindList{},
		&Wave{}, &WaveList{})
	metav1.AddToGroupVersion(scheme, GroupVersion())
	return nil
}
