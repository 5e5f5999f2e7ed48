package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// OverrideUses says how often an override may be used.
//
// +kubebuilder:validation:Enum=Unlimited;Once
type OverrideUses string

const (
	// UsesUnlimited lets any number of writes pass until the override ends.
	UsesUnlimited OverrideUses = "Unlimited"
	// UsesOnce lets one write pass.
	UsesOnce OverrideUses = "Once"
)

// Condition types and reasons of a WaveOverride.
const (
	// ConditionActive tells whether writes may use the override.
	ConditionActive = "Active"
	// ReasonInForce is the reason of a true condition Active.
	ReasonInForce = "InForce"
	// ReasonExpired says that the override has ended.
	ReasonExpired = "Expired"
	// ReasonUsed says that the override was for one write, which has used it.
	ReasonUsed = "Used"
)

// RolloutReference names one rollout. A rollout in a namespace is that of the object which
// refers to it.
type RolloutReference struct {
	// group is the API group of the rollout, such as "argoproj.io".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Group string `json:"group,omitempty"`

	// kind is the kind of the rollout, such as "ApplicationSet".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Z][A-Za-z0-9]*$`
	Kind string `json:"kind,omitempty"`

	// name is the name of the rollout; none has to exist yet.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name,omitempty"`
}

// WaveOverrideSpec says which rollout may do what, why and until when.
//
// +kubebuilder:validation:XValidation:rule="has(self.expiresAt) != has(self.durationSeconds)",message="exactly one of expiresAt and durationSeconds must be set"
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="an override cannot be changed: create another one"
type WaveOverrideSpec struct {
	// rollout is the one whose writes may pass: one in the namespace of the override, or,
	// when the override is in the namespace that Seawall runs in, one that is
	// cluster-scoped.
	// +required
	Rollout RolloutReference `json:"rollout,omitzero"`

	// maxFailureProbability is the probability of failure that is permitted in the place of
	// a policy's limits, for one wave as well as for the whole rollout: a decimal from 0 to 1 in
	// quotes, such as "0.4" for 40%. An override that permits "1" also lets a rollout pass whose
	// environments or success rate are not known.
	// +required
	MaxFailureProbability Probability `json:"maxFailureProbability,omitempty"`

	// reason says why, in one line of at most 512 characters. It is shown to the writer, and is on
	// the record of every use.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$`
	Reason string `json:"reason,omitempty"`

	// expiresAt is when the override ends, such as 2026-12-24T18:00:00Z. A policy does not accept one that lasts for
	// longer, from its creation, than the policy's maxOverrideDurationSeconds. Exactly one of
	// expiresAt and durationSeconds is set.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// durationSeconds is how long the override lasts from its creation: at most 2592000, thirty days.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2592000
	DurationSeconds int32 `json:"durationSeconds,omitempty"`

	// uses says whether any number of writes may pass, or one. Default: Unlimited.
	// +optional
	// +kubebuilder:default=Unlimited
	Uses OverrideUses `json:"uses,omitempty"`
}

// WaveOverrideStatus says how an override was used. Seawall alone writes it.
//
// +kubebuilder:validation:MinProperties=1
type WaveOverrideStatus struct {
	// conditions tell whether the override is in force (Active).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// expiresAt is when the override ends, as its spec says.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// createdBy is the name of the user who created the override, cut off at its greatest length. It
	// is not set where Seawall was not asked about the creation: then only the API server's audit log
	// knows.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	CreatedBy string `json:"createdBy,omitempty"`

	// timesUsed counts the writes that the override let pass.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TimesUsed *int64 `json:"timesUsed,omitempty"`

	// lastUsedTime is when it did so last.
	// +optional
	LastUsedTime *metav1.Time `json:"lastUsedTime,omitempty"`

	// lastUsedBy is the name of the user who wrote then, cut off at its greatest length.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	LastUsedBy string `json:"lastUsedBy,omitempty"`

	// lastWrite identifies the write that used up an override for one, so that it is not
	// taken for another when the API server asks about it again. It is empty once that write
	// is known to be stored.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	LastWrite string `json:"lastWrite,omitempty"`

	// reservation is the use of an override for one by a write of which it is not known yet
	// whether it is stored. It becomes a use when the write is seen to be stored, and is taken
	// back otherwise.
	// +optional
	Reservation OverrideReservation `json:"reservation,omitzero"`
}

// OverrideReservation says for which write an override is reserved, and how that is recognised.
type OverrideReservation struct {
	// time is when the API server asked about the write.
	// +required
	Time *metav1.Time `json:"time,omitempty"`

	// by is the name of the user who writes, cut off at its greatest length.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	By string `json:"by,omitempty"`

	// write identifies the write, as lastWrite does.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Write string `json:"write,omitempty"`

	// version is the version of the API in which the rollout is written, such as "v1alpha1".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version,omitempty"`

	// resourceVersion is that of the API server before the write.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ResourceVersion string `json:"resourceVersion,omitempty"`

	// outcome identifies what is stored once the write is.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Outcome string `json:"outcome,omitempty"`
}

// WaveOverride lets a rollout exceed the limits of the policies that judge it, for a time and
// for a reason.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=wover,categories=seawall
// +kubebuilder:printcolumn:name="Kind",type=string,JSONPath=`.spec.rollout.kind`,description="Kind of the rollout"
// +kubebuilder:printcolumn:name="Rollout",type=string,JSONPath=`.spec.rollout.name`,description="Name of the rollout"
// +kubebuilder:printcolumn:name="Permits",type=string,JSONPath=`.spec.maxFailureProbability`,description="Permitted probability of failure"
// +kubebuilder:printcolumn:name="Expires",type=string,JSONPath=`.status.expiresAt`,description="When the override ends"
// +kubebuilder:printcolumn:name="Active",type=string,JSONPath=`.status.conditions[?(@.type=="Active")].status`,description="Whether the override is in force"
// +kubebuilder:printcolumn:name="Created by",type=string,JSONPath=`.status.createdBy`,description="Who created it",priority=1
// +kubebuilder:printcolumn:name="Uses",type=string,JSONPath=`.spec.uses`,description="How often it may be used"
// +kubebuilder:printcolumn:name="Used",type=integer,JSONPath=`.status.timesUsed`,description="How often it was used"
// +kubebuilder:printcolumn:name="Reserved",type=date,JSONPath=`.status.reservation.time`,description="Since when it is reserved for a write that may yet be stored",priority=1
// +kubebuilder:printcolumn:name="Last used by",type=string,JSONPath=`.status.lastUsedBy`,description="Who used it last",priority=1
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.spec.reason`,description="Why the rollout may exceed the limit",priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type WaveOverride struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard metadata of an object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty,omitzero"`

	// spec says which rollout may do what, why and until when.
	// +required
	Spec WaveOverrideSpec `json:"spec,omitzero"`

	// status says how the override was used.
	// +optional
	Status WaveOverrideStatus `json:"status,omitzero"`
}

// WaveOverrideList is a list of WaveOverride.
//
// +kubebuilder:object:root=true
type WaveOverrideList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []WaveOverride `json:"items"`
}

// End returns when the override ends; the zero time where neither field says so, and before it is
// created one that lasts for a time.
func (o *WaveOverride) End() time.Time {
	switch {
	case o.Spec.ExpiresAt != nil:
		return o.Spec.ExpiresAt.Time
	case o.Spec.DurationSeconds > 0 && !o.CreationTimestamp.IsZero():
		return o.CreationTimestamp.Add(time.Duration(o.Spec.DurationSeconds) * time.Second)
	default:
		return time.Time{}
	}
}
