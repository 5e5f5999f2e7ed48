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
// +kubebuilder:validation:XValidation:rule="self.matches('^(0([.][0-9]{1,9})?|1([.]0{1,9})?)$')",message="must be a decimal from 0 to 1 with at most nine places, in quotes and not a percentage: \"0.2\" is 20%"
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
// +kubebuilder:validation:XValidation:rule="!has(self.max) || !has(self.default) || ![self.default, self.max].all(x, x.matches('^[01]([.][0-9]+)?$')) || double(self.default) <= double(self.max)",message="default must not be above max"
type SuccessRate struct {
	// default is the rate of a rollout without the annotation
	// seawall.dev/sync-success-rate: a decimal from 0 to 1 in quotes, such as "0.99". When it is
	// not set, a rollout that lacks the annotation is denied.
	// +optional
	Default Probability `json:"default,omitempty"`

	// max caps the rate: a higher one is judged at the cap, and a claim with a warning to its
	// author. It is a decimal from 0 to 1 in quotes. Default: "0.999", because more is not to be
	// measured in fewer than some thousand syncs.
	// +optional
	Max Probability `json:"max,omitempty"`

	// claims says whether the annotation seawall.dev/sync-success-rate of a rollout is believed
	// (Accept), or judged by default instead (Ignore). Rates annotated on objects of the inventory,
	// which the authors of rollouts do not write, count either way. Default: Accept.
	// +optional
	// +kubebuilder:default=Accept
	Claims ClaimReading `json:"claims,omitempty"`
}

// WavePolicySpec says how large the waves of which rollouts may be.
//
// +kubebuilder:validation:XValidation:rule="!has(self.syncGate) || !has(self.matchConditions) || self.matchConditions.size() == 0",message="there must be none beside syncGate: they look at a write of a rollout, which the start of a sync is not",fieldPath=".matchConditions"
type WavePolicySpec struct {
	// match selects the writes that the policy judges. Default: all creations and updates of
	// rollouts.
	// +optional
	Match *WavePolicyMatch `json:"match,omitempty"`

	// matchConditions are expressions that must all hold, as those of a
	// ValidatingAdmissionPolicy. They are looked at last. A policy with syncGate has none.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	MatchConditions []MatchCondition `json:"matchConditions,omitempty"`

	// maxWaveFailureProbability is the largest allowed probability that more than
	// toleratedFailures environments of one wave fail: a decimal from 0 to 1 in quotes, such as
	// "0.2" for 20%. A wave exactly at the limit passes.
	// +required
	MaxWaveFailureProbability Probability `json:"maxWaveFailureProbability,omitempty"`

	// maxRolloutFailureProbability is the largest allowed probability that more than
	// toleratedFailures environments of the whole write fail, all its waves together: a decimal
	// from 0 to 1 in quotes. Default: no limit.
	// +optional
	MaxRolloutFailureProbability Probability `json:"maxRolloutFailureProbability,omitempty"`

	// toleratedFailures is the number of environments that may fail without counting: the
	// probability of more failures than this is judged. Default: 0; at most 100.
	// +optional
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	ToleratedFailures *int32 `json:"toleratedFailures,omitempty"`

	// waves says what one wave is: the environments in flight together (InFlight), or all
	// up to the next gate (Gated). Default: InFlight.
	// +optional
	// +kubebuilder:default=InFlight
	Waves WaveReading `json:"waves,omitempty"`

	// successRate says how the sync success rate of a rollout is found.
	// +optional
	SuccessRate *SuccessRate `json:"successRate,omitempty"`

	// removals says whether environments that a write tears down count as affected. Default:
	// Count.
	// +optional
	// +kubebuilder:default=Count
	Removals RemovalReading `json:"removals,omitempty"`

	// onUnresolved says what happens to a write whose environments cannot be counted and
	// for which the annotation seawall.dev/environments declares none. Those that could be counted
	// are judged first, as one wave: a write that they alone put over a limit is denied whatever
	// stands here. Default: Deny.
	// +optional
	// +kubebuilder:default=Deny
	OnUnresolved UnresolvedAction `json:"onUnresolved,omitempty"`

	// declaredEnvironments says whether the number that the annotation seawall.dev/environments
	// declares stands in for what cannot be counted (Accept), or that counts as not declared
	// (Ignore). Default: Accept.
	// +optional
	// +kubebuilder:default=Accept
	DeclaredEnvironments ClaimReading `json:"declaredEnvironments,omitempty"`

	// maxOverrideDurationSeconds is how long a WaveOverride that this policy accepts may
	// last, from its creation to its end. With 0 the policy accepts none. Default: 86400, a day;
	// at most 2592000, thirty days.
	// +optional
	// +kubebuilder:default=86400
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2592000
	MaxOverrideDurationSeconds *int32 `json:"maxOverrideDurationSeconds,omitempty"`

	// validationActions say what is done about a violation of this policy: Deny, Warn, Audit. Deny
	// and Warn exclude each other. Default: [Deny].
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

	// syncGate limits starts, too: syncs of Argo CD Applications that begin without any write of a
	// rollout, because git has moved, say. Each is admitted or held back by what of its group is in
	// flight already. Default: only writes of rollouts are judged.
	// +optional
	SyncGate *SyncGate `json:"syncGate,omitempty"`

	// writeWindow counts the writes of some time together: those that are admitted within it must be
	// within maxWaveFailureProbability as if they were one wave. Default: each write is judged by
	// itself.
	// +optional
	WriteWindow WriteWindow `json:"writeWindow,omitzero"`
}

