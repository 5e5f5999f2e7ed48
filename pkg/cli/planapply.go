package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/pace"
	"github.com/seawall-dev/seawall/pkg/plan"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// apply makes the file anew, and judges what it then holds. Nothing is written yet.
func (o *planOptions) apply(ctx context.Context, found *subject, made plan.Plan) (*written, error) {
	var object map[string]any
	if err := json.Unmarshal(found.document.JSON, &object); err != nil {
		return nil, err
	}
	wanted := pace.Wanted{Environments: made.Environments, Largest: made.Largest}
	for _, wave := range made.Waves {
		if wave.Size < made.Largest && wave.Number < len(made.Waves) {
			wanted.Ramp = append(wanted.Ramp, wave.Size)
		}
	}
	for _, step := range found.change.Steps {
		wanted.Remedies = append(wanted.Remedies, step.PaceRemedy)
	}
	setting, err := pace.Set(found.document.GroupKind(), object, wanted)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.file, err)
	}
	if found.progressive {
		o.note("it is taken for granted that the ApplicationSet controller has progressive syncs enabled (--argocd-progressive-syncs)")
	}
	result := &written{file: o.file, before: found.text, edits: setting.Edits}
	if result.after, err = found.splice(setting.Edits); err != nil {
		return nil, fmt.Errorf("%s: %w", o.file, err)
	}
	return result, o.rejudge(ctx, found, result.after, setting.Window)
}

// rejudge refuses what would not pass.
func (o *planOptions) rejudge(ctx context.Context, found *subject, text []byte, window int) error {
	parsed := manifest.Parse(o.file, text)
	var now *manifest.Document
	for _, document := range parsed.Documents {
		if document.Identity == found.document.Identity {
			now = document
		}
	}
	if now == nil || len(parsed.Problems) > 0 {
		return fmt.Errorf("%s: what would be written cannot be read: it is not written", o.file)
	}
	decide := o.counted
	if found.assumed {
		decide = func(_ context.Context, found *subject, now *manifest.Document) (policy.Decision, error) {
			return o.supposed(found, now, window)
		}
	}
	decision, err := decide(ctx, found, now)
	if err != nil {
		return err
	}
	if decision.Action == policy.Deny {
		return &ExitError{ExitDenied, fmt.Errorf("%s would still be denied, so nothing is written: %s", now.Identity, decision.Verdict.Message)}
	}
	return nil
}

// supposed judges a rollout that could not be counted by what is known of its window.
func (o *planOptions) supposed(found *subject, now *manifest.Document, window int) (policy.Decision, error) {
	object, err := found.object(now.JSON, 0)
	if err != nil {
		return policy.Decision{}, err
	}
	o.note(fmt.Sprintf("the environments of %s were not counted: judged as %d of which %d are in flight together",
		now.Identity, found.declared, window))
	return policy.Decide(policy.Judge(found.world.Policies, policy.Case{
		Change: assumption(found.declared, window), Metadata: object.Metadata, Stored: object.Metadata.Annotations,
	})), nil
}

// counted judges a rollout as the webhook does.
func (o *planOptions) counted(ctx context.Context, found *subject, now *manifest.Document) (policy.Decision, error) {
	judged, err := found.judge(ctx, now.JSON, o.namespace, found.declared)
	if err != nil {
		return policy.Decision{}, err
	}
	if found.declared > 0 {
		o.note(fmt.Sprintf("where the webhook cannot count either, the rollout needs annotation %s: %q",
			v1alpha1.EnvironmentsAnnotation, strconv.Itoa(found.declared)))
	}
	return judged.Decision, o.noteCreated(ctx, found, now)
}

// noteCreated says so where the pace is none for those who create the rollout: some systems pace changes only.
func (o *planOptions) noteCreated(ctx context.Context, found *subject, now *manifest.Document) error {
	object, err := found.object(now.JSON, found.declared)
	if err != nil {
		return err
	}
	if object.Metadata.Namespace == "" && found.world.Kinds.Lookup(now.GroupKind()).Namespaced {
		object.Metadata.Namespace = o.namespace
	}
	judged, err := found.world.Judge(ctx, created(evaluate.Existing(now.GroupKind(), object, nil)))
	if err == nil && judged.Decision.Action == policy.Deny && len(judged.Missing) == 0 {
		o.note("a change of it passes, but not its creation: " + judged.Decision.Verdict.Message)
	}
	return err
}
