package custom

import (
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// plan is how a rollout is paced: by at most one of window, sizes and named; all at once
// without any.
type plan struct {
	window int
	sizes  []int
	named  [][]string
	paced  bool
	// names are all environments in the order of the expression.
	names []string
	total int
}

// plan reads what the expression of the waves yields.
func (r *reader) plan(s *side) (plan, error) {
	result := plan{names: s.names, total: s.size()}
	switch waves := s.waves.(type) {
	case nil:
		return result, nil
	case int64:
		window, inRange := count(waves)
		if !inRange || window == 0 {
			return plan{}, r.unresolved("spec.waves", "yields %s: want a number from 1", r.number(waves))
		}
		result.paced, result.window = true, window
		return result, nil
	case []any:
		result.paced = true
		for i, wave := range waves {
			if !addWave(&result, wave, s.counted) {
				return plan{}, r.unresolved("spec.waves", "yields %s as wave %d: want all sizes from 1, or all lists of names", r.spell(wave), i)
			}
		}
		return result, nil
	default:
		return plan{}, r.unresolved("spec.waves", "yields %s: want a number, or a list of numbers or of lists of names", r.spell(waves))
	}
}

// addWave adds a wave, which must be like those before it: a size, or names where the
// environments have some.
func addWave(p *plan, wave any, counted bool) bool {
	if size, isCount := count(wave); isCount && size > 0 && p.named == nil {
		p.sizes = append(p.sizes, size)
		return true
	}
	names, areNames := texts(wave)
	if !areNames || p.sizes != nil || counted {
		return false
	}
	p.named = append(p.named, names)
	return true
}

// widest is the largest number of environments in flight together, and gates how many waves
// there are.
func (p plan) widest() (most, gates int) {
	switch {
	case !p.paced:
		return p.total, 1
	case p.window > 0:
		return min(p.window, p.total), 1
	}
	for _, size := range p.sizes {
		most = max(most, min(size, p.total))
	}
	for _, names := range p.named {
		most = max(most, len(names))
	}
	return most, len(p.sizes) + len(p.named)
}

// looser tells whether environments that wait under before may sync sooner.
func looser(before, after plan) bool {
	wide, gates := before.widest()
	wider, fewer := after.widest()
	return wider > wide || fewer < gates
}

// held returns the environments that are in no wave.
func (p plan) held() map[string]bool {
	held := map[string]bool{}
	if !p.paced || p.window > 0 {
		return held
	}
	wave := p.waveOf()
	for _, name := range p.names {
		if _, in := wave[name]; !in {
			held[name] = true
		}
	}
	return held
}

// steps puts targets into the waves; held are those in none.
func (p plan) steps(targets []rollout.Target, remedy string) (steps []rollout.Step, held int) {
	if !p.paced || p.window > 0 {
		step := rollout.AtOnce(targets, remedy)
		if p.window > 0 {
			step.InFlight = min(p.window, step.InFlight)
		}
		return rollout.Steps(step), 0
	}
	wave := p.waveOf()
	all := make([]rollout.Step, len(p.sizes)+len(p.named))
	for _, target := range targets {
		if index, in := wave[target.Name]; in {
			all[index].Targets = append(all[index].Targets, target)
		} else {
			held++
		}
	}
	for i := range all {
		all[i] = rollout.AtOnce(all[i].Targets, remedy)
	}
	return rollout.Steps(all...), held
}

// waveOf returns the first wave that each environment is in.
func (p plan) waveOf() map[string]int {
	wave := map[string]int{}
	for i, names := range p.named {
		for _, name := range names {
			if _, earlier := wave[name]; !earlier {
				wave[name] = i
			}
		}
	}
	next := 0
	for i, size := range p.sizes {
		for ; size > 0 && next < len(p.names); size-- {
			wave[p.names[next]] = i
			next++
		}
	}
	return wave
}

// stepsOf puts a number of environments into the waves; what is left over is a last one.
func (p plan) stepsOf(affected int, remedy string) []rollout.Step {
	var steps []rollout.Step
	add := func(size, window int) {
		size = min(size, affected)
		affected -= size
		steps = append(steps, rollout.Step{Declared: size, InFlight: min(window, size), PaceRemedy: remedy, SplitRemedy: remedy})
	}
	for _, size := range p.sizes {
		add(size, size)
	}
	if p.window > 0 {
		add(affected, p.window)
	}
	add(affected, affected)
	return rollout.Steps(steps...)
}