// WavePolicy limits how likely one wave of a rollout may be to break something. Every
// policy that selects a write must be satisfied by it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=wpol,categories=seawall
// +kubebuilder:printcolumn:name="Selects",type=string,JSONPath=`.status.selects`,description="Which writes the policy judges"
// +kubebuilder:printcolumn:name="Max wave",type=string,JSONPath=`.spec.maxWaveFailureProbability`,description="Largest allowed failure probability of a wave"
// +kubebuilder:printcolumn:name="Max rollout",type=string,JSONPath=`.spec.maxRolloutFailureProbability`,description="Largest allowed failure probability of all waves together"
// +kubebuilder:printcolumn:name="Actions",type=string,JSONPath=`.status.actions`,description="What is done about a violation"
// +kubebuilder:printcolumn:name="Accepted",type=string,JSONPath=`.status.conditions[?(@.type=="Accepted")].status`,description="Whether the policy is in force"
// +kubebuilder:printcolumn:name="Rollouts",type=integer,JSONPath=`.status.rollouts.matched`,description="Existing rollouts that the policy matches"
// +kubebuilder:printcolumn:name="Over limit",type=integer,JSONPath=`.status.rollouts.overLimit`,description="Those of them that are over a limit now"
// +kubebuilder:printcolumn:name="Unresolved",type=integer,JSONPath=`.status.rollouts.unresolved`,description="Those of them that cannot be judged",priority=1
// +kubebuilder:printcolumn:name="Overridden",type=integer,JSONPath=`.status.rollouts.overridden`,description="Those of them that an override permits",priority=1
// +kubebuilder:printcolumn:name="Counted",type=date,JSONPath=`.status.rollouts.observedTime`,description="How old these numbers are",priority=1
// +kubebuilder:printcolumn:name="Default rate",type=string,JSONPath=`.spec.successRate.default`,description="Sync success rate of rollouts without the annotation",priority=1
// +kubebuilder:printcolumn:name="Max rate",type=string,JSONPath=`.spec.successRate.max`,description="Highest sync success rate that is believed, 0.999 where it is not set",priority=1
// +kubebuilder:printcolumn:name="Tolerated",type=integer,JSONPath=`.spec.toleratedFailures`,description="Failures that do not count",priority=1
// +kubebuilder:printcolumn:name="Waves",type=string,JSONPath=`.spec.waves`,description="What one wave is",priority=1
// +kubebuilder:printcolumn:name="Removals",type=string,JSONPath=`.spec.removals`,description="Whether environments that are torn down count",priority=1
// +kubebuilder:printcolumn:name="On unresolved",type=string,JSONPath=`.spec.onUnresolved`,description="What is done about a write that cannot be counted",priority=1
// +kubebuilder:printcolumn:name="Override seconds",type=integer,JSONPath=`.spec.maxOverrideDurationSeconds`,description="How long an override may last",priority=1
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
