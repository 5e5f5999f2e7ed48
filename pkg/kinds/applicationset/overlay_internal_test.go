package applicationset

import (
	"maps"
	"reflect"
	"testing"

	"dario.cat/mergo"
	"pgregory.net/rapid"
)

// objects draws what JSON objects hold, and the maps of strings of a cluster's labels.
func objects(depth int) *rapid.Generator[map[string]any] {
	member := rapid.OneOf(
		rapid.SampledFrom([]any{"", "x", "y", 0.0, 1.0, true, false, nil}),
		rapid.SliceOfN(rapid.SampledFrom([]any{"p", nil, 0.0}), 0, 2).AsAny(),
	)
	if depth > 0 {
		member = rapid.OneOf(member, objects(depth-1).AsAny())
	}
	return rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), member, 0, 3)
}

// labelled adds a map of strings under a name that no other member has.
func labelled(t *rapid.T) map[string]any {
	members := objects(2).Draw(t, "members")
	if rapid.Bool().Draw(t, "labelled") {
		members["labels"] = rapid.MapOfN(rapid.SampledFrom([]string{"a", "b"}), rapid.SampledFrom([]string{"", "x", "y"}), 0, 2).Draw(t, "labels")
	}
	return members
}

// TestOverlaidIsWhatMergoMakes compares with the library that Argo CD merges parameters by.
func TestOverlaidIsWhatMergoMakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, over := labelled(t), labelled(t)
		made := 0
		got := overlaid(base, over, &made)
		baseCopy, overCopy := copied(base), copied(over)
		if err := mergo.Merge(&baseCopy, overCopy, mergo.WithOverride); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, baseCopy) {
			t.Fatalf("%v over %v is %v, mergo makes %v", over, base, got, baseCopy)
		}
		if made < len(base)+len(over) {
			t.Fatalf("%d members made of %d and %d", made, len(base), len(over))
		}
	})
}

// copied keeps what mergo changes in place from what it is given.
func copied(members map[string]any) map[string]any {
	all := make(map[string]any, len(members))
	for key, member := range members {
		switch member := member.(type) {
		case map[string]any:
			all[key] = copied(member)
		case map[string]string:
			all[key] = maps.Clone(member)
		default:
			all[key] = member
		}
	}
	return all
}
