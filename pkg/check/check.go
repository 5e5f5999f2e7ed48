// Package check judges manifests before they reach a cluster: what a change of files would do, and
// what Seawall's webhook would say of it.
package check

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// APIVersion is that of what is told of checks to programs.
const APIVersion = "cli.seawall.dev/v1alpha1"

// Checker judges manifests.
type Checker struct {
	World *offline.World
	// Namespace is that of rollouts that name none, though their kind is of namespaces.
	Namespace string
	// Stored, if not nil, answers what there is of a rollout now, in place of what was there before.
	Stored Stored
	// Progress, if not nil, is told how many rollouts of all have been judged.
	Progress func(judged, all int)
}

// Result is what became of one rollout.
type Result struct {
	// File and Line say where the field stands that would mend it, or else the rollout.
	File string `json:"file"`
	Line int    `json:"line"`
	// Record is the decision, as the webhook would keep it.
	Record audit.Record `json:"-"`
	// Warnings are what the webhook would warn of.
	Warnings []string `json:"warnings,omitempty"`
	// Missing are the resources that the webhook would have asked, and of which nothing is known.
	Missing []string `json:"missing,omitempty"`
	// Unread says why nobody knows what is there of it, if that is what is missing.
	Unread error `json:"-"`
	// Err says why it could not be judged at all.
	Err error `json:"-"`
}

// Outcome is what a result comes to.
type Outcome string

const (
	// Denied says that the webhook would refuse the write.
	Denied Outcome = "Denied"
	// Warned says that it would warn of it.
	Warned Outcome = "Warned"
	// Audited says that it would record it, and say nothing.
	Audited Outcome = "Audited"
	// Allowed says that it would have no objection.
	Allowed Outcome = "Allowed"
	// Unknown says that inventory is missing that the webhook would have had.
	Unknown Outcome = "Unknown"
	// Failed says that it could not be judged.
	Failed Outcome = "Failed"
)

// Outcome returns what the result comes to.
func (r Result) Outcome() Outcome {
	switch {
	case r.Err != nil:
		return Failed
	case len(r.Missing) > 0:
		return Unknown
	}
	switch r.Record.Action {
	case audit.Deny:
		return Denied
	case audit.Warn:
		return Warned
	case audit.Audit:
		return Audited
	default:
		return Allowed
	}
}

// pair is a rollout as it was and as it is to be; one of them may be nil.
type pair struct {
	old, now *manifest.Document
	// unread says why the old one is not known.
	unread error
}

func (p pair) of() *manifest.Document {
	if p.now == nil {
		return p.old
	}
	return p.now
}

// Check judges the rollouts among documents, in their order, against those that were there before:
// none, so that each is created, where before is nil. What is no rollout is left out.
func (c *Checker) Check(ctx context.Context, documents, before []*manifest.Document) []Result {
	pairs := c.pairs(documents, before)
	if c.Stored != nil {
		c.fetch(ctx, pairs)
	}
	results := make([]Result, 0, len(pairs))
	for i, pair := range pairs {
		results = append(results, c.judge(ctx, pair))
		if c.Progress != nil {
			c.Progress(i+1, len(pairs))
		}
	}
	return results
}

// pairs brings rollouts together by kind, namespace and name; those that are gone come last.
func (c *Checker) pairs(documents, before []*manifest.Document) []pair {
	was := map[string]*manifest.Document{}
	for _, document := range c.rollouts(before) {
		was[c.key(document)] = document
	}
	var pairs []pair
	seen := map[string]bool{}
	for _, document := range c.rollouts(documents) {
		key := c.key(document)
		seen[key] = true
		pairs = append(pairs, pair{old: was[key], now: document})
	}
	for _, document := range c.rollouts(before) {
		if !seen[c.key(document)] {
			pairs = append(pairs, pair{old: document})
		}
	}
	return pairs
}

