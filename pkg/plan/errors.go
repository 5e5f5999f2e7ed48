package plan

import (
	"fmt"
	"math"
	"strconv"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// InvalidError says which field of a request cannot be as it is.
type InvalidError struct {
	// Field is spelled as flags are, such as "max-waves".
	Field, Value string
	// Want says what is allowed.
	Want string
}

// Error implements error.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s is %s: want %s", e.Field, e.Value, e.Want)
}

// RiskError says that one environment alone is likelier to fail than the limit allows.
type RiskError struct {
	Probability float64
	Limit       risk.Limit
	// Rate is the least success rate with which one environment would pass.
	Rate risk.Probability
}

// Error implements error.
func (e *RiskError) Error() string {
	return fmt.Sprintf("one environment alone has a %s chance to fail, the limit allows %s: "+
		"no wave is small enough before syncs succeed at a rate of %s",
		risk.FormatPercent(e.Probability), e.Limit.Max.Percent(), e.Rate)
}

func (r Request) validate(largest int) error {
	if err := r.validateFields(); err != nil {
		return err
	}
	n := r.Environments.N()
	if largest == 0 {
		one := r.Environments.Worst(1)
		return &RiskError{one.ProbabilityOfMoreThan(r.tolerated()), r.Limit, r.Limit.RequiredRate(1)}
	}
	if r.Canary < 1 || r.Canary > largest {
		return invalid("canary", r.Canary, fmt.Sprintf("a number from 1 to %d, which is the most that the limit allows in one wave", largest))
	}
	if least := (n + largest - 1) / largest; r.MaxWaves > 0 && r.MaxWaves < least {
		return invalid("max-waves", r.MaxWaves, fmt.Sprintf(
			"at least %d: the limit allows %d of the %d environments in one wave", least, largest, n))
	}
	return nil
}

// validateFields looks at each field by itself.
func (r Request) validateFields() error {
	n := r.Environments.N()
	switch {
	case n < 1 || n > risk.MaxEnvironments:
		return invalid("environments", n, fmt.Sprintf("a number from 1 to %d", risk.MaxEnvironments))
	case r.Limit.Tolerated < 0:
		return invalid("tolerated", r.Limit.Tolerated, "a number from 0")
	case r.SyncDuration < 0 || int64(r.SyncDuration) > math.MaxInt64/risk.MaxEnvironments:
		return &InvalidError{"sync-duration", r.SyncDuration.String(), "a duration from 0 to 2h, such as 5m"}
	case math.IsNaN(r.Ramp) || math.IsInf(r.Ramp, 0) || r.Ramp < 1:
		return &InvalidError{"ramp", strconv.FormatFloat(r.Ramp, 'g', -1, 64), "a number from 1, such as 2"}
	case r.MaxWaves < 0:
		return invalid("max-waves", r.MaxWaves, "a number from 1, or 0 for any")
	}
	return nil
}

func invalid(field string, value int, want string) error {
	return &InvalidError{field, strconv.Itoa(value), want}
}
