package admission

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Preview tells the author of a policy what it would make of the rollouts that exist.
type Preview interface {
	// Warnings takes the policy that is replaced, which may be nil, and the one in its place.
	Warnings(ctx context.Context, before, after *policy.Policy) []string
}

// CheckWavePolicy compiles a WavePolicy and previews it. A write that leaves the spec as it
// is needs neither.
func CheckWavePolicy(preview Preview) Check {
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
		return nil, preview.Warnings(ctx, before, after), nil
	}
}
