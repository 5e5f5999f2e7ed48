package applicationset

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// function is a function of Argo CD's Go templates.
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

// functions returns what Argo CD lets templates call (applicationset/utils/utils.go, init):
// sprig without the functions that look at the controller's machine, and five more.
func functions() map[string]function {
	all := sprig.GenericFuncMap()
	maps.DeleteFunc(all, func(name string, _ any) bool {
		return slices.Contains([]string{"env", "expandenv", "getHostByName"}, name)
	})
	maps.Copy(all, template.FuncMap{
		"normalize": normalize, "slugify": slugify,
		"toYaml": toYAML, "fromYaml": fromYAML, "fromYamlArray": fromYAMLArray,
		// The builtins that make strings are metered too.
		"print": fmt.Sprint, "printf": fmt.Sprintf, "println": fmt.Sprintln,
		"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
	})
	// Keys, certificates and slow hashes take seconds and differ every time; no
	// Application can be told apart by them.
	for name := range strings.FieldsSeq(`bcrypt htpasswd genPrivateKey derivePassword buildCustomCert genCA
		genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey`) {
		all[name] = func(...any) (string, error) { return "", errNotExecuted }
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
	return metered
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
