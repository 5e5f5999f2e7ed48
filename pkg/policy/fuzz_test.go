package policy_test

import (
	"encoding/json"
	"testing"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// FuzzCompile holds that no policy takes a replica down, its CEL expressions included, and that one which cannot be read
// is there all the same, to refuse.
func FuzzCompile(f *testing.F) {
	for _, spec := range []string{
		`{"maxWaveFailureProbability":"0.2","match":{"kinds":[{"group":"argoproj.io","kind":"ApplicationSet"}],"objectSelector":{"matchLabels":{"a":"b"}}}}`,
		`{"maxWaveFailureProbability":"20%","matchConditions":[{"name":"a","expression":"object.spec.x.all(i, i > request.y)"}]}`,
		`{"maxRolloutFailureProbability":"1","successRate":{"default":"0.99","max":"0.9"},"toleratedFailures":2,"writeWindow":{"seconds":60,"groupBy":{"source":"Namespace"}}}`,
		`{"syncGate":{"groupBy":[{"source":"ApplicationLabel","key":"env"}],"order":{"source":"Project","values":["a"]},"healthTimeoutSeconds":1}}`,
	} {
		f.Add([]byte(spec), []byte(`{"spec":{"x":[1,2]}}`))
	}
	f.Fuzz(func(t *testing.T, spec, object []byte) {
		var source v1alpha1.WavePolicy
		if json.Unmarshal(spec, &source.Spec) != nil {
			return
		}
		compiled, err := policy.Compile(&source)
		if compiled == nil {
			t.Fatalf("no policy: %v", err)
		}
		var read map[string]any
		_ = json.Unmarshal(object, &read)
		compiled.Selects(t.Context(), policy.Subject{
			Kind: applicationSets, Operation: rollout.Update,
			Variables: func() map[string]any { return map[string]any{"object": read, "oldObject": read, "request": read} },
		})
		compiled.Cautions(t.Context())
	})
}
