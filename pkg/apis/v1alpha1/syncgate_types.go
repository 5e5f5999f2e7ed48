package v1alpha1

// TraitSource says where it stands what environments are grouped or ordered by.
//
// +kubebuilder:validation:Enum=Owner;ApplicationLabel;ClusterLabel;Project;Source
type TraitSource string

const (
	// TraitOwner is what the environment belongs to: an ApplicationSet; of Flux's objects the source that they
	// follow.
	TraitOwner TraitSource = "Owner"
	// TraitApplicationLabel is a label of the environment itself.
	TraitApplicationLabel TraitSource = "ApplicationLabel"
	// TraitClusterLabel is a label of the cluster that the environment is synced to.
	TraitClusterLabel TraitSource = "ClusterLabel"
	// TraitProject is the project that authorises the environment.
	TraitProject TraitSource = "Project"
	// TraitRepository is where what the environment is comes from: a repository, or a chart.
	TraitRepository TraitSource = "Source"
)

// UngroupedReading says what becomes of starts that belong to no group.
//
// +kubebuilder:validation:Enum=Single;Deny;Pass
type UngroupedReading string

const (
	// UngroupedSingle makes all of them one group of the policy.
	UngroupedSingle UngroupedReading = "Single"
	// UngroupedDeny holds them.
	UngroupedDeny UngroupedReading = "Deny"
	// UngroupedPass lets them pass, not counted.
	UngroupedPass UngroupedReading = "Pass"
)

// SettledReading says when a start is done.
//
// +kubebuilder:validation:Enum=Healthy;Operation
type SettledReading string

const (
	// SettledHealthy waits until the environment is healthy at what was rolled out.
	SettledHealthy SettledReading = "Healthy"
	// SettledOperation waits for the end of the sync operation only, which is over once the objects are
	// applied.
	SettledOperation SettledReading = "Operation"
)

// UnlistedPlace is the place in an order of what has none of its values.
//
// +kubebuilder:validation:Enum=First;Last
type UnlistedPlace string

const (
	// UnlistedFirst puts it before all others.
	UnlistedFirst UnlistedPlace = "First"
	// UnlistedLast puts it behind all others.
	UnlistedLast UnlistedPlace = "Last"
)

// FailureReaction says what a failed start means for the others of its group.
//
// +kubebuilder:validation:Enum=Halt;Continue
type FailureReaction string

const (
	// FailureHalt holds the others until those that have failed succeed.
	FailureHalt FailureReaction = "Halt"
	// FailureContinue lets the others go on.
	FailureContinue FailureReaction = "Continue"
)

// RepairReading says what becomes of starts that mend a drift.
//
// +kubebuilder:validation:Enum=Pass;Judge
type RepairReading string

const (
	// RepairsPass lets them pass, not counted.
	RepairsPass RepairReading = "Pass"
	// RepairsJudge judges them like any other.
	RepairsJudge RepairReading = "Judge"
)

// PacedReading says what becomes of starts that a rollout's own pacing begins.
//
// +kubebuilder:validation:Enum=Count;Judge
type PacedReading string

const (
	// PacedCount never holds them, and counts them as in flight.
	PacedCount PacedReading = "Count"
	// PacedJudge judges them like any other.
	PacedJudge PacedReading = "Judge"
)

// RollbackReading says what becomes of starts that roll back.
//
// +kubebuilder:validation:Enum=Pass;Judge
type RollbackReading string

const (
	// RollbacksPass never holds them, and counts them as in flight.
	RollbacksPass RollbackReading = "Pass"
	// RollbacksJudge judges them like any other.
	RollbacksJudge RollbackReading = "Judge"
)

// Trait is what environments are grouped by.
//
// +kubebuilder:validation:XValidation:rule="has(self.key) == (self.source in ['ApplicationLabel', 'ClusterLabel'])",message="key must be set where source is ApplicationLabel or ClusterLabel, and must not be otherwise",fieldPath=".key"
type Trait struct {
	// source says where it stands: Owner is the ApplicationSet that owns the Application,
	// ApplicationLabel a label of the Application itself, ClusterLabel one of the cluster that it is
	// synced to, as Argo CD's cluster Secret has it, Project its AppProject, and Source the
	// repository or chart that it comes from. Of Flux's Kustomizations and HelmReleases Owner and Source
	// are the source that they follow, such as "GitRepository flux-system/fleet" or
	// "HelmRepository flux-system/charts#podinfo", and ApplicationLabel is a label of theirs; they have
	// no ClusterLabel and no Project.
	// +required
	Source TraitSource `json:"source,omitempty"`

	// key is the key of the label, such as "example.com/region". It is set for ApplicationLabel and
	// ClusterLabel only, and must be there.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	// +kubebuilder:validation:Pattern=`^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$`
	Key string `json:"key,omitempty"`
}

