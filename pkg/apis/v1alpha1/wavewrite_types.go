package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// WaveSubject says what a Wave keeps account of.
//
// +kubebuilder:validation:Enum=Starts;Writes
type WaveSubject string

const (
	// WaveOfStarts is the account of a syncGate.
	WaveOfStarts WaveSubject = "Starts"
	// WaveOfWrites is the account of a writeWindow.
	WaveOfWrites WaveSubject = "Writes"
)

// WaveRate is a number of environments that are judged at one rate.
type WaveRate struct {
	// successRate is the chance that the sync of one of them succeeds.
	// +required
	SuccessRate Probability `json:"successRate,omitempty"`

	// environments is how many there are.
	// +required
	// +kubebuilder:validation:Minimum=1
	Environments int32 `json:"environments,omitempty"`
}

// WaveWrite is a write of a rollout that was admitted.
type WaveWrite struct {
	// group is the API group of the rollout.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Group string `json:"group,omitempty"`

	// kind is that of the rollout.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Kind string `json:"kind,omitempty"`

	// namespace is that of the rollout; empty for one of the whole cluster.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// name is that of the rollout.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// uid is that of the rollout.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid,omitempty"`

	// resourceVersion is that of the rollout before the write; empty for a creation.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ResourceVersion string `json:"resourceVersion,omitempty"`

	// content tells creations of the same name apart that are not alike.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Content string `json:"content,omitempty"`

	// generation is that of the rollout after the write; none for a deletion.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Generation int64 `json:"generation,omitempty"`

	// wave are the environments of its greatest wave, those of one rate together.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Wave []WaveRate `json:"wave,omitempty"`

	// environments is how many the rollout has after the write; none where that is not known.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Environments int32 `json:"environments,omitempty"`

	// tornDown is how many of them the write tears down.
	// +optional
	// +kubebuilder:validation:Minimum=1
	TornDown int32 `json:"tornDown,omitempty"`

	// by is the name of the user who wrote, cut off at its greatest length.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	By string `json:"by,omitempty"`

	// since is when it was admitted.
	// +required
	Since *metav1.MicroTime `json:"since,omitempty"`
}
