package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Probability is a decimal from 0 to 1 with at most nine places, such as "0.2".
//
// It is a string because a float cannot hold most decimals exactly and a limit is
// compared exactly.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=11
// +kubebuilder:validation:Pattern=`^(0(\.[0-9]{1,9})?|1(\.0{1,9})?)$`
type Probability string

// WaveReading says how many environments of a paced rollout count as one wave.
//
// +kubebuilder:validation:Enum=InFlight;Gated
type WaveReading string

const (
	// WavesInFlight counts the environments that the rollout system lets be in flight
	// together, such as maxUpdate of an ApplicationSet's step.
	WavesInFlight WaveReading = "InFlight"
	// WavesGated counts all environments up to the next gate that a failure would close,
	// such as a whole step: a sliding window goes on past a single failure.
	WavesGated WaveReading = "Gated"
)

// RemovalReading says whether environments that a write tears down are counted.
//
// +kubebuilder:validation:Enum=Count;Ignore
type RemovalReading string

const (
	// RemovalsCount counts the teardown of an environment like any other change of it.
	RemovalsCount RemovalReading = "Count"
	// RemovalsIgnore leaves environments that are torn down out of n.
	RemovalsIgnore RemovalReading = "Ignore"
)

// UnresolvedAction says what happens to a write whose environments cannot be counted.
//
// +kubebuilder:validation:Enum=Deny;Warn;Allow
type UnresolvedAction string

const (
	// UnresolvedDeny denies the write.
	UnresolvedDeny UnresolvedAction = "Deny"
	// UnresolvedWarn admits the write with a warning to its author.
	UnresolvedWarn UnresolvedAction = "Warn"
	// UnresolvedAllow admits the write.
	UnresolvedAllow UnresolvedAction = "Allow"
)

// ClaimReading says whether what the author of a rollout claims is believed.
//
// +kubebuilder:validation:Enum=Accept;Ignore
type ClaimReading string

const (
	// ClaimsAccept believes the author.
	ClaimsAccept ClaimReading = "Accept"
	// ClaimsIgnore judges as if nothing were claimed.
	ClaimsIgnore ClaimReading = "Ignore"
)

// ValidationAction says what is done about a wave above its limit. The values mean what
// they mean in a ValidatingAdmissionPolicyBinding.
//
// +kubebuilder:validation:Enum=Deny;Warn;Audit
type ValidationAction string

const (
	// ActionDeny denies the write.
	ActionDeny ValidationAction = "Deny"
	// ActionWarn admits the write with a warning to its author.
	ActionWarn ValidationAction = "Warn"
	// ActionAudit admits the write; only the API server's audit log and Seawall's records
	// tell of it.
	ActionAudit ValidationAction = "Audit"
)

// Operation is a kind of write.
//
// +kubebuilder:validation:Enum=Create;Update;Delete
type Operation string

const (
	// OperationCreate is the creation of a rollout: every environment of it is affected.
	OperationCreate Operation = "Create"
	// OperationUpdate is any later write of a rollout's metadata or spec.
	OperationUpdate Operation = "Update"
	// OperationDelete is the deletion of a rollout: it tears down every environment.
	OperationDelete Operation = "Delete"
)

// SuccessRate says how the sync success rate of a rollout is found.
//
// +kubebuilder:validation:XValidation:rule="!has(self.max) || !has(self.default) || double(self.default) <= double(self.max)",message="default must not be above max"
type SuccessRate struct {
	// default is the rate of a rollout without the annotation
	// seawall.dev/sync-success-rate. When it is not set, a rollout that lacks the
	// annotation is denied.
	// +optional
	Default Probability `json:"default,omitempty"`

	// max caps the rate: a higher one is judged at the cap, and a claim with a warning to its
	// author. When it is not set, the cap is 0.999: more is not to be measured in fewer than some
	// thousand syncs.
	// +optional
	Max Probability `json:"max,omitempty"`

	// claims says whether the annotation seawall.dev/sync-success-rate of a rollout is believed
	// (Accept), or judged by default instead (Ignore). Rates annotated on objects of the inventory,
	// which the authors of rollouts do not write, count either way.
	// +optional
	// +kubebuilder:default=Accept
	Claims ClaimReading `json:"claims,omitempty"`
}

