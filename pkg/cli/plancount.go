package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// count finds out what the rollout reaches, or takes --environments for it.
func (s *subject) count(ctx context.Context, o *planOptions) error {
	judged, err := s.judge(ctx, s.document.JSON, o.namespace, 0)
	if err != nil {
		return err
	}
	if len(judged.Missing) == 0 && judged.Decision.Verdict.Reason != policy.Unresolved && judged.Change.Affected() > 0 {
		s.change = judged.Change
		if o.environments > 0 && o.environments != judged.Change.Affected() {
			return fmt.Errorf("--environments is %d: %s has %d, by what was counted", o.environments, s.document.Identity, judged.Change.Affected())
		}
		return nil
	}
	if o.environments == 0 {
		return s.uncounted(judged)
	}
	s.declared = o.environments
	if judged, err = s.judge(ctx, s.document.JSON, o.namespace, s.declared); err != nil {
		return err
	}
	s.change = judged.Change
	// Where nothing tells the reader how declared environments are paced, the field itself has to.
	s.assumed = s.document.GroupKind().Kind != "ApplicationSet" || judged.Change.Affected() == 0
	if judged.Change.Affected() == 0 {
		s.change = assumption(s.declared, s.declared)
	}
	return nil
}

func (s *subject) uncounted(judged offline.Judgement) error {
	why := judged.Decision.Verdict.Message
	if len(judged.Missing) > 0 {
		why = strings.Join(judged.Missing, ", ") + " are not in the inventory"
	}
	if why == "" {
		why = "it syncs none by itself"
	}
	return fmt.Errorf("the environments of %s cannot be counted (%s): want their number with --environments, or --inventory",
		s.document.Identity, why)
}

// assumption is a rollout of n environments, so many of which are in flight together.
func assumption(n, window int) rollout.Change {
	return rollout.Change{Environments: n, Steps: []rollout.Step{{Declared: n, InFlight: min(n, window)}}}
}

// judge judges a write that changes all environments of the rollout, or else one that creates it.
func (s *subject) judge(ctx context.Context, text []byte, namespace string, declared int) (offline.Judgement, error) {
	object, err := s.object(text, declared)
	if err != nil {
		return offline.Judgement{}, err
	}
	kind := s.document.GroupKind()
	if object.Metadata.Namespace == "" && s.world.Kinds.Lookup(kind).Namespaced {
		object.Metadata.Namespace = namespace
	}
	judged, err := s.world.Judge(ctx, evaluate.Existing(kind, object, nil))
	if err != nil || judged.Decision.Verdict.Reason != policy.NoChange {
		return judged, err
	}
	return s.world.Judge(ctx, created(evaluate.Existing(kind, object, nil)))
}

// created returns the write that creates what another one rewrites.
func created(write evaluate.Write) evaluate.Write {
	write.Operation, write.OldObject, write.Rewritten = rollout.Create, nil, false
	return write
}

// wave returns all environments with their rates: those of the inventory, or else that of the rollout.
func (s *subject) wave() (risk.Wave, error) {
	var all []risk.Wave
	for _, step := range s.change.Steps {
		wave, err := s.waveOf(step)
		if err != nil {
			return risk.Wave{}, err
		}
		all = append(all, wave)
	}
	return risk.Join(all...), nil
}

func (s *subject) waveOf(step rollout.Step) (risk.Wave, error) {
	groups := []risk.Group{{Rate: s.rate, Count: step.Declared + step.Gone}}
	for group := range step.Grouped() {
		rate := s.rate
		if group.SuccessRate != "" {
			var err error
			if rate, err = risk.ParseRate(group.SuccessRate); err != nil {
				return risk.Wave{}, errors.Join(fmt.Errorf("annotation %s of %s", v1alpha1.SyncSuccessRateAnnotation, group.Source), err)
			}
		}
		groups = append(groups, risk.Group{Rate: rate, Count: group.Count})
	}
	return risk.Mixed(groups...), nil
}

// object cuts the rollout, with a namespace, and with an annotation of its environments if they are not
// counted.
func (s *subject) object(text []byte, declared int) (*rollout.Object, error) {
	if declared > 0 {
		var object map[string]any
		if err := json.Unmarshal(text, &object); err != nil {
			return nil, err
		}
		metadata, _ := object["metadata"].(map[string]any)
		annotations, _ := metadata["annotations"].(map[string]any)
		if annotations == nil {
			annotations = map[string]any{}
			metadata["annotations"] = annotations
		}
		annotations[v1alpha1.EnvironmentsAnnotation] = strconv.Itoa(declared)
		var err error
		if text, err = json.Marshal(object); err != nil {
			return nil, err
		}
	}
	return rollout.Cut(text)
}
