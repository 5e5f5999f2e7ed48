package policy

// Reason says why a policy is satisfied or not, in one word for metrics and records.
type Reason string

const (
	// Within says that every wave is within its limit.
	Within Reason = "WithinLimit"
	// NotJudged says that no policy selects the write.
	NotJudged Reason = "NotJudged"
	// NoChange says that the write affects no environment.
	NoChange Reason = "NoChange"
	// UnresolvedAdmitted says that the environments could not be counted and that the
	// policy admits such a write.
	UnresolvedAdmitted Reason = "UnresolvedAdmitted"
	// Overridden says that the policy is not satisfied by itself, but an override permits
	// the write.
	Overridden Reason = "Overridden"

	// Gated says that a wave is likelier to fail than the policy allows, but that its sync gate holds the
	// starts that follow within that.
	Gated Reason = "Gated"

	// WaveOverLimit says that a wave is likelier to fail than the policy allows.
	WaveOverLimit Reason = "WaveOverLimit"
	// RolloutOverLimit says that all waves together are.
	RolloutOverLimit Reason = "RolloutOverLimit"
	// WindowFull says that it is within the limits by itself, but not together with the writes before it.
	WindowFull Reason = "WindowFull"
	// SuccessRateMissing says that neither the rollout nor the policy gives a rate.
	SuccessRateMissing Reason = "SuccessRateMissing"
	// AnnotationMalformed says that an annotation that Seawall reads is not understood.
	AnnotationMalformed Reason = "AnnotationMalformed"
	// Unresolved says that the environments could not be counted.
	Unresolved Reason = "Unresolved"
	// PolicyInvalid says that the policy itself is not understood.
	PolicyInvalid Reason = "PolicyInvalid"
)

// State is what a reason says of a rollout that exists.
type State uint8

const (
	// StateUnresolved says that it cannot be judged.
	StateUnresolved State = iota
	// StateOverLimit says that a change of all its environments would violate the policy.
	StateOverLimit
	// StateWithin says that it would not.
	StateWithin
	// StateOverridden says that it would, or cannot be judged, but that an override permits it for
	// a time.
	StateOverridden
)

// meaning is all that a reason means. The zero value objects, before all others.
type meaning struct {
	// satisfied says that the policy has no objection.
	satisfied bool
	// rank orders the objections of several policies: what must be mended before anything
	// can be counted comes first.
	rank int
	// overridable says that an override may permit the write all the same.
	overridable bool
	// routine says that nothing was at stake.
	routine bool
	state   State
}

func (r Reason) meaning() meaning {
	switch r {
	case NotJudged, NoChange:
		return meaning{satisfied: true, routine: true, state: StateWithin}
	case Within, Gated:
		return meaning{satisfied: true, state: StateWithin}
	case UnresolvedAdmitted:
		return meaning{satisfied: true, state: StateUnresolved}
	case Overridden: // only for a time
		return meaning{satisfied: true, state: StateOverridden}
	default:
		return r.objection()
	}
}

// objection is what a reason means by which a policy is not satisfied.
func (r Reason) objection() meaning {
	switch r {
	case PolicyInvalid:
		return meaning{rank: 1, state: StateUnresolved}
	case AnnotationMalformed:
		return meaning{rank: 2, state: StateUnresolved}
	case SuccessRateMissing:
		return meaning{rank: 3, overridable: true, state: StateUnresolved}
	case Unresolved:
		return meaning{rank: 4, overridable: true, state: StateUnresolved}
	case WaveOverLimit:
		return meaning{rank: 5, overridable: true, state: StateOverLimit}
	case RolloutOverLimit:
		return meaning{rank: 6, overridable: true, state: StateOverLimit}
	case WindowFull:
		return meaning{rank: 7, overridable: true, state: StateWithin}
	default:
		return meaning{}
	}
}

// Routine tells whether nothing was at stake: no policy selects the write, or it changes no
// environment.
func (r Reason) Routine() bool { return r.meaning().routine }

// State returns what the reason says of a rollout that exists.
func (r Reason) State() State { return r.meaning().state }
