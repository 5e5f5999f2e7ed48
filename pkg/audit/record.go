// Package audit keeps a record of every decision.
package audit

import (
	"context"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// Recount is the operation of a record that is about no write, but about a rollout that
// exists: what would be done about a change of all its environments now.
const Recount = "RECOUNT"

// Record is one decision, with the numbers and never the object's body.
type Record struct {
	// UID is the request's, as the API server's audit log has it.
	UID       string
	Action    string
	Reason    string
	Group     string
	Kind      string
	Namespace string
	Name      string
	Operation string
	User      string
	DryRun    bool
	// Policy is the one that explains the action; empty when none judged the write.
	Policy  string
	Message string
	// Environments is n, the number of environments that the write affects.
	Environments int
	// Total is the number of environments that the rollout has, affected or not, and Held
	// the number of affected ones that its system never syncs by itself.
	Total int
	Held  int
	// Wave is the number of the worst wave and WaveEnvironments its size.
	Wave             int
	WaveEnvironments int
	// Probability is the chance, from 0 to 1, that the worst wave fails.
	Probability float64
	Limit       string
	SuccessRate string
	// Evidence says where n came from when it was not counted.
	Evidence string
	Duration time.Duration
	Phases   Phases
	// Routine says that nothing was at stake: no policy selects the write, or it changes no
	// environment.
	Routine bool
}

// Phases are the times that the steps of a decision took. A step that was not reached took
// none.
type Phases struct {
	// Wait is from the request to its place among those judged at once.
	Wait time.Duration
	// Count is the reading of the rollout and of the environments that it affects.
	Count time.Duration
	// Judge is what the policies took to conclude.
	Judge time.Duration
}

// Sink keeps records. It must not block.
type Sink interface {
	Record(ctx context.Context, record Record)
}

// Sinks passes each record on to every one of its members.
type Sinks []Sink

// Record implements Sink.
func (s Sinks) Record(ctx context.Context, record Record) {
	for _, sink := range s {
		sink.Record(ctx, record)
	}
}

// Annotations returns the audit annotations of a record. The API server prefixes their
// keys with the name of the webhook and writes them to its audit log.
func (r Record) Annotations() map[string]string {
	annotations := map[string]string{"decision": r.Action, "reason": r.Reason}
	add := func(key, value string) {
		if value != "" {
			annotations[key] = Clean(value)
		}
	}
	add("policy", r.Policy)
	add("evidence", r.Evidence)
	if r.Environments > 0 {
		add("environments", strconv.Itoa(r.Environments))
	}
	if r.Total > 0 {
		add("total-environments", strconv.Itoa(r.Total))
	}
	if r.Held > 0 {
		add("held-environments", strconv.Itoa(r.Held))
	}
	if r.WaveEnvironments > 0 {
		add("wave-environments", strconv.Itoa(r.WaveEnvironments))
		add("failure-probability", strconv.FormatFloat(r.Probability, 'g', 6, 64))
		add("limit", r.Limit)
		add("success-rate", r.SuccessRate)
	}
	if r.Message != "" {
		add("message", r.Message)
	}
	return annotations
}

const cleanLimit = 1024

// Clean makes a string from a user fit for a record: control and formatting characters
// become U+FFFD and everything past 1024 characters is cut off.
func Clean(value string) string {
	clean := make([]rune, 0, min(len(value), cleanLimit))
	for _, r := range value {
		if len(clean) == cleanLimit {
			return string(append(clean, '…'))
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			r = utf8.RuneError
		}
		clean = append(clean, r)
	}
	return string(clean)
}
