package applicationset

import (
	"fmt"

	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	// expansionLimit bounds the sets of parameters of one matrix: beyond it the generator is
	// refused by name, before it fills the memory.
	expansionLimit = 100_000
	// expansionBudget bounds, in bytes, what the expansion of one object makes.
	expansionBudget = 32 << 20
	// parameterWeight is what a parameter costs beside the bytes of its text.
	parameterWeight = 16
	// workBytes are how many bytes one looks at for one step of work.
	workBytes = 16
)

// boundError says that an object expands past a bound: what it stands for is more than
// Seawall counts, so that no declaration helps.
type boundError struct{ *rollout.UnresolvedError }

func (e *boundError) Unwrap() error { return e.UnresolvedError }

func tooManySets(config value) error {
	return &boundError{&rollout.UnresolvedError{
		Field:   config.spelled(),
		Problem: fmt.Sprintf("expands to more than %d sets of parameters", expansionLimit),
		AtLeast: expansionLimit,
	}}
}

// count adds one to the sets of parameters of the object.
func (r *reading) count(config value) error {
	if r.sets++; r.sets > risk.MaxEnvironments {
		return &boundError{&rollout.UnresolvedError{
			Field:   config.spelled(),
			Problem: fmt.Sprintf("expands to more than %d sets of parameters", risk.MaxEnvironments),
			AtLeast: risk.MaxEnvironments,
		}}
	}
	return r.account.Work(1)
}

// spend adds to what the expansion of the object has made, in bytes.
func (r *reading) spend(config value, bytes int) error {
	if r.spent += bytes; r.spent > expansionBudget {
		return &boundError{rollout.Unresolved(config.spelled(), "expands to more than %d MiB of parameters", expansionBudget>>20)}
	}
	return r.account.Spend(bytes)
}
