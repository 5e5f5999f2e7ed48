package custom

import (
	"maps"
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// The members of a wave that is written as an object.
const (
	environmentsMember = "environments"
	inFlightMember     = "inFlight"
)

// plan is how a rollout is paced: in waves, each of which ends before the next begins.
type plan struct {
	waves []wave
	// wave is that of each environment, in the order of the side's names or of counting.
	wave []int
}

// wave is a part of a rollout. Until it is filled it says what it takes: those that are named,
// a number of those that no wave names, or all that are left.
type wave struct {
	named []string
	takes int
	rest  bool
	// window is how many are in flight together; 0 stands for all.
	window int
	// size is the number of environments in it.
	size int
}

// inFlight returns how many of so many environments of the wave are in flight together.
func (w wave) inFlight(of int) int {
	if w.window > 0 {
		return min(w.window, of)
	}
	return of
}

// plan reads what the expression of the waves yields. Environments that are in no wave are in a
// last one, all at once.
func (r *reader) plan(s *side) (plan, error) {
	rest := wave{rest: true}
	switch yields := s.waves.(type) {
	case nil:
		return fill([]wave{rest}, s), nil
	case int64:
		var inRange bool
		if rest.window, inRange = count(yields); !inRange || rest.window == 0 {
			return plan{}, r.unresolved("spec.waves", "yields %s: want a number from 1", r.number(yields))
		}
		return fill([]wave{rest}, s), nil
	case []any:
		waves := make([]wave, 0, len(yields)+1)
		for i, value := range yields {
			read, is := newWave(value)
			if !is || s.counted && read.named != nil {
				return plan{}, r.unresolved("spec.waves", "yields %s as wave %d: want a size from 1, a list of names, or an object with %s and %s",
					r.spell(value), i, environmentsMember, inFlightMember)
			}
			waves = append(waves, read)
		}
		return fill(append(waves, rest), s), nil
	default:
		return plan{}, r.unresolved("spec.waves", "yields %s: want a number, or a list of waves", r.spell(yields))
	}
}

// newWave reads one wave: environments, or an object that says how many of them are in flight
// together.
func newWave(value any) (read wave, valid bool) {
	members, isObject := value.(map[string]any)
	if !isObject {
		return newGate(value)
	}
	for name := range members {
		if name != environmentsMember && name != inFlightMember {
			return wave{}, false
		}
	}
	read = wave{rest: true}
	if environments, says := members[environmentsMember]; says {
		if read, valid = newGate(environments); !valid {
			return wave{}, false
		}
	}
	window := members[inFlightMember]
	if window == nil {
		return read, true
	}
	read.window, valid = count(window)
	return read, valid && read.window > 0
}

// newGate reads the environments of a wave: a size, or names.
func newGate(value any) (read wave, valid bool) {
	if size, isCount := count(value); isCount {
		return wave{takes: size}, size > 0
	}
	names, areNames := texts(value)
	return wave{named: append([]string{}, names...)}, areNames
}

// fill puts each environment into a wave: the first that names it, else the first that takes
// it. The last wave takes all that are left.
func fill(waves []wave, s *side) plan {
	result := plan{waves: waves, wave: make([]int, s.size())}
	naming := map[string]int{}
	for i, wave := range slices.Backward(waves) {
		for _, name := range wave.named {
			naming[name] = i
		}
	}
	next := 0
	for i := range result.wave {
		named := false
		if len(naming) > 0 {
			result.wave[i], named = naming[s.names[i]]
		}
		if !named {
			for !waves[next].rest && waves[next].takes == 0 {
				next++
			}
			waves[next].takes--
			result.wave[i] = next
		}
		waves[result.wave[i]].size++
	}
	return result
}

// sooner tells which environments that stay may sync sooner than before: those that no longer
// wait for another one, or that wait in a wider window. Each is an index in before and after.
func sooner(before, after plan, staying [][2]int) []bool {
	// latest is, by a wave before, the last wave now of what stays of the waves ahead of it.
	latest := make([]int, len(before.waves)+1)
	for _, at := range staying {
		ahead := &latest[before.wave[at[0]]+1]
		*ahead = max(*ahead, after.wave[at[1]]+1)
	}
	for i := 1; i < len(latest); i++ {
		latest[i] = max(latest[i], latest[i-1])
	}
	result := make([]bool, len(staying))
	for i, at := range staying {
		was, is := before.wave[at[0]], after.wave[at[1]]
		result[i] = latest[was] > is || wider(before.waves[was], after.waves[is], len(before.wave), len(after.wave))
	}
	return result
}

// wider tells whether a window that holds environments back lets more through. One that only
// grows with the number of all environments, as a percentage does, is as wide as before.
func wider(before, after wave, total, totalNow int) bool {
	old, now := before.inFlight(before.size), after.inFlight(after.size)
	if old >= before.size || now <= old {
		return false
	}
	return totalNow <= total || (now-1)*total >= old*totalNow
}

// staying pairs the indices of the environments that both sides have.
func staying(before, after *side) [][2]int {
	pairs := make([][2]int, 0, min(before.size(), after.size()))
	if before.counted || after.counted {
		for i := range cap(pairs) {
			pairs = append(pairs, [2]int{i, i})
		}
		return pairs
	}
	for i, name := range before.names {
		if j, stays := slices.BinarySearch(after.names, name); stays {
			pairs = append(pairs, [2]int{i, j})
		}
	}
	return pairs
}

// steps puts targets into the waves; names are all environments of the plan.
func (p plan) steps(names []string, targets []rollout.Target, remedy string) []rollout.Step {
	waves := make([][]rollout.Target, len(p.waves))
	for _, target := range targets {
		if i, in := slices.BinarySearch(names, target.Name); in {
			waves[p.wave[i]] = append(waves[p.wave[i]], target)
		}
	}
	all := make([]rollout.Step, len(waves))
	for i, targets := range waves {
		all[i] = rollout.AtOnce(targets, remedy)
		all[i].InFlight = p.waves[i].inFlight(len(targets))
	}
	return rollout.Steps(all...)
}

// stepsOf puts environments without names into the waves: so many of each.
func (p plan) stepsOf(affected map[int]int, remedy string) []rollout.Step {
	all := make([]rollout.Step, 0, len(affected))
	for _, i := range slices.Sorted(maps.Keys(affected)) {
		size := affected[i]
		all = append(all, rollout.Step{
			Declared: size, InFlight: p.waves[i].inFlight(size), PaceRemedy: remedy, SplitRemedy: remedy,
		})
	}
	return all
}
