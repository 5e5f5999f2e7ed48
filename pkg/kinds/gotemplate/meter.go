package gotemplate

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/seawall-dev/seawall/pkg/budget"
)

const (
	// renderBudget bounds what the functions of one template may read and make, in bytes.
	renderBudget = 4 << 20
	// RenderLimit bounds one rendered string, in bytes; etcd takes no larger object.
	RenderLimit = 1 << 20
	// nestingLimit bounds how deep a value may nest that a function reads or makes.
	nestingLimit = 100
	nodeWeight   = 16
)

var (
	errBudget  = fmt.Errorf("%w: a template needs more than 4 MiB of intermediate results", budget.ErrExceeded)
	errNesting = fmt.Errorf("%w: a template makes a value that nests deeper than 100 levels", budget.ErrExceeded)
	// ErrLimit says that a template renders to more than 1 MiB: no such object can be stored.
	ErrLimit = errors.New("renders to more than 1 MiB")
)

// meter stops a template that would eat the process: the template is its writer's code.
// It panics with an error, which text/template hands on as the error of the call.
type meter struct {
	account *budget.Account
	left    float64
}

func (m *meter) reset() { m.left = renderBudget }

func (m *meter) spend(cost float64) {
	m.left -= cost
	if !(m.left >= 0) {
		panic(errBudget)
	}
	m.must(m.account.Work(1 + int(cost)/nodeWeight))
}

// must ends a template with what has ended the review.
func (m *meter) must(err error) {
	if err != nil {
		panic(err)
	}
}

// weigh spends what a value weighs as a tree: a value that is reachable in two ways counts
// twice, because printing it prints it twice.
func (m *meter) weigh(v any) { m.spend(m.weight(v, 0)) }

func (m *meter) weight(v any, depth int) float64 {
	if depth > nestingLimit {
		panic(errNesting)
	}
	total := float64(nodeWeight)
	switch v := v.(type) {
	case string:
		return total + float64(len(v))
	case map[string]any:
		for key, member := range v {
			total += float64(len(key)) + m.weight(member, depth+1)
			m.afford(total)
		}
	case []any:
		for _, item := range v {
			total += m.weight(item, depth+1)
			m.afford(total)
		}
	case nil, bool, int, int64, float64:
	default:
		return m.weightOther(reflect.ValueOf(v), depth)
	}
	return total
}

func (m *meter) weightOther(v reflect.Value, depth int) float64 {
	total := float64(nodeWeight)
	switch v.Kind() { //nolint:exhaustive // what is nothing of these weighs as much as a node
	case reflect.String:
		total += float64(v.Len())
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); m.afford(total) {
			total += m.weight(entries.Key().Interface(), depth+1) + m.weight(entries.Value().Interface(), depth+1)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			total += m.weight(v.Index(i).Interface(), depth+1)
			m.afford(total)
		}
	}
	return total
}

// afford ends the weighing of a value that cannot be paid for.
func (m *meter) afford(total float64) {
	if total > m.left {
		panic(errBudget)
	}
}

// bounded is a writer that takes at most RenderLimit bytes.
type bounded struct{ bytes []byte }

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.bytes)+len(p) > RenderLimit {
		return 0, ErrLimit
	}
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}
