package gotemplate

import (
	"errors"
	"math"
	"reflect"
	"strings"
)

// cost estimates, from the arguments of a call, how much it makes or how long it takes.
type cost func(m *meter, args []reflect.Value) float64

// costs holds the functions whose results may be far larger than their arguments.
func costs() map[string]cost {
	costs := map[string]cost{
		"printf": printfCost, "until": rangeCost, "untilStep": rangeCost, "seq": rangeCost,
		"fromYaml": yamlCost, "fromYamlArray": yamlCost,
	}
	for names, cost := range map[string]cost{
		`repeat indent nindent replace join wrapWith wrap
			randAlphaNum randAlpha randAscii randNumeric randBytes`: productCost,
		`regexMatch mustRegexMatch regexFindAll mustRegexFindAll regexFind mustRegexFind regexReplaceAll
			mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral regexSplit mustRegexSplit`: regexCost,
		"uniq mustUniq without mustWithout compact mustCompact has mustHas": squareCost,
		"add1f addf subf mulf divf":                                         decimalCost,
	} {
		for name := range strings.FieldsSeq(names) {
			costs[name] = cost
		}
	}
	return costs
}

// yamlCost is nothing that stays: what parsing takes beside its result is given back.
func yamlCost(m *meter, args []reflect.Value) float64 {
	m.must(m.account.Borrow(YAMLWeight(args[0].String())))
	return 0
}

// productCost is that of calls which may write one argument for every byte of another.
func productCost(m *meter, args []reflect.Value) float64 {
	product := 1.0
	for _, arg := range args {
		product *= 1 + size(m, arg)
	}
	return product
}

// regexCost is that of calls which may look at every byte of one argument for every state
// that another compiles to, and "(x{10}){10}" compiles to far more than its length.
func regexCost(m *meter, args []reflect.Value) float64 {
	return 16 * productCost(m, args)
}

func size(m *meter, arg reflect.Value) float64 {
	switch {
	case arg.CanInt():
		return math.Abs(float64(arg.Int()))
	case arg.Kind() == reflect.String:
		return float64(arg.Len())
	default:
		return m.weight(arg.Interface(), 0) / nodeWeight
	}
}

// squareCost is that of calls which compare every item of a list with every other.
func squareCost(m *meter, args []reflect.Value) float64 {
	total := 0.0
	for _, arg := range args {
		total += m.weight(arg.Interface(), 0)
	}
	return total * total / nodeWeight / nodeWeight
}

// decimalCost is that of exact arithmetic, whose numbers get longer with every argument.
func decimalCost(_ *meter, args []reflect.Value) float64 {
	count := 1.0
	if last := args[len(args)-1]; last.Kind() == reflect.Slice {
		count += float64(last.Len())
	}
	return 300 * count * count
}

// rangeCost is that of listing numbers. Beyond 2³⁰ the loop in sprig may overflow and
// never end.
func rangeCost(_ *meter, args []reflect.Value) float64 {
	numbers := args
	if args[0].Kind() == reflect.Slice {
		numbers = make([]reflect.Value, args[0].Len())
		for i := range numbers {
			numbers[i] = args[0].Index(i)
		}
	}
	total := 0.0
	for _, number := range numbers {
		total += math.Abs(float64(number.Int()))
	}
	if total > 1<<30 {
		return math.Inf(1)
	}
	return nodeWeight * total
}

// printfCost is that of widths ("%9999d"), of arguments used again ("%[1]s") and of "*".
func printfCost(m *meter, args []reflect.Value) float64 {
	format := args[0].String()
	verbs := float64(strings.Count(format, "%"))
	total := verbs * m.weight(args[1].Interface(), 0)
	number := 0.0
	for _, char := range format + " " {
		switch {
		case char >= '0' && char <= '9':
			number = 10*number + float64(char-'0')
		case char == '*':
			total += 1e6 // fmt takes no larger width
		default:
			total += min(number, 1e6)
			number = 0
		}
	}
	return total
}

var errCycle = errors.New("puts a value into itself")

// refuseCycle keeps set and merge from making a value that contains itself: to print it
// would end the process. The arguments have been weighed, so that they contain no cycle.
func refuseCycle(args []reflect.Value) {
	within := map[uintptr]bool{}
	target := args[0]
	if target.Kind() != reflect.Map {
		return
	}
	merging := len(args) == 2 && args[1].Kind() == reflect.Slice
	collect(target.Interface(), within, merging)
	for _, arg := range args[1:] {
		if reaches(arg.Interface(), within) {
			panic(errCycle)
		}
	}
}

func collect(v any, into map[uintptr]bool, deep bool) {
	switch v := v.(type) {
	case map[string]any:
		into[reflect.ValueOf(v).Pointer()] = true
		for _, member := range v {
			if deep {
				collect(member, into, deep)
			}
		}
	case []any:
		for _, item := range v {
			collect(item, into, deep)
		}
	}
}

func reaches(v any, targets map[uintptr]bool) bool {
	switch v := v.(type) {
	case map[string]any:
		if targets[reflect.ValueOf(v).Pointer()] {
			return true
		}
		for _, member := range v {
			if reaches(member, targets) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if reaches(item, targets) {
				return true
			}
		}
	case []map[string]any:
		for _, item := range v {
			if reaches(item, targets) {
				return true
			}
		}
	}
	return false
}
