package applicationset

import (
	"bytes"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// tally counts the affected Applications of a step by what a policy asks of them.
type tally struct {
	kinds []tallied
	index map[tallyKey]int
	// last is where the one before was counted: most are alike.
	last int
}

type tallyKey struct {
	effect effect
	// rate is the success rate that the cluster's Secret claims.
	rate string
}

type tallied struct {
	tallyKey

	count int
	// first is the first one by name, and of its side.
	first *app
	of    *side
}

func (t *tally) add(reading *reading, of *side, app *app) {
	key := tallyKey{effect: app.effect}
	if app.cluster != (clusterRef{}) {
		key.rate = reading.cluster(app.cluster).SuccessRate()
	}
	if t.last >= len(t.kinds) || t.kinds[t.last].tallyKey != key {
		t.last = t.find(key)
	}
	kind := &t.kinds[t.last]
	kind.count++
	if kind.first == nil || bytes.Compare(of.apps.name(app), kind.of.apps.name(kind.first)) < 0 {
		kind.first, kind.of = app, of
	}
}

func (t *tally) find(key tallyKey) int {
	if t.index == nil {
		t.index = map[tallyKey]int{}
	}
	at, found := t.index[key]
	if !found {
		at = len(t.kinds)
		t.index[key] = at
		t.kinds = append(t.kinds, tallied{tallyKey: key})
	}
	return at
}

// groups returns what was counted, in the order of the first names.
func (t *tally) groups(reading *reading) []rollout.Group {
	if len(t.kinds) == 0 {
		return nil
	}
	groups := make([]rollout.Group, 0, len(t.kinds))
	for _, kind := range t.kinds {
		groups = append(groups, rollout.Group{Target: reading.target(kind.of, kind.first), Count: kind.count})
	}
	slices.SortFunc(groups, func(a, b rollout.Group) int { return strings.Compare(a.Name, b.Name) })
	return groups
}
