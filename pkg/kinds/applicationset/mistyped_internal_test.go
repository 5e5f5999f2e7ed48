package applicationset

import (
	"encoding/json"
	"testing"
)

func TestMistyped(t *testing.T) {
	for patch, want := range map[string]bool{
		`{"spec":{"source":{"helm":{"parameters":[{"name":"r","value":3}]}}}}`:                                 true,
		`{"spec":{"syncPolicy":{"automated":{"prune":"yes"}}}}`:                                                true,
		`{"metadata":{"annotations":{"auto":true}}}`:                                                           true,
		`{"spec":{"syncPolicy":{"automated":{"prune":true}}}}`:                                                 false,
		`{"metadata":{"annotations":{"prune":"true","value":"x"},"labels":{"recurse":"no"}}}`:                  false,
		`{"spec":{"source":{"kustomize":{"commonLabels":{"prune":"true"},"commonAnnotations":{"path":"x"}}}}}`: false,
		`{"spec":{"source":{"plugin":{"parameters":[{"name":"p","map":{"recurse":"x"}}]}}}}`:                   false,
		`{"spec":{"source":{"helm":{"valuesObject":{"value":3,"prune":"x"}}}}}`:                                false,
		`{"spec":{"syncPolicy":{"managedNamespaceMetadata":{"labels":{"prune":"x"}}}}}`:                        false,
	} {
		var tree map[string]any
		if err := json.Unmarshal([]byte(patch), &tree); err != nil {
			t.Fatal(err)
		}
		if got := mistyped("", tree); got != want {
			t.Errorf("%s: got %v", patch, got)
		}
	}
}
