package applicationset

import (
	"maps"
	"text/template"
	"text/template/parse"
)

const (
	rootName  = "base" // as in Argo CD, in case a template calls itself
	tickName  = "__tick"
	enterName = "__enter"
	weigh     = "__weigh"
)

// goTemplate is a parsed Go template whose functions and loops are metered.
type goTemplate struct {
	root  *template.Template
	plain *fieldsOnly
	meter *meter
	// mutates says that a function of the template may change the parameters.
	mutates bool
}

// parseGo parses a template and rewrites it: every turn of a loop and every call of another
// template spends some of the budget, because neither can be stopped from outside.
func (r *renderer) parseGo(text string) (*goTemplate, error) {
	trees, err := parse.Parse(rootName, text, "", "", r.names)
	if err != nil {
		return nil, err
	}
	tap := &tap{used: map[string]bool{}, tick: action(tickName), enter: action(enterName), weigh: weighCommand()}
	for _, tree := range trees {
		tap.list(tree.Root)
	}
	parsed := &goTemplate{meter: r.meter}
	if len(trees) == 1 {
		parsed.plain = plain(trees[rootName].Root)
	}
	calls := template.FuncMap{tickName: r.tick, enterName: r.enter, weigh: r.weigh}
	for name := range tap.used {
		if function, found := r.functions[name]; found {
			calls[name] = function.bind(r.meter)
			parsed.mutates = parsed.mutates || function.mutates
		}
	}
	for _, tree := range trees {
		if tap.calls {
			tree.Root.Nodes = append([]parse.Node{tap.enter}, tree.Root.Nodes...)
		}
		if parsed.mutates {
			tap.weighOutput(tree.Root)
		}
	}
	parsed.root = template.New(rootName).Option(r.dialect.options...).Funcs(calls)
	for name, tree := range trees {
		if _, err := parsed.root.AddParseTree(name, tree); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

func (g *goTemplate) execute(params map[string]any) (string, error) {
	if g.plain != nil {
		if output, done := g.plain.execute(params); done {
			return output, nil
		}
	}
	if g.mutates {
		// In Argo CD what a template sets is seen by the templates of later fields; no
		// one can rely on that.
		params = cloneMap(params)
	}
	g.meter.reset()
	var output bounded
	if err := g.root.Execute(&output, params); err != nil {
		return "", err
	}
	return string(output.bytes), nil
}

func cloneMap(members map[string]any) map[string]any {
	copied := make(map[string]any, len(members))
	for key, member := range members {
		copied[key] = clone(member)
	}
	return copied
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return cloneMap(v)
	case []any:
		copied := make([]any, len(v))
		for i, item := range v {
			copied[i] = clone(item)
		}
		return copied
	case []map[string]any:
		copied := make([]map[string]any, len(v))
		for i, item := range v {
			copied[i] = cloneMap(item)
		}
		return copied
	case map[string]string:
		return maps.Clone(v)
	default:
		return v
	}
}

// tap walks a parsed template: it notes which functions are used and puts a tick into
// every loop.
type tap struct {
	used  map[string]bool
	calls bool
	// tick and enter spend some of the budget and print nothing.
	tick, enter parse.Node
	weigh       *parse.CommandNode
}

func (t *tap) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		t.node(node)
	}
}

func (t *tap) node(node parse.Node) {
	switch node := node.(type) {
	case *parse.ActionNode:
		t.pipe(node.Pipe)
	case *parse.IfNode:
		t.branch(&node.BranchNode)
	case *parse.WithNode:
		t.branch(&node.BranchNode)
	case *parse.RangeNode:
		t.branch(&node.BranchNode)
		node.List.Nodes = append([]parse.Node{t.tick}, node.List.Nodes...)
	case *parse.TemplateNode:
		t.calls = true
		t.pipe(node.Pipe)
	}
}

func (t *tap) branch(branch *parse.BranchNode) {
	t.pipe(branch.Pipe)
	t.list(branch.List)
	t.list(branch.ElseList)
}

func (t *tap) pipe(pipe *parse.PipeNode) {
	if pipe == nil {
		return
	}
	for _, command := range pipe.Cmds {
		for _, arg := range command.Args {
			t.argument(arg)
		}
	}
}

func (t *tap) argument(node parse.Node) {
	switch node := node.(type) {
	case *parse.IdentifierNode:
		t.used[node.Ident] = true
	case *parse.PipeNode:
		t.pipe(node)
	case *parse.ChainNode:
		t.argument(node.Node)
	}
}
