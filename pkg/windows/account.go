package windows

import (
	"time"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
)

// Meter is told how full windows are.
type Meter interface {
	// Kept is told that of each policy with a writeWindow, by its name.
	Kept(accounts map[string]Account)
}

// Account is how full the window of a policy is, in the fullest of its groups.
type Account struct {
	// Environments is how many its writes have put in flight.
	Environments int
	// Probability is the chance, 0 to 1, that more of them fail than the policy tolerates.
	Probability float64
}

// accountsOf returns how full windows are now, by the names of their policies.
func accountsOf(of map[string]gate.Window, list []v1alpha1.Wave, now time.Time) map[string]Account {
	accounts := make(map[string]Account, len(of))
	for name := range of {
		accounts[name] = Account{}
	}
	for i := range list {
		window, is := of[list[i].Spec.PolicyName]
		if !is || list[i].Spec.Counts != v1alpha1.WaveOfWrites {
			continue
		}
		written := waves.Ledger(&list[i]).WrittenSince(now.Add(-window.Length)).Written()
		account := accounts[list[i].Spec.PolicyName]
		account.Environments = max(account.Environments, written.N())
		account.Probability = max(account.Probability, written.ProbabilityOfMoreThan(window.Limit.Tolerated))
		accounts[list[i].Spec.PolicyName] = account
	}
	return accounts
}