// SyncOrder is the sequence in which the environments of a group come: those of one place start once
// all of the places before it are done, at what is rolled out or at what was first seen later.
//
// +kubebuilder:validation:XValidation:rule="has(self.key) == (self.source in ['ApplicationLabel', 'ClusterLabel'])",message="key must be set where source is ApplicationLabel or ClusterLabel, and must not be otherwise",fieldPath=".key"
type SyncOrder struct {
	// source says where the value of an environment stands, as in groupBy.
	// +required
	Source TraitSource `json:"source,omitempty"`

	// key is the key of the label, such as "env". It is set for ApplicationLabel and ClusterLabel
	// only, and must be there.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	// +kubebuilder:validation:Pattern=`^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$`
	Key string `json:"key,omitempty"`

	// values are those of the environments in the order in which they come, such as
	// [dev, staging, production]: 1 to 32, each once.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, x == y))",message="a value may be listed once"
	Values []string `json:"values,omitempty"`

	// unlisted says where environments come that have another value, or none: First or Last.
	// Default: Last.
	// +optional
	// +kubebuilder:default=Last
	Unlisted UnlistedPlace `json:"unlisted,omitempty"`
}

// SyncGate says which starts may be in flight together. A start is the sync of one environment that
// begins, whoever or whatever began it: an Argo CD Application's operation, or the first try of Flux at
// another revision of a Kustomization, or at another chart or other values of a HelmRelease.
//
// The other fields of the policy mean for starts what they mean for writes, but for these:
//   - match.kinds gates the Applications of ApplicationSets where it selects those, by their labels
//     and namespaces, and Applications that no ApplicationSet owns where it is empty or names
//     argoproj.io/Application, by their own. It gates Flux's objects where it is empty or names
//     kustomize.toolkit.fluxcd.io/Kustomization or helm.toolkit.fluxcd.io/HelmRelease, by their own.
//     match.operations has no say.
//   - matchConditions look at a write of a rollout, which a start is not: there must be none.
//   - maxWaveFailureProbability is judged for the start together with all of its group that are in
//     flight, each at its own rate. One start alone always passes.
//   - maxRolloutFailureProbability is not judged: it would hold the last starts of a large rollout for
//     good.
//   - toleratedFailures is how many of a group may have failed before onFailure takes effect. Those
//     that have use it up: the probability of as many more as are left is judged.
//   - waves has no effect: what is in flight is known, and order is the gate.
//   - successRate is asked for with the annotation seawall.dev/sync-success-rate of the cluster, then
//     those of the Application and of its ApplicationSet, or of Flux's object, if claims are accepted,
//     then default. A start without any is held, by the reason SuccessRateMissing.
//   - validationActions: Deny holds starts. With Warn or Audit alone all start, and Waves and records
//     say what would have been held.
type SyncGate struct {
	// groupBy says which environments count as one wave together: those that are alike in all of
	// these, 1 to 4. Default: [{source: Owner}], the Applications of one ApplicationSet.
	// +optional
	// +listType=atomic
	// +kubebuilder:default={{source: Owner}}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, x == y))",message="an entry may be listed once"
	GroupBy []Trait `json:"groupBy,omitempty"`

	// ungrouped says what becomes of environments that lack something of groupBy, such as the label:
	// all of the policy are one group (Single), they do not start (Deny), or start without being
	// counted (Pass). Default: Single, so that a label which is taken off is no way around.
	// +optional
	// +kubebuilder:default=Single
	Ungrouped UngroupedReading `json:"ungrouped,omitempty"`

	// settledWhen says how long a start is in flight: until its environment is healthy at what was
	// rolled out (Healthy), or until the sync operation has ended (Operation). An operation ends about
	// a second after it began, when all objects are applied, so that Operation limits hardly anything
	// that takes longer. Default: Healthy.
	// +optional
	// +kubebuilder:default=Healthy
	SettledWhen SettledReading `json:"settledWhen,omitempty"`

	// healthTimeoutSeconds is how long after its start an environment may take to become healthy
	// before it counts as failed. Default: 900, a quarter of an hour; at least 30, at most 86400, a
	// day.
	// +optional
	// +kubebuilder:default=900
	// +kubebuilder:validation:Minimum=30
	// +kubebuilder:validation:Maximum=86400
	HealthTimeoutSeconds int32 `json:"healthTimeoutSeconds,omitempty"`

	// order is the sequence in which the environments of a group come. Default: any.
	// +optional
	Order SyncOrder `json:"order,omitzero"`

	// onFailure says what happens once more than toleratedFailures environments of a group have
	// failed: the others do not start until those succeed (Halt), or go on (Continue). What has failed
	// may always start again. Default: Halt.
	// +optional
	// +kubebuilder:default=Halt
	OnFailure FailureReaction `json:"onFailure,omitempty"`

	// selfHeal says what becomes of starts at what the environment has been synced to already, which
	// mend a drift: they pass, not counted (Pass), or are judged like others (Judge). Default: Pass. Flux
	// mends drifts without a start.
	// +optional
	// +kubebuilder:default=Pass
	SelfHeal RepairReading `json:"selfHeal,omitempty"`

	// rollingSync says what becomes of starts that an ApplicationSet's own RollingSync begins: they
	// are in flight like others and never held (Count), or are judged like others (Judge). With Judge
	// the ApplicationSet shows errors while any are held. Default: Count.
	// +optional
	// +kubebuilder:default=Count
	RollingSync PacedReading `json:"rollingSync,omitempty"`

	// rollbacks says what becomes of starts to what the environment has been at before: they are in
	// flight like others and never held (Pass), or are judged like others (Judge). Default: Pass. A
	// Kustomization rolls back when its source returns to what it applied last.
	// +optional
	// +kubebuilder:default=Pass
	Rollbacks RollbackReading `json:"rollbacks,omitempty"`
}