// WavePolicySpec says how large the waves of which rollouts may be.
type WavePolicySpec struct {
	// match selects the writes that the policy judges; all creations and updates of
	// rollouts when it is not set.
	// +optional
	Match *WavePolicyMatch `json:"match,omitempty"`

	// matchConditions are expressions that must all hold, as those of a
	// ValidatingAdmissionPolicy. They are looked at last.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	MatchConditions []MatchCondition `json:"matchConditions,omitempty"`

	// maxWaveFailureProbability is the largest allowed probability that more than
	// toleratedFailures environments of one wave fail. A wave exactly at the limit passes.
	// +required
	MaxWaveFailureProbability Probability `json:"maxWaveFailureProbability,omitempty"`

	// maxRolloutFailureProbability is the largest allowed probability that more than
	// toleratedFailures environments of the whole write fail, all its waves together. Not
	// limited when it is not set.
	// +optional
	MaxRolloutFailureProbability Probability `json:"maxRolloutFailureProbability,omitempty"`

	// toleratedFailures is the number of environments that may fail without counting: the
	// probability of more failures than this is judged.
	// +optional
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	ToleratedFailures *int32 `json:"toleratedFailures,omitempty"`

	// waves says what one wave is: the environments in flight together (InFlight), or all
	// up to the next gate (Gated).
	// +optional
	// +kubebuilder:default=InFlight
	Waves WaveReading `json:"waves,omitempty"`

	// successRate says how the sync success rate of a rollout is found.
	// +optional
	SuccessRate *SuccessRate `json:"successRate,omitempty"`

	// removals says whether environments that a write tears down count as affected.
	// +optional
	// +kubebuilder:default=Count
	Removals RemovalReading `json:"removals,omitempty"`

	// onUnresolved says what happens to a write whose environments cannot be counted and
	// for which the annotation seawall.dev/environments declares none. Those that could be counted
	// are judged first, as one wave: a write that they alone put over a limit is denied whatever
	// stands here.
	// +optional
	// +kubebuilder:default=Deny
	OnUnresolved UnresolvedAction `json:"onUnresolved,omitempty"`

	// declaredEnvironments says whether the number that the annotation seawall.dev/environments
	// declares stands in for what cannot be counted (Accept), or that counts as not declared
	// (Ignore).
	// +optional
	// +kubebuilder:default=Accept
	DeclaredEnvironments ClaimReading `json:"declaredEnvironments,omitempty"`

	// maxOverrideDurationSeconds is how long a WaveOverride that this policy accepts may
	// last, from its creation to its end. With 0 the policy accepts none.
	// +optional
	// +kubebuilder:default=86400
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2592000
	MaxOverrideDurationSeconds *int32 `json:"maxOverrideDurationSeconds,omitempty"`

	// validationActions say what is done about a violation of this policy. Deny and Warn
	// exclude each other.
	//
	// The list is atomic: as a set, server-side apply would merge it with the default.
	// +optional
	// +listType=atomic
	// +kubebuilder:default={Deny}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	// +kubebuilder:validation:XValidation:rule="!('Deny' in self && 'Warn' in self)",message="Deny and Warn exclude each other"
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, x == y))",message="an action may be listed once"
	ValidationActions []ValidationAction `json:"validationActions,omitempty"`
}

// WavePolicy limits how likely one wave of a rollout may be to break something. Every
// policy that selects a write must be satisfied by it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=wpol,categories=seawall
// +kubebuilder:printcolumn:name="Max wave",type=string,JSONPath=`.spec.maxWaveFailureProbability`,description="Largest allowed failure probability of a wave"
// +kubebuilder:printcolumn:name="Actions",type=string,JSONPath=`.spec.validationActions`,description="What is done about a violation"
// +kubebuilder:printcolumn:name="Default rate",type=string,JSONPath=`.spec.successRate.default`,description="Sync success rate of rollouts without the annotation",priority=1
// +kubebuilder:printcolumn:name="Accepted",type=string,JSONPath=`.status.conditions[?(@.type=="Accepted")].status`,description="Whether the policy is in force"
// +kubebuilder:printcolumn:name="Rollouts",type=integer,JSONPath=`.status.rollouts.matched`,description="Existing rollouts that the policy matches"
// +kubebuilder:printcolumn:name="Over limit",type=integer,JSONPath=`.status.rollouts.overLimit`,description="Those of them that are over a limit now"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type WavePolicy struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard metadata of an object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty,omitzero"`

	// spec says how large the waves of which rollouts may be.
	// +required
	Spec WavePolicySpec `json:"spec,omitzero"`

	// status says whether the policy is in force.
	// +optional
	Status WavePolicyStatus `json:"status,omitzero"`
}

// WavePolicyList is a list of WavePolicy.
//
// +kubebuilder:object:root=true
type WavePolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []WavePolicy `json:"items"`
}
