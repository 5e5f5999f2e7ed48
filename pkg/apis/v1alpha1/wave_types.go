package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// WaveSpec says whose account a Wave is.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a Wave is that of one policy and group"
type WaveSpec struct {
	// policyName is the name of the WavePolicy.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	PolicyName string `json:"policyName,omitempty"`

	// group are the values of what the policy groups by, in its order. Without any it is the group of
	// all that lack something of that.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=4
	// +kubebuilder:validation:items:MaxLength=4096
	Group []string `json:"group,omitempty"`

	// counts says what it is the account of: the starts of a syncGate (Starts), or the writes of a
	// writeWindow (Writes). Default: Starts.
	// +optional
	// +kubebuilder:default=Starts
	Counts WaveSubject `json:"counts,omitempty"`
}

// StartFailure says how a start has failed.
//
// +kubebuilder:validation:Enum=SyncFailed;Degraded;TimedOut
type StartFailure string

// WaveFailure is an environment whose start has failed and that has not succeeded since.
type WaveFailure struct {
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

	// line is what revisions come from, such as a repository and a branch.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Line string `json:"line,omitempty"`

	// revision is what was rolled out.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Revision string `json:"revision,omitempty"`

	// reason says how it has failed: its sync did (SyncFailed), it is unhealthy since (Degraded), or
	// it was not healthy in time (TimedOut).
	// +required
	Reason StartFailure `json:"reason,omitempty"`

	// since is when that was noticed.
	// +required
	Since *metav1.MicroTime `json:"since,omitempty"`
}

// WaveSighting is when a revision was first seen in the group.
type WaveSighting struct {
	// line is what revisions come from, such as a repository and a branch.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Line string `json:"line,omitempty"`

	// revision is the one that was seen.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Revision string `json:"revision,omitempty"`

	// time is when it was first seen.
	// +required
	Time *metav1.MicroTime `json:"time,omitempty"`
}

// WaveStatus is who of a group is in flight, and what has failed there.
//
// +kubebuilder:validation:MinProperties=1
type WaveStatus struct {
	// inFlight are the starts that were admitted and have not settled, each Application once.
	//
	// The list is atomic: of a map the API server would keep who has written each field of each entry,
	// and so many would not fit into one object.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=2000
	InFlight []WaveEntry `json:"inFlight,omitempty"`

	// writes are those of rollouts that were admitted within the writeWindow of the policy, the oldest
	// first.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=500
	Writes []WaveWrite `json:"writes,omitempty"`

	// inFlightCount is how many environments these are: those that have started and have not settled, or those
	// that the writes count for.
	// +optional
	// +kubebuilder:validation:Minimum=0
	InFlightCount *int32 `json:"inFlightCount,omitempty"`

	// largest is the most that the policy lets be in flight together, at the success rate of the start that
	// was admitted last.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Largest *int32 `json:"largest,omitempty"`

	// peak is the largest number that these were at once.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Peak *int32 `json:"peak,omitempty"`

	// failures are the Applications whose start has failed and that have not succeeded since, each
	// once.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=2000
	Failures []WaveFailure `json:"failures,omitempty"`

	// haltedBy says in a few words what has failed, while that holds the others.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	HaltedBy string `json:"haltedBy,omitempty"`

	// held is how many starts wait now; where the policy holds none, how many more are in flight than it
	// would let be.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Held *int32 `json:"held,omitempty"`

	// heldSince is since when any do.
	// +optional
	HeldSince *metav1.Time `json:"heldSince,omitempty"`

	// rule is what the policy said when it held starts of the group last. Once it holds none any more, because
	// it is deleted or says syncGate or Deny no longer, the Wave drains: the limit of the rule goes on, without
	// its order and its halts, until nothing of the group is in flight and nothing waits.
	// +optional
	Rule WavePolicySpec `json:"rule,omitzero"`

	// drainingSince is since when the Wave drains.
	// +optional
	DrainingSince *metav1.Time `json:"drainingSince,omitempty"`

	// sightings are the revisions of the group in the order in which they were first seen, the last
	// 256.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	Sightings []WaveSighting `json:"sightings,omitempty"`

	// observedTime is when the starts were written last. Until it is set nothing is known of them.
	// +optional
	ObservedTime *metav1.MicroTime `json:"observedTime,omitempty"`
}

// Wave is the account of one group under one WavePolicy: of environments, under one with a syncGate, who is
// in flight and what has failed; of writes, under one with a writeWindow, which were admitted of late.
// Seawall makes, writes and deletes Waves; nobody else needs to. One of starts that is deleted is made again
// from the Applications that there are; with one of writes these are forgotten.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=seawall
// +kubebuilder:printcolumn:name="Policy",type=string,JSONPath=`.spec.policyName`,description="Whose limit holds"
// +kubebuilder:printcolumn:name="Counts",type=string,JSONPath=`.spec.counts`,description="What it is the account of: starts, or writes of rollouts"
// +kubebuilder:printcolumn:name="Group",type=string,JSONPath=`.spec.group`,description="What these environments or rollouts have in common"
// +kubebuilder:printcolumn:name="In flight",type=integer,JSONPath=`.status.inFlightCount`,description="Environments that have started and have not settled, or that writes count for"
// +kubebuilder:printcolumn:name="Largest",type=integer,JSONPath=`.status.largest`,description="The most that may be in flight together, at the success rate of who started last"
// +kubebuilder:printcolumn:name="Peak",type=integer,JSONPath=`.status.peak`,description="The most that ever were",priority=1
// +kubebuilder:printcolumn:name="Held",type=integer,JSONPath=`.status.held`,description="Starts that wait now, or would if the policy held any"
// +kubebuilder:printcolumn:name="Halted by",type=string,JSONPath=`.status.haltedBy`,description="What has failed and holds the others"
// +kubebuilder:printcolumn:name="Draining",type=date,JSONPath=`.status.drainingSince`,description="Since when what is left goes on by the last limit of a policy that holds nothing any more"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Wave struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard metadata of an object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty,omitzero"`

	// spec says which policy and group it is that of.
	// +required
	Spec WaveSpec `json:"spec,omitzero"`

	// status says who is in flight.
	// +optional
	Status WaveStatus `json:"status,omitzero"`
}

// WaveList is a list of Wave.
//
// +kubebuilder:object:root=true
type WaveList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Wave `json:"items"`
}
