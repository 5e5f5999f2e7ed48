package starts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/gate"
)

const (
	// Released is the reason of the record that no start of a group waits any more.
	Released = "Released"
	// Resumed is that of the one that failures hold none any more.
	Resumed = "Resumed"
	// Beyond is the reason of the record that more is in flight than a policy that holds nothing would let be.
	Beyond = "BeyondLimit"
)

// ownedGroup is how the value of a group begins that is what belongs to one ApplicationSet.
const ownedGroup = "ApplicationSet "

// episode is what has changed of a Wave, which one replica writes, once: so that a start that is held is on the
// record once, however often it is tried.
type episode struct {
	wave          *v1alpha1.Wave
	before, after v1alpha1.WaveStatus
	held          waiting
	members       []gate.Ranked
	at            time.Time
}

// record records what has begun or is over: that starts wait, and that failures halt the others.
func (k *Keeper) record(ctx context.Context, of episode) {
	began, ended := of.after.HeldSince, of.before.HeldSince
	switch {
	case began != nil && ended == nil:
		k.Sink.Record(ctx, of.holds())
	case began == nil && ended != nil:
		k.Sink.Record(ctx, of.over(audit.Hold, Released, fmt.Sprintf("no start of %s waits any more, after %s.",
			of.group(), max(0, of.at.Sub(ended.Time)).Round(time.Second))))
	}
	switch {
	case of.after.HaltedBy != "" && of.before.HaltedBy == "":
		k.Sink.Record(ctx, of.halts())
	case of.after.HaltedBy == "" && of.before.HaltedBy != "":
		k.Sink.Record(ctx, of.over(audit.Halt, Resumed,
			fmt.Sprintf("no failure halts %s any more: it was halted by %s.", of.group(), of.named(of.before.HaltedBy))))
	}
}

// holds is the record that starts begin to wait.
func (e episode) holds() audit.Record {
	record, by := e.about(audit.Hold), e.held.by
	record.Action, record.Reason = actionOf(by), string(e.held.decision.Reason)
	limit := by.rule().Limit
	record.Limit = limit.Max.String()
	if e.held.decision.Reason == "" { // the policy holds none
		record.Reason = Beyond
		record.Message = fmt.Sprintf("%d more of %s are in flight than policy %q would allow at a limit of %s: it holds none.",
			e.held.count, e.group(), by.policy, limit.Max.Percent())
		return record
	}
	record.WaveEnvironments = e.held.decision.Wave.N()
	record.Environments = record.WaveEnvironments
	record.Probability = e.held.decision.Wave.ProbabilityOfMoreThan(max(0, limit.Tolerated))
	owned := e.owner() != ""
	wait, first := "1 waits", ""
	if e.held.count > 1 {
		wait = fmt.Sprintf("%d wait", e.held.count)
	}
	if owned {
		first = ", first " + e.held.first.Name
	}
	record.Message = wait + first + ": " + strings.TrimPrefix(e.held.decision.Say(gate.Words{
		Group: e.group(), Policy: by.policy, Limit: limit.Max.Percent(),
		Namable: func(gate.Environment) bool { return owned },
	}), "held: ") + e.see()
	return record
}

// halts is the record that failures begin to halt the others.
func (e episode) halts() audit.Record {
	record, by := e.about(audit.Halt), e.held.by
	record.Action, record.Reason = actionOf(by), string(gate.Halted)
	does := "halts the others until they succeed."
	if record.Action != audit.Deny {
		does = "would halt the others until they succeed, but holds none."
	}
	record.Message = fmt.Sprintf("%s failed, and policy %q %s%s", e.named(e.after.HaltedBy), by.policy, does, e.see())
	return record
}

// over is the record that something is over.
func (e episode) over(operation, reason, message string) audit.Record {
	record := e.about(operation)
	record.Action, record.Reason, record.Message = audit.Allow, reason, message
	return record
}

// about returns a record about the ApplicationSet that the group belongs to; of any other, about the Wave.
func (e episode) about(operation string) audit.Record {
	record := audit.Record{
		Time: e.at, Operation: operation, Authenticated: true, Policy: e.wave.Spec.PolicyName,
		Group: v1alpha1.GroupVersion().Group, Version: v1alpha1.GroupVersion().Version, Kind: "Wave",
		Name: e.wave.Name, RolloutUID: string(e.wave.UID),
	}
	if namespace, name, owned := strings.Cut(e.owner(), "/"); owned {
		record.Group, record.Kind, record.Namespace, record.Name, record.RolloutUID = "argoproj.io", "ApplicationSet", namespace, name, ""
		for _, member := range e.members {
			if member.Namespace == namespace && member.Rollout.Name == name {
				record.RolloutUID = string(member.Rollout.UID)
				break
			}
		}
	}
	return record
}

// owner returns the namespace/name of the ApplicationSet that the group belongs to; nothing if it is no single
// one's, whoever is in it now.
func (e episode) owner() string {
	for _, value := range e.wave.Spec.Group {
		if owner, is := strings.CutPrefix(value, ownedGroup); is {
			return owner
		}
	}
	return ""
}

// group says which environments they are.
func (e episode) group() string {
	if e.held.by.Gate != nil {
		return describe(e.held.by.By, gate.Group{Values: e.wave.Spec.Group})
	}
	return "those of " + strings.Join(e.wave.Spec.Group, ", ")
}

// named is a text with names, where whoever reads the record may read them.
func (e episode) named(text string) string {
	if e.owner() == "" {
		return "what is not named here"
	}
	return text
}

// see says where the names are that the message lacks.
func (e episode) see() string {
	if e.owner() != "" {
		return ""
	}
	return fmt.Sprintf(" See: kubectl get wave %s -o yaml", e.wave.Name)
}

// actionOf returns what a policy does about starts that should wait.
func actionOf(by named) string {
	switch {
	case by.rule().Holds:
		return audit.Deny
	case by.Warns():
		return audit.Warn
	default:
		return audit.Audit
	}
}
