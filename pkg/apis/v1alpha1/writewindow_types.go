package v1alpha1

// WriteTraitSource says where it stands what writes are grouped by.
//
// +kubebuilder:validation:Enum=Namespace;NamespaceLabel;RolloutLabel
type WriteTraitSource string

const (
	// WriteTraitNamespace is the namespace of the rollout.
	WriteTraitNamespace WriteTraitSource = "Namespace"
	// WriteTraitNamespaceLabel is a label of that namespace.
	WriteTraitNamespaceLabel WriteTraitSource = "NamespaceLabel"
	// WriteTraitRolloutLabel is a label of the rollout itself.
	WriteTraitRolloutLabel WriteTraitSource = "RolloutLabel"
)

// WriteTrait is what writes are grouped by.
//
// +kubebuilder:validation:XValidation:rule="has(self.key) == (self.source in ['NamespaceLabel', 'RolloutLabel'])",message="key must be set where source is NamespaceLabel or RolloutLabel, and must not be otherwise",fieldPath=".key"
type WriteTrait struct {
	// source says where it stands: Namespace is the namespace of the rollout, NamespaceLabel a label of
	// that namespace, and RolloutLabel a label of the rollout itself. Whoever writes a rollout chooses
	// the value of such a label, and with it the group: take it where authors are trusted to, or where
	// something else holds them to the right value.
	// +required
	Source WriteTraitSource `json:"source,omitempty"`

	// key is the key of the label, such as "example.com/region". It is set for NamespaceLabel and
	// RolloutLabel only, and must be there.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	// +kubebuilder:validation:Pattern=`^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$`
	Key string `json:"key,omitempty"`
}

// WriteWindow says which writes of rollouts count as one wave together, though each may be within the
// limit: a change of 110 environments that is divided among five ApplicationSets, or comes in slices some
// minutes apart.
//
// A write that the policy selects counts with its greatest wave, as the policy counts it, and each at its own
// rate. That wave together with those of the writes that were admitted in the last seconds, of the same
// group, must be within maxWaveFailureProbability. What a write means besides:
//   - The first of a window passes by the other limits alone. A write that changes no environment
//     neither waits nor counts, and a dry-run does not count.
//   - Several writes of one rollout count together, but for no more environments than it has and they
//     tear down.
//   - A write that syncGate accounts for counts with as many environments as that starts together.
//   - Of a write whose environments could not all be counted those that were count.
//   - A WaveOverride of the rollout lets it pass as long as all of them together are within the
//     probability that it permits. It counts like others.
//   - validationActions: Deny refuses what does not fit. With Warn or Audit alone all pass, and
//     warnings and records say what would have been refused.
//   - maxRolloutFailureProbability is judged for each write by itself.
type WriteWindow struct {
	// seconds is for how long an admitted write counts: about as long as what it changes takes to
	// become healthy; at least 10, at most 86400, a day.
	// +required
	// +kubebuilder:validation:Minimum=10
	// +kubebuilder:validation:Maximum=86400
	Seconds int32 `json:"seconds,omitempty"`

	// groupBy says which writes count together: those of rollouts that are alike in all of these, 1 to
	// 4. Rollouts that lack any of it are one group, so that a label which is taken off is no way
	// around. Default: all that the policy selects are one group.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, x == y))",message="an entry may be listed once"
	GroupBy []WriteTrait `json:"groupBy,omitempty"`
}
