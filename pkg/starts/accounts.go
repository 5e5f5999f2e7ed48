package starts

import (
	"time"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// Meter is told how Waves stand.
type Meter interface {
	// Kept is told that of the groups of each policy, by its name.
	Kept(accounts map[string]Account)
	// Registered is told whether the API server asks about starts, and whether it lets them pass when nobody
	// answers.
	Registered(asks, failsOpen bool)
}

// Account is how all groups of a policy stand together.
type Account struct {
	// Groups is how many there are, and Halted in how many of these failures hold the others.
	Groups, Halted int
	// InFlight is how many starts are in flight, and Since when the oldest of these was admitted; the zero time
	// if none is.
	InFlight int
	Since    time.Time
	// Held is how many wait, and HeldSince since when any of a group do; the zero time if none does, or if the
	// policy holds none.
	Held      int
	HeldSince time.Time
	// Largest is the least of what may be in flight together in a group, and Fullest the greatest share of it that
	// is.
	Largest int
	Fullest float64
}

// accounts returns how the Waves stand, by the names of their policies.
func (k *Keeper) accounts(waves []v1alpha1.Wave) map[string]Account {
	accounts := map[string]Account{}
	for i := range waves {
		name := waves[i].Spec.PolicyName
		says := k.Judge.of(name)
		accounts[name] = accounts[name].plus(&waves[i].Status, says != nil && says.Rule().Holds)
	}
	return accounts
}

func (a Account) plus(wave *v1alpha1.WaveStatus, holds bool) Account {
	a.Groups++
	if wave.HaltedBy != "" {
		a.Halted++
	}
	a.InFlight += len(wave.InFlight)
	for i := range wave.InFlight {
		if since := wave.InFlight[i].Since; since != nil {
			a.Since = earlier(a.Since, since.Time)
		}
	}
	if wave.Held != nil {
		a.Held += int(*wave.Held)
	}
	if wave.HeldSince != nil && holds {
		a.HeldSince = earlier(a.HeldSince, wave.HeldSince.Time)
	}
	if wave.Largest == nil || *wave.Largest < 1 {
		return a
	}
	largest := int(*wave.Largest)
	if a.Largest == 0 || largest < a.Largest {
		a.Largest = largest
	}
	a.Fullest = max(a.Fullest, float64(len(wave.InFlight))/float64(largest))
	return a
}

// earlier returns the earlier one of two times, of which the first may be none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
