// Package audit keeps a record of every decision.
package audit

import (
	"context"
	"time"
)

// What was done about a write, as records spell it.
const (
	Deny  = "Deny"
	Warn  = "Warn"
	Audit = "Audit"
	Allow = "Allow"
	// Error is a failure of Seawall's own.
	Error = "Error"
)

// Recount is the operation of a record that is about no write, but about a rollout that
// exists: what would be done about a change of all its environments now. One whose action is
// Allow says that nothing is wrong with it any more or, if it names an override, that this
// permits such a change for a time.
const Recount = "RECOUNT"

// Start is the operation of a record that is about the start of a sync.
const Start = "START"

// Hold and Halt are the operations of records that are about no single start, but about the starts of a
// group that wait, or that wait because others have failed: one record when that begins, and one, whose
// action is Allow, when it is over.
const (
	Hold = "HOLD"
	Halt = "HALT"
)

// Record is one decision, with the numbers and never the object's body. It is comparable:
// see Alike.
type Record struct {
	// UID is the request's, as the API server's audit log has it.
	UID string
	// Time is when the decision was made.
	Time      time.Time
	Action    string
	Reason    string
	Group     string
	Version   string
	Kind      string
	Namespace string
	// Name is the rollout's; a generateName when the rollout was refused before it had one.
	Name string
	// RolloutUID is empty for a rollout that does not exist, such as one whose creation was
	// denied.
	RolloutUID string
	Operation  string
	User       string
	// Authenticated says that the review came from the API server for certain: otherwise
	// whoever reaches the webhook's port may have made it up, the user included. What Seawall
	// finds by itself is authenticated.
	Authenticated bool
	DryRun        bool
	// Policy is the one that explains the action; empty when none judged the write.
	Policy  string
	Message string
	// Withheld is what the message leaves out, because it is about the inventory: it is in the log,
	// which is the operator's own, and nowhere else.
	Withheld string
	// Override is the namespace/name of the WaveOverride that let the write pass, and
	// OverrideReason what it says about why; empty when none was used.
	Override       string
	OverrideReason string
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

// APIVersion returns that of the rollout.
func (r Record) APIVersion() string {
	if r.Group == "" {
		return r.Version
	}
	return r.Group + "/" + r.Version
}

// Writer returns by whom the record is, as far as that is certain: all that nobody has
// authenticated are by the same.
func (r Record) Writer() string {
	if !r.Authenticated {
		return ""
	}
	return "user " + r.User
}

// Mended tells whether a record of the re-count says that nothing is wrong any more.
func (r Record) Mended() bool {
	return r.Operation == Recount && r.Action == Allow && r.Override == ""
}

// Episode tells whether a record is about starts that wait, and not about one decision.
func (r Record) Episode() bool { return r.Operation == Hold || r.Operation == Halt }

// Notable tells whether a record is kept as an object of the API server: an Event, a Report.
// All others are in the log and in the metrics only. Nothing is written on dry-run.
func (r Record) Notable() bool {
	return !r.DryRun && (r.Action != Allow || r.Override != "" || r.Operation == Recount || r.Episode())
}

// Alike returns the record without what tells one decision from another that is the same in
// every respect but when it was made: two records are alike if what it returns is equal.
func (r Record) Alike() Record {
	r.UID, r.Time, r.Duration, r.Phases = "", time.Time{}, 0, Phases{}
	return r
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
