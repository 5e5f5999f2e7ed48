package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// KindReference names a kind of rollout.
type KindReference struct {
	// group is the API group of the kind, such as "argoproj.io".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Group string `json:"group,omitempty"`

	// kind is the name of the kind, such as "ApplicationSet".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Z][A-Za-z0-9]*$`
	Kind string `json:"kind,omitempty"`
}

// MatchCondition is a CEL expression that decides whether a policy judges a write.
type MatchCondition struct {
	// name identifies the condition in messages.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`

	// expression yields true for the writes that the policy judges. It has the variables object,
	// the rollout as it would be stored (null on Delete); oldObject, as it is stored (null on
	// Create); and request, with operation, namespace, name, dryRun, kind.{group, kind} and
	// userInfo.{username, groups} as in an AdmissionReview. What fails counts as true, and so does,
	// for rollouts that exist and for nobody's write, what asks for userInfo.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	Expression string `json:"expression,omitempty"`
}

// WavePolicyMatch selects the writes that a policy judges. A write is selected when every
// field that is set selects it.
type WavePolicyMatch struct {
	// kinds are the kinds of rollout that the policy judges. Default: all kinds. A kind that
	// Seawall does not know makes the policy not accepted.
	// +optional
	// +listType=map
	// +listMapKey=group
	// +listMapKey=kind
	// +kubebuilder:validation:MaxItems=64
	Kinds []KindReference `json:"kinds,omitempty"`

	// excludeKinds are kinds of rollout that the policy does not judge, whatever else selects them.
	// +optional
	// +listType=map
	// +listMapKey=group
	// +listMapKey=kind
	// +kubebuilder:validation:MaxItems=64
	ExcludeKinds []KindReference `json:"excludeKinds,omitempty"`

	// operations are the kinds of write that the policy judges. A deletion in a namespace
	// that is itself being deleted is never judged, nor one by the garbage collector. Default:
	// [Create, Update].
	//
	// The list is atomic: as a set, server-side apply would merge it with the default.
	// +optional
	// +listType=atomic
	// +kubebuilder:default={Create,Update}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, x == y))",message="an operation may be listed once"
	Operations []Operation `json:"operations,omitempty"`

	// namespaceSelector selects rollouts by the labels of their namespace. A rollout that
	// is cluster-scoped is always selected. All namespaces are selected when it is not set.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`

	// objectSelector selects rollouts by their own labels. It judges the object as it will
	// be stored and, on an update, as it was: a label cannot be taken off to escape. All
	// rollouts are selected when it is not set.
	// +optional
	ObjectSelector *metav1.LabelSelector `json:"objectSelector,omitempty"`
}
