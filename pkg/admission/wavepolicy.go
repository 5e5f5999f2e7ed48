package admission

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Preview tells the author of a policy what it would make of the rollouts that exist.
type Preview interface {
	// Warnings takes the policy that is replaced, which may be nil, and the one in its place.
	Warnings(ctx context.Context, before, after *policy.Policy) []string
}

// CheckWavePolicy compiles a WavePolicy, previews it and says what its author may not have meant,
// such as a kind that is not among those known, or a gate where Seawall gates nothing. A write that leaves the spec as it is needs none of
// that.
func CheckWavePolicy(preview Preview, known func() []rollout.Kind, gates bool) Check {
	return func(ctx context.Context, request admission.Request) (field.ErrorList, []string, error) {
		var source, stored v1alpha1.WavePolicy
		if err := json.Unmarshal(request.Object.Raw, &source); err != nil {
			return nil, nil, err
		}
		var before *policy.Policy
		if len(request.OldObject.Raw) > 0 {
			if err := json.Unmarshal(request.OldObject.Raw, &stored); err != nil {
				return nil, nil, err
			}
			if equality.Semantic.DeepEqual(stored.Spec, source.Spec) {
				return nil, nil, nil
			}
			before, _ = policy.Compile(&stored) // one that cannot be judged by is judged by, too
		}
		after, err := policy.Compile(&source)
		if err != nil {
			return nil, nil, fmt.Errorf("WavePolicy %s could not be judged by: %w", source.Name, err)
		}
		warnings := append(after.Cautions(ctx), unknownKinds(after, known())...)
		if after.Gate() != nil && !gates {
			warnings = append(warnings, "spec.syncGate: Seawall runs without its sync gate (value syncGate.enabled): no start is held")
		}
		return nil, append(warnings, preview.Warnings(ctx, before, after)...), nil
	}
}

// unknownKinds warns of kinds that no rollout is of, and names the one that may be meant.
func unknownKinds(compiled *policy.Policy, known []rollout.Kind) []string {
	judged := make([]schema.GroupKind, len(known))
	for i, kind := range known {
		judged[i] = kind.GroupKind()
	}
	unknown := compiled.UnknownKinds(judged)
	warnings := make([]string, len(unknown))
	for i, kind := range unknown {
		warnings[i] = fmt.Sprintf("spec.match: Seawall judges no %s, so that the policy is void for it", kind)
		if at := slices.IndexFunc(judged, func(one schema.GroupKind) bool { return resembles(kind, one) }); at >= 0 {
			warnings[i] += fmt.Sprintf(": did you mean %s?", judged[at])
		}
	}
	return warnings
}

// resembles tells whether a kind that somebody wrote differs from another by case, plural or group
// only.
func resembles(a, b schema.GroupKind) bool {
	return slices.Contains(singulars(a.Kind), strings.ToLower(b.Kind))
}

// singulars returns what a word may be a plural of, and the word itself, in lower case.
func singulars(word string) []string {
	word = strings.ToLower(word)
	found := []string{word, strings.TrimSuffix(word, "s"), strings.TrimSuffix(word, "es")}
	if stem, plural := strings.CutSuffix(word, "ies"); plural {
		found = append(found, stem+"y")
	}
	return found
}
