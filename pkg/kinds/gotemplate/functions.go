package gotemplate

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template"
)

// function is a function of templates.
type function struct {
	call reflect.Value
	// cost is spent before a call, beside the weight of the arguments.
	cost cost
	// free calls make nothing and are not metered.
	free bool
	// mutates says that the function changes its first argument.
	mutates bool
}

var errNotExecuted = errors.New("uses a function that Seawall does not execute")

// Functions are what templates may call. They may be used by several engines at once.
type Functions struct {
	metered map[string]function
	names   map[string]any
	nodes   nodes
}

// NewFunctions returns those of a map, metered, and the builtin ones of text/template.
// Functions that look at the machine are left out; those that make keys and slow hashes
// return an error when they are called.
func NewFunctions(functions template.FuncMap) Functions {
	all := template.FuncMap{}
	maps.Copy(all, functions)
	maps.DeleteFunc(all, func(name string, _ any) bool {
		return slices.Contains([]string{"env", "expandenv", "getHostByName"}, name)
	})
	maps.Copy(all, template.FuncMap{
		// The builtins that make strings are metered too.
		"print": fmt.Sprint, "printf": fmt.Sprintf, "println": fmt.Sprintln,
		"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
	})
	// Keys, certificates and slow hashes take seconds and differ every time; nothing can be
	// told apart by them.
	for name := range strings.FieldsSeq(`bcrypt htpasswd genPrivateKey derivePassword buildCustomCert genCA
		genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey`) {
		if _, known := all[name]; known {
			all[name] = func(...any) (string, error) { return "", errNotExecuted }
		}
	}
	costs := costs()
	metered := make(map[string]function, len(all))
	for name, call := range all {
		metered[name] = function{
			call:    reflect.ValueOf(call),
			cost:    costs[name],
			free:    slices.Contains(freeFunctions(), name),
			mutates: slices.Contains([]string{"set", "unset", "merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite"}, name),
		}
	}
	return Functions{metered, knownNames(metered), newNodes()}
}

// knownNames returns the names that a template may use; text/template/parse wants a map.
func knownNames(functions map[string]function) map[string]any {
	names := map[string]any{}
	for name := range maps.Keys(functions) {
		names[name] = true
	}
	for builtin := range strings.FieldsSeq("and call eq ge gt index le len lt ne not or slice") {
		names[builtin] = true
	}
	return names
}

// freeFunctions pick from what is there, at no cost.
func freeFunctions() []string {
	return strings.Fields(`default empty coalesce ternary get hasKey first mustFirst last mustLast
		kindIs kindOf typeIs typeIsLike typeOf contains hasPrefix hasSuffix trimPrefix trimSuffix trim
		int int64 float64 add add1 sub div mod mul fail`)
}

// bind returns the function as a template may call it.
func (f function) bind(m *meter) any {
	if f.free {
		return f.call.Interface()
	}
	variadic := f.call.Type().IsVariadic()
	return reflect.MakeFunc(f.call.Type(), func(args []reflect.Value) []reflect.Value {
		for _, arg := range args {
			m.weigh(arg.Interface())
		}
		if f.cost != nil {
			m.spend(f.cost(m, args))
		}
		if f.mutates {
			refuseCycle(args)
		}
		call := f.call.Call
		if variadic {
			call = f.call.CallSlice
		}
		results := call(args)
		m.weigh(results[0].Interface())
		return results
	}).Interface()
}
