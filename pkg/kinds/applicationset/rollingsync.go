package applicationset

import (
	"math"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// noStep is the step of an Application that no step of a RollingSync selects.
const noStep = -1

// strategy is what is read of spec.strategy.
type strategy struct {
	present bool
	// rolling says that the spec asks for a RollingSync with at least one step; without
	// progressive syncs on the controller it is ignored all the same.
	rolling bool
	// reverse says that the Applications are deleted one by one.
	reverse bool
	steps   []rolloutStep
}

// rolloutStep is an entry of spec.strategy.rollingSync.steps.
type rolloutStep struct {
	expressions []expression
	maxUpdate   *intstr.IntOrString
}

func decodeStrategy(spec *specification, tree value) error {
	field := tree.field("strategy")
	if _, err := field.object(); err != nil || field.absent() {
		return err
	}
	sort, err := field.field("type").text()
	if err != nil {
		return err
	}
	order, err := field.field("deletionOrder").text()
	if err != nil {
		return err
	}
	rolling := field.field("rollingSync")
	if _, err := rolling.object(); err != nil {
		return err
	}
	items := rolling.field("steps")
	entries, err := items.list()
	if err != nil {
		return err
	}
	steps := make([]rolloutStep, len(entries))
	for i := range entries {
		if steps[i], err = decodeStep(items.item(i)); err != nil {
			return err
		}
	}
	spec.strategy = strategy{
		present: true,
		rolling: sort == "RollingSync" && len(steps) > 0,
		reverse: strings.EqualFold(order, "Reverse"),
		steps:   steps,
	}
	return nil
}

func decodeStep(field value) (step rolloutStep, err error) {
	if _, err = field.object(); err != nil {
		return step, err
	}
	expressions := field.field("matchExpressions")
	items, err := expressions.list()
	if err != nil {
		return step, err
	}
	for i := range items {
		decoded, err := decodeExpression(expressions.item(i))
		if err != nil {
			return step, err
		}
		step.expressions = append(step.expressions, decoded)
	}
	switch maxUpdate := field.field("maxUpdate"); raw := maxUpdate.raw.(type) {
	case nil:
	case string:
		step.maxUpdate = &intstr.IntOrString{Type: intstr.String, StrVal: raw}
	case float64:
		if raw != math.Trunc(raw) || math.Abs(raw) > math.MaxInt32 {
			return step, maxUpdate.wrong("a whole number or a percentage")
		}
		step.maxUpdate = &intstr.IntOrString{Type: intstr.Int, IntVal: int32(raw)}
	default:
		return step, maxUpdate.wrong("a whole number or a percentage")
	}
	return step, nil
}

// step returns the first step that selects an Application (Argo CD's
// applicationset/progressivesync/progressive_sync.go, buildAppDependencyList).
func (s *strategy) step(labels map[string]string) int {
	return slices.IndexFunc(s.steps, func(step rolloutStep) bool {
		for _, expression := range step.expressions {
			if !expression.selects(labels) {
				return false
			}
		}
		return true
	})
}

// selects is not what a label selector does: Argo CD knows only In and NotIn, and an
// operator it does not know fails where there is a label and passes where there is none.
func (e expression) selects(labels map[string]string) bool {
	text, found := labels[e.key]
	switch {
	case !found:
		return e.operator != "In"
	case e.operator == "In":
		return slices.Contains(e.values, text)
	case e.operator == "NotIn":
		return !slices.Contains(e.values, text)
	default:
		return false
	}
}

// window returns how many of a step's Applications Argo CD syncs at once, given how many
// there are (progressive_sync.go, UpdateApplicationSetApplicationStatusProgress): what is
// not set is all of them, and any string other than "0%" is at least 1, valid or not.
func (s rolloutStep) window(total int) int {
	if s.maxUpdate == nil {
		return total
	}
	scaled, err := intstr.GetScaledValueFromIntOrPercent(s.maxUpdate, total, false)
	if err != nil {
		scaled = 0
	}
	if s.maxUpdate.Type == intstr.String && s.maxUpdate.StrVal != "0%" {
		scaled = max(scaled, 1)
	}
	return min(max(scaled, 0), total)
}

// totals counts Applications by step. Argo CD counts those of no step into the first
// (the zero value of a Go map), which widens its window.
type totals struct {
	side      *side
	steps     []int
	unmatched int
}

func newTotals(s *side) *totals {
	return &totals{side: s, steps: make([]int, len(s.spec.strategy.steps))}
}

func (t *totals) add(app *app) {
	if step := t.side.step(app); step != noStep {
		t.steps[step]++
	} else {
		t.unmatched++
	}
}

// totals counts all Applications of the side.
func (s *side) totals() *totals {
	all := newTotals(s)
	for i := range s.apps.list {
		all.add(&s.apps.list[i])
	}
	return all
}

// reach returns, by step, how many Applications are in flight together at most: none from
// the first gate on, which is a step of some Applications and a window of none.
func (s *strategy) reach(totals *totals) []int {
	reach := make([]int, len(s.steps))
	for i, step := range s.steps {
		total := totals.steps[i]
		if i == 0 {
			total += totals.unmatched
		}
		// The unmatched widen the window, but the step is no larger.
		window := step.window(total)
		reach[i] = min(window, totals.steps[i])
		if window == 0 && totals.steps[i] > 0 {
			return reach
		}
	}
	return reach
}
