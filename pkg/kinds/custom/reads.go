package custom

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
)

// mostReads bounds how many fields a message names.
const mostReads = 3

// reads returns the fields of the object that a checked expression reads, itself or by the variables
// that it uses, whose own are known by name.
func reads(checked ast.Expr, variables map[string][]string) []string {
	var found []string
	add := func(paths ...string) {
		for _, path := range paths {
			if !slices.Contains(found, path) {
				found = append(found, path)
			}
		}
	}
	var visit func(ast.NavigableExpr)
	visit = func(node ast.NavigableExpr) {
		if path, is := pathIn(node); is && path != "" {
			add(path)
			return
		}
		if node.Kind() == ast.IdentKind {
			add(variables[node.AsIdent()]...)
		}
		for _, child := range node.Children() {
			visit(child)
		}
	}
	visit(ast.NavigateExpr(nil, checked))
	return found
}

// pathIn returns the path of a field of the object that an expression selects, also by ".?".
func pathIn(expression ast.Expr) (path string, is bool) {
	var operand ast.Expr
	var name string
	switch expression.Kind() {
	case ast.IdentKind:
		return "", expression.AsIdent() == objectVariable
	case ast.SelectKind:
		operand, name = expression.AsSelect().Operand(), expression.AsSelect().FieldName()
	case ast.CallKind:
		arguments := expression.AsCall().Args()
		if expression.AsCall().FunctionName() != operators.OptSelect || arguments[1].Kind() != ast.LiteralKind {
			return "", false
		}
		operand = arguments[0]
		name, _ = arguments[1].AsLiteral().Value().(string)
	default:
		return "", false
	}
	if path, is = pathIn(operand); path != "" {
		path += "."
	}
	return path + name, is
}

// reading names the fields of the object that an expression of the RolloutKind reads, for whoever wrote
// that object: with a missing key, those in which that stands.
func (p *programs) reading(path, problem string) string {
	var fields []string
	for _, one := range p.all() {
		if one.path == path {
			fields = one.reads
		}
	}
	if _, key, missing := strings.Cut(problem, "no such key: "); missing {
		key = strings.Trim(key, `"`)
		if with := slices.DeleteFunc(slices.Clone(fields), func(field string) bool {
			return !slices.Contains(strings.Split(field, "."), key)
		}); len(with) > 0 {
			fields = with
		}
	}
	switch {
	case len(fields) == 0:
		return ""
	case len(fields) > mostReads:
		return " (it reads " + strings.Join(fields[:mostReads], ", ") + " and others)"
	default:
		return " (it reads " + strings.Join(fields, ", ") + ")"
	}
}

// all returns every expression.
func (p *programs) all() []program {
	all := append(slices.Clone(p.variables), p.environments, p.desiredState)
	if p.waves != nil {
		all = append(all, *p.waves)
	}
	return all
}