func (c *Checker) rollouts(documents []*manifest.Document) []*manifest.Document {
	var found []*manifest.Document
	for _, document := range documents {
		if c.World.Judges(document.GroupKind()) {
			found = append(found, document)
		}
	}
	return found
}

func (c *Checker) key(document *manifest.Document) string {
	return fmt.Sprint(document.GroupKind(), " ", c.namespace(document), "/", document.Name, document.GenerateName)
}

// namespace returns that of a rollout, empty for one that is of none.
func (c *Checker) namespace(document *manifest.Document) string {
	if !c.World.Kinds.Knows(document.GroupKind()) {
		return document.Namespace
	}
	if !c.World.Kinds.Lookup(document.GroupKind()).Namespaced {
		return ""
	}
	if document.Namespace != "" {
		return document.Namespace
	}
	return c.Namespace
}

// judge judges one rollout.
func (c *Checker) judge(ctx context.Context, pair pair) Result {
	write, err := c.write(pair)
	var judged offline.Judgement
	switch {
	case pair.unread != nil:
		write.Operation, judged = "", offline.Judgement{Judgement: evaluate.NotJudged()}
	case err == nil:
		judged, err = c.World.Judge(ctx, write)
	}
	return c.result(pair, write, judged, err)
}

// result tells of a judgement what is to be told.
func (c *Checker) result(pair pair, write evaluate.Write, judged offline.Judgement, err error) Result {
	document := pair.of()
	result := Result{File: document.File, Line: document.LineOf("metadata")}
	result.Err = err
	result.Record, result.Missing, result.Warnings = judged.Record(), judged.Missing, judged.Decision.Warnings
	if pair.unread != nil {
		result.Unread, result.Err = pair.unread, nil
		result.Missing = []string{c.World.Kinds.Lookup(document.GroupKind()).Resource + "." + document.GroupKind().Group}
		result.Record.Message = pair.unread.Error()
	}
	record := &result.Record
	kind := document.GroupKind()
	record.Group, record.Kind, record.Namespace, record.Name = kind.Group, kind.Kind, write.Namespace, write.Name
	record.Version = document.APIVersion[strings.LastIndex(document.APIVersion, "/")+1:]
	record.Operation = strings.ToUpper(string(write.Operation))
	if path := mentioned(record.Message); path != "" {
		result.Line = document.LineOf(path)
	}
	return result
}

// write returns the write that brings a rollout from what it was to what it is to be.
func (c *Checker) write(pair pair) (evaluate.Write, error) {
	document := pair.of()
	write := evaluate.Write{Kind: document.GroupKind(), Trial: true}
	write.Operation, write.Namespace, write.Name = rollout.Update, c.namespace(document), document.Name
	if write.Name == "" {
		write.Name = document.GenerateName
	}
	var oldErr, err error
	if pair.old == nil {
		write.Operation = rollout.Create
	} else {
		write.OldObject, oldErr = c.object(pair.old)
	}
	if pair.now == nil {
		write.Operation = rollout.Delete
	} else {
		write.Object, err = c.written(pair)
	}
	switch {
	case oldErr != nil:
		write.Unread = fmt.Errorf("old object: %w", oldErr)
	case err != nil:
		write.Unread = fmt.Errorf("object: %w", err)
	}
	if pair.old != nil && write.OldObject == nil || pair.now != nil && write.Object == nil {
		return write, write.Unread
	}
	return write, nil
}

var fieldPath = regexp.MustCompile(`\bspec(?:\.[A-Za-z][A-Za-z0-9-]*|\[\d+\])+|\bannotation ([a-z.]+/[a-z-]+)`)

// mentioned returns the path of the field that a message names last: that of its remedy, which comes
// behind what is wrong.
func mentioned(message string) string {
	found := fieldPath.FindAllStringSubmatch(message, -1)
	if len(found) == 0 {
		return ""
	}
	for _, match := range slices.Backward(found) {
		if strings.HasPrefix(match[0], "spec") {
			return match[0]
		}
	}
	return `metadata.annotations["` + found[0][1] + `"]`
}
