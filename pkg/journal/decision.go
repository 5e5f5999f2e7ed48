// Package journal answers what was denied, warned of and overridden: it reads the reports that
// Seawall keeps of its decisions, picks from them and counts.
package journal

import (
	"time"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// Outcome is what became of a write.
type Outcome string

// The outcomes that are on the record.
const (
	// Denied writes were refused.
	Denied Outcome = "denied"
	// Overridden writes were let pass by a WaveOverride.
	Overridden Outcome = "overridden"
	// Warned writes were let pass by a policy that warns.
	Warned Outcome = "warned"
	// Audited writes were let pass by a policy that does nothing but say so.
	Audited Outcome = "audited"
	// Failed writes could not be judged.
	Failed Outcome = "failed"
	// Recount is no write, but a rollout that has outgrown a policy since it was admitted.
	Recount Outcome = "recount"
	// Held is no write either, but starts of a group that had to wait.
	Held Outcome = "held"
)

// Outcomes returns all of them, the gravest first.
func Outcomes() []Outcome {
	return []Outcome{Denied, Overridden, Warned, Audited, Failed, Held, Recount}
}

// Decision is one result of a report: a decision, or several that differ in nothing but the time.
type Decision struct {
	// Time is when the last of them was made, First when the first was, Count how many there are.
	Time    time.Time `json:"time"`
	First   time.Time `json:"first"`
	Count   int       `json:"count"`
	Outcome Outcome   `json:"result"`

	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`

	Operation string `json:"operation"`
	User      string `json:"user,omitempty"`
	// Authenticated says that the API server asked for certain.
	Authenticated bool   `json:"authenticated"`
	RequestUID    string `json:"requestUID,omitempty"`

	Policy       string `json:"policy,omitempty"`
	Reason       string `json:"reason"`
	Environments int    `json:"environments,omitempty"`
	Wave         int    `json:"wave,omitempty"`
	// WaveEnvironments is the size of the wave that is likeliest to fail, Probability how likely that
	// is. It is nil where nothing could be counted.
	WaveEnvironments int      `json:"waveEnvironments,omitempty"`
	Probability      *float64 `json:"probability,omitempty"`
	Limit            string   `json:"limit,omitempty"`
	SuccessRate      string   `json:"successRate,omitempty"`
	Evidence         string   `json:"evidence,omitempty"`
	Message          string   `json:"message,omitempty"`

	// Override names the WaveOverride that let the write pass, OverrideReason says why it may, and
	// ApprovedBy who created it; empty where that is not known.
	Override       string `json:"override,omitempty"`
	OverrideReason string `json:"overrideReason,omitempty"`
	ApprovedBy     string `json:"approvedBy,omitempty"`
}

// Rollout returns the namespace and name of the rollout.
func (d *Decision) Rollout() string {
	if d.Namespace == "" {
		return d.Name
	}
	return d.Namespace + "/" + d.Name
}

func decisionOf(entry *audit.Entry) Decision {
	d := Decision{
		Time: entry.Time, First: entry.First, Count: entry.Count, Outcome: outcomeOf(&entry.Record),
		Group: entry.Group, Kind: entry.Kind, Namespace: entry.Namespace, Name: entry.Name,
		Operation: entry.Operation, User: entry.User, Authenticated: entry.Authenticated, RequestUID: entry.UID,
		Policy: entry.Policy, Reason: entry.Reason, Environments: entry.Environments, Wave: entry.Wave,
		WaveEnvironments: entry.WaveEnvironments, Limit: entry.Limit, SuccessRate: entry.SuccessRate,
		Evidence: entry.Evidence, Message: entry.Message, Override: entry.Override, OverrideReason: entry.OverrideReason,
	}
	if d.Outcome == Recount {
		d.Count = 1 // it is the one finding, however often it was found
	}
	if entry.WaveEnvironments > 0 {
		d.Probability = &entry.Probability
	}
	return d
}

func outcomeOf(record *audit.Record) Outcome {
	switch {
	case record.Operation == audit.Recount:
		return Recount
	case record.Episode():
		return Held
	case record.Action == audit.Deny:
		return Denied
	case record.Action == audit.Error:
		return Failed
	case record.Override != "":
		return Overridden
	case record.Action == audit.Warn:
		return Warned
	default:
		return Audited
	}
}
