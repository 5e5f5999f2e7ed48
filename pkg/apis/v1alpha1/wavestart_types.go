package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// StartClass is what kind of start it is.
//
// +kubebuilder:validation:Enum=Ordinary;Repair;Paced;Rollback;Promoted
type StartClass string

const (
	// StartOrdinary rolls out something, whoever began it.
	StartOrdinary StartClass = "Ordinary"
	// StartRepair mends a drift.
	StartRepair StartClass = "Repair"
	// StartPaced is one that a rollout's own pacing has begun.
	StartPaced StartClass = "Paced"
	// StartRollback goes back to what the environment has been at before.
	StartRollback StartClass = "Rollback"
	// StartPromoted is one of those that a Promotion begins, which are judged together.
	StartPromoted StartClass = "Promoted"
)

// HealthBefore is how an environment was before its start.
//
// +kubebuilder:validation:Enum=Healthy;Unhealthy
type HealthBefore string

const (
	// BeforeHealthy says that it was healthy.
	BeforeHealthy HealthBefore = "Healthy"
	// BeforeUnhealthy says that it was not, so that it need not be after the start.
	BeforeUnhealthy HealthBefore = "Unhealthy"
)

// StartExtent is how much of an environment a start is for.
//
// +kubebuilder:validation:Enum=Whole;Narrow
type StartExtent string

const (
	// ExtentWhole is all of it, at the revision that is rolled out.
	ExtentWhole StartExtent = "Whole"
	// ExtentNarrow is a part of it, or another revision: it is done when the operation has ended.
	ExtentNarrow StartExtent = "Narrow"
)

// WaveStart is one sync of an Application.
type WaveStart struct {
	// resourceVersion is that of the Application before the start; empty if it was created with it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ResourceVersion string `json:"resourceVersion,omitempty"`

	// previous tells the sync before this one from it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Previous string `json:"previous,omitempty"`

	// line is what revisions come from, such as a repository and a branch.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Line string `json:"line,omitempty"`

	// revision is what is rolled out.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Revision string `json:"revision,omitempty"`

	// class is what kind of start it is.
	// +required
	Class StartClass `json:"class,omitempty"`

	// before is how healthy the Application was then.
	// +required
	Before HealthBefore `json:"before,omitempty"`

	// extent is how much of the Application the start is for.
	// +required
	Extent StartExtent `json:"extent,omitempty"`

	// promotion is the namespace/name of the Promotion of which the start is a part.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	Promotion string `json:"promotion,omitempty"`

	// by is the name of the user who began it, cut off at its greatest length.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	By string `json:"by,omitempty"`

	// since is when it was admitted.
	// +required
	Since *metav1.MicroTime `json:"since,omitempty"`

	// successRate is the chance that it succeeds, as it was judged.
	// +required
	SuccessRate Probability `json:"successRate,omitempty"`
}

// WaveEntry is a start that is in flight.
type WaveEntry struct {
	WaveStart `json:",inline"`

	// kind is that of the environment: Application (of Argo CD), Kustomization or HelmRelease (of Flux).
	// +optional
	// +kubebuilder:default=Application
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Kind string `json:"kind,omitempty"`

	// uid is that of the environment.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid,omitempty"`

	// namespace is that of the environment.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// name is that of the environment.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// replaces is the start that the Application had in flight when this one came, if that may still be so:
	// because this one is not known to have begun, or is narrow.
	// +optional
	Replaces WaveStart `json:"replaces,omitzero"`
}
