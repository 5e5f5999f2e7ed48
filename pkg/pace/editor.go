package pace

import (
	"math"
	"strconv"
	"strings"

	"github.com/seawall-dev/seawall/pkg/splice"
)

// editor collects what to set of an object.
type editor struct {
	kind   string
	object map[string]any
	wanted Wanted
	edits  []splice.Edit
	window int
}

// zero says what a rollout system makes of a window of 0 or less.
type zero bool

const (
	// holds: nothing ever starts, which is slow enough.
	holds zero = true
	// bounded: there is no window, or another one.
	bounded zero = false
)

// limit sets a window, unless there is one that is as small.
func (e *editor) limit(most int, none zero, path ...string) {
	if current, is := e.current(path); is && (current > 0 || none == holds) && current <= most {
		e.window = max(e.window, current)
		return
	}
	e.window = max(e.window, most)
	e.edits = append(e.edits, splice.Edit{Path: path, Value: most})
}

// current returns the window that a field makes of all environments, rounded up.
func (e *editor) current(path []string) (window int, is bool) {
	switch value := e.at(path...).(type) {
	case float64:
		return int(value), value == math.Trunc(value) && math.Abs(value) <= math.MaxInt32
	case string:
		number, found := strings.CutSuffix(value, "%")
		percent, err := strconv.ParseFloat(number, 64)
		if !found || err != nil || math.IsNaN(percent) || math.Abs(percent) > 100 {
			return 0, false
		}
		// A system rounds as it does; 0 of a small percentage may be 1.
		window = int(math.Ceil(percent / 100 * float64(e.wanted.Environments)))
		return max(window, 1), window > 0
	default:
		return 0, false
	}
}

// ramp returns the window of one of so many steps: the first are as small as the first waves, the last
// is for all that are left.
func (e *editor) ramp(step, steps int) int {
	if step < steps-1 && step < len(e.wanted.Ramp) {
		return e.wanted.Ramp[step]
	}
	return e.wanted.Largest
}

func (e *editor) set(value any, path ...string) {
	e.edits = append(e.edits, splice.Edit{Path: path, Value: value})
}

// at returns what stands at a path; nil where there is nothing.
func (e *editor) at(path ...string) any {
	var at any = e.object
	for _, step := range path {
		switch of := at.(type) {
		case map[string]any:
			at = of[step]
		case []any:
			number, err := strconv.Atoi(step)
			if err != nil || number < 0 || number >= len(of) {
				return nil
			}
			at = of[number]
		default:
			return nil
		}
	}
	return at
}

func (e *editor) text(path ...string) string {
	text, _ := e.at(path...).(string)
	return text
}

// items returns how many items a list has.
func (e *editor) items(path ...string) int {
	list, _ := e.at(path...).([]any)
	return len(list)
}

// filled tells whether there is a map or list that holds anything.
func (e *editor) filled(path ...string) bool {
	switch at := e.at(path...).(type) {
	case map[string]any:
		return len(at) > 0
	case []any:
		return len(at) > 0
	default:
		return false
	}
}
