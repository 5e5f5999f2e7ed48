package recount

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	// longestPreview is the most time that a preview takes; it also takes no more than half
	// of what its request has left.
	longestPreview = 2 * time.Second
	// previews is how many are made at once. Each reads rollouts from the API server.
	previews = 2
	// namedRollouts is how many rollouts a warning names.
	namedRollouts = 5
	// longestWarning is what an API server leaves of a warning when there are many, in bytes
	// here, of which characters have one or more.
	longestWarning = 256
)

// Preview tells what another policy would make of the rollouts that exist. It reads them when
// it is asked, so that every replica can tell, whichever of them runs the re-count.
type Preview struct {
	evaluator *evaluate.Evaluator
	kinds     Kinds
	rollouts  *Rollouts
	places    chan struct{}
}

// NewPreview returns the preview of what replaces the policies of an evaluator.
func NewPreview(evaluator *evaluate.Evaluator, kinds Kinds, rollouts *Rollouts) *Preview {
	return &Preview{evaluator: evaluator, kinds: kinds, rollouts: rollouts, places: make(chan struct{}, previews)}
}

// outlook is what has been found.
type outlook struct {
	action policy.Action
	// matched is the number of rollouts that the policy matches, stricter that of those for
	// which it asks for a stricter action than before; names are some of these.
	matched, stricter int
	names             []string
	// unserved are the kinds that the policy names and the API server does not serve.
	unserved []string
	// cut says that the time was over before all were seen.
	cut bool
}

// Warnings tells the author of a policy which rollouts it would judge more strictly than
// before, given the policy that it replaces, which may be nil. It says nothing if there are
// none.
func (p *Preview) Warnings(ctx context.Context, before, after *policy.Policy) []string {
	ctx, cancel := context.WithTimeout(ctx, budget(ctx))
	defer cancel()
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		return []string{"which rollouts this affects is not known: too many policies are written at once"}
	}
	found, err := p.look(ctx, before, after)
	if err != nil {
		return []string{cut("which rollouts this affects is not known: "+strings.Join(strings.Fields(err.Error()), " "), longestWarning)}
	}
	return found.warnings()
}

func budget(ctx context.Context) time.Duration {
	deadline, limited := ctx.Deadline()
	if !limited {
		return longestPreview
	}
	return min(longestPreview, time.Until(deadline)/2) //nolint:mnd // half
}

func (p *Preview) look(ctx context.Context, before, after *policy.Policy) (outlook, error) {
	found := outlook{action: policy.Allow}
	only := &policy.Set{}
	only.Put(after)
	for _, kind := range atRest(p.kinds) {
		if len(only.Candidates(kind.GroupKind(), rollout.Update)) == 0 {
			continue
		}
		was := p.before(kind, before, after.Name)
		for rollout, err := range p.rollouts.all(ctx, kind) {
			if err == nil {
				err = p.compare(ctx, kind, rollout, was, after, &found)
			}
			switch {
			case errors.Is(err, errNotServed):
				if slices.Contains(after.UnknownKinds(nil), kind.GroupKind()) {
					found.unserved = append(found.unserved, kind.GroupKind().String())
				}
			case err != nil && ctx.Err() != nil:
				found.cut = true
				return found, nil
			case err != nil:
				return found, err
			}
		}
	}
	return found, nil
}

// before returns what has judged the rollouts of a kind so far. What is replaced is what the
// API server says, not what has been read of it.
func (p *Preview) before(kind rollout.Kind, replaced *policy.Policy, name string) []*policy.Policy {
	var was []*policy.Policy
	for _, candidate := range p.evaluator.Policies.Candidates(kind.GroupKind(), rollout.Update) {
		if candidate.Name != name {
			was = append(was, candidate)
		}
	}
	if replaced != nil {
		was = append(was, replaced)
	}
	return was
}

// compare adds a rollout to what has been found.
func (p *Preview) compare(
	ctx context.Context, kind rollout.Kind, found existing, was []*policy.Policy, after *policy.Policy, into *outlook,
) error {
	counted, err := found.count(ctx, p.evaluator, kind.GroupKind(), []*policy.Policy{after}, &audit.Phases{})
	if err != nil || counted == nil {
		return err
	}
	into.matched++
	decision := counted.Conclude(ctx, []*policy.Policy{after}).Decision
	earlier := counted.Conclude(ctx, was).Decision
	if decision.Action >= earlier.Action {
		return nil
	}
	into.action = decision.Action // a policy has one action that is not Allow
	if into.stricter++; len(into.names) < namedRollouts {
		into.names = append(into.names, kind.Name+" "+strings.TrimPrefix(found.key().String(), "/"))
	}
	return nil
}

func (o outlook) warnings() []string {
	warnings := o.judged()
	for _, kind := range o.unserved {
		warnings = append(warnings, "spec.match: this API server does not serve "+kind+", so that the policy is void for it until it does")
	}
	return warnings
}

// judged tells of the rollouts that there are.
func (o outlook) judged() []string {
	quantity := fmt.Sprintf("%d of %d rollouts", o.stricter, o.matched)
	tail := ""
	switch {
	case o.stricter == 0 && !o.cut:
		return nil
	case o.cut && o.matched == 0:
		return []string{"which rollouts this affects is not known: there was no time to look"}
	case o.cut:
		quantity = fmt.Sprintf("at least %d of the first %d rollouts", o.stricter, o.matched)
		tail = " (no time to look at all)"
	}
	does := map[policy.Action]string{
		policy.Deny: "would now be denied", policy.Warn: "would now get a warning", policy.Audit: "would now be recorded as violations",
	}[o.action]
	if o.stricter == 0 {
		return []string{fmt.Sprintf("none of the first %d rollouts is affected%s", o.matched, tail)}
	}
	return []string{named(quantity+" "+does, o.names, o.stricter, tail)}
}

// named names as many rollouts as there is room for.
func named(what string, names []string, total int, tail string) string {
	text := what + tail
	for i := range names {
		longer := what + ": " + strings.Join(names[:i+1], ", ")
		if more := total - i - 1; more > 0 {
			longer += fmt.Sprintf(" and %d more", more)
		}
		if longer += tail; len(longer) > longestWarning {
			break
		}
		text = longer
	}
	return text
}

// cut shortens a text that is not Seawall's own to so many bytes.
func cut(text string, longest int) string {
	const ellipsis = "…"
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest-len(ellipsis)], "") + ellipsis
}
