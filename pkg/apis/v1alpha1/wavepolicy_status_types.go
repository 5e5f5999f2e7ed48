package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Condition types and reasons of a WavePolicy.
const (
	// ConditionAccepted tells whether Seawall can judge by the policy. While it is false,
	// every write that the policy may select is answered by its validationActions.
	ConditionAccepted = "Accepted"
	// ConditionGating tells whether starts are gated by the policy. Only one with a syncGate has it.
	ConditionGating = "Gating"
	// ReasonGating is the reason of a true condition Gating.
	ReasonGating = "Gating"
	// ReasonGateDisabled is the reason of a false one: Seawall runs without its sync gate.
	ReasonGateDisabled = "GateDisabled"
	// ConditionStartsWithinLimit tells whether the limit holds for a start that is alone. While it is false, such
	// a start passes all the same. Only a policy with a syncGate has it.
	ConditionStartsWithinLimit = "StartsWithinLimit"
	// ReasonWithinLimit is the reason of a true condition StartsWithinLimit, and ReasonOneOverLimit of a false one.
	ReasonWithinLimit  = "WithinLimit"
	ReasonOneOverLimit = "OneOverLimit"
	// ReasonAccepted is the reason of a true condition Accepted.
	ReasonAccepted = "Accepted"
	// ReasonInvalid says that a field of the policy cannot be understood.
	ReasonInvalid = "Invalid"
	// ReasonUnknownKind says that the policy names a kind that Seawall does not judge.
	ReasonUnknownKind = "UnknownKind"
)

// WavePolicyRollouts are numbers of existing rollouts, as the background re-count has found
// them. It asks whether a change of all environments of a rollout would satisfy the policy;
// rollouts that act once, such as a Kargo Promotion, are left out.
type WavePolicyRollouts struct {
	// matched is the number of rollouts whose updates the policy judges.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Matched *int32 `json:"matched,omitempty"`

	// overLimit is the number of those that are over a limit of the policy now and that no
	// override permits to be.
	// +optional
	// +kubebuilder:validation:Minimum=0
	OverLimit *int32 `json:"overLimit,omitempty"`

	// unresolved is the number of those that cannot be judged: their environments cannot be
	// counted, or their sync success rate is missing or malformed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Unresolved *int32 `json:"unresolved,omitempty"`

	// overridden is the number of those that an override permits to be over a limit, or not to be
	// judged, until it ends. All others are within the limits.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Overridden *int32 `json:"overridden,omitempty"`

	// observedTime is when these numbers were found or, if they stay, confirmed last.
	// +optional
	ObservedTime *metav1.Time `json:"observedTime,omitempty"`

	// failure says why the last round through the rollouts failed, so that the numbers are still
	// those of observedTime. It is not set when that round has seen all.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Failure string `json:"failure,omitempty"`
}

// WavePolicyStatus says whether a policy is in force, and what it makes of existing rollouts.
//
// +kubebuilder:validation:MinProperties=1
type WavePolicyStatus struct {
	// conditions hold the condition Accepted.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// selects says in a few words which writes the policy judges, for whoever lists policies.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Selects string `json:"selects,omitempty"`

	// actions says so of what is done about a violation.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Actions string `json:"actions,omitempty"`

	// rollouts are the existing rollouts that the policy matches; not set while the re-count
	// has not seen all, or is turned off.
	// +optional
	Rollouts *WavePolicyRollouts `json:"rollouts,omitempty"`
}
