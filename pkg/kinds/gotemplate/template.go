// Package gotemplate executes the Go templates of a rollout's writer, metered: a template may
// neither fill the memory nor take long.
package gotemplate

import (
	"cmp"
	"context"
	"maps"
	"text/template"
	"text/template/parse"

	"github.com/seawall-dev/seawall/pkg/budget"
)

const (
	rootName  = "base" // as in Argo CD, in case a template calls itself
	tickName  = "__tick"
	enterName = "__enter"
	weigh     = "__weigh"

	// parsedWeight is what a parsed template takes for each byte of its text.
	parsedWeight = 32
)

// Engine parses templates of one language. The context bounds what they may take.
type Engine struct {
	functions   Functions
	left, right string
	root        string
	options     []string
	meter       *meter
}

// Language says how templates are spelled.
type Language struct {
	// Left and Right are the delimiters; {{ and }} if they are empty.
	Left, Right string
	// Root is the function that returns the parameters, if they are not the dot alone.
	Root string
	// Options are those of text/template, such as "missingkey=error".
	Options []string
}

// NewEngine returns an engine for one goroutine.
func NewEngine(ctx context.Context, language Language, functions Functions) *Engine {
	engine := &Engine{
		functions: functions, left: cmp.Or(language.Left, "{{"), right: cmp.Or(language.Right, "}}"),
		root: language.Root, options: language.Options,
		meter: &meter{account: budget.From(ctx)},
	}
	if engine.root != "" {
		engine.functions.names = maps.Clone(functions.names)
		engine.functions.names[engine.root] = true
	}
	return engine
}

// Template is a parsed template whose functions and loops are metered.
type Template struct {
	engine *Engine
	text   string
	// root is nil as long as a plain template is rendered without it.
	root *template.Template
	// plain holds if isPlain.
	plain   Plain
	isPlain bool
	params  map[string]any
	// mutates says that a function of the template may change the parameters.
	mutates bool
}

// Parse parses a template. One that is plain is not parsed any further before it must be. The error
// is a *FaultError, or a failure of Seawall's own.
func (e *Engine) Parse(text string) (*Template, error) {
	parsed := &Template{engine: e, text: text}
	if parsed.plain, parsed.isPlain = plain(text, e.left, e.right); parsed.isPlain {
		return parsed, nil
	}
	return parsed, parsed.parse()
}

// Plain returns nil for a template that is not plain.
func (t *Template) Plain() *Plain {
	if !t.isPlain {
		return nil
	}
	return &t.plain
}

// parse rewrites the template: every turn of a loop and every call of another template spends
// some of the budget, because neither can be stopped from outside.
func (t *Template) parse() error {
	e := t.engine
	if err := e.meter.account.Spend(parsedWeight * len(t.text)); err != nil {
		return err //nolint:wrapcheck // the caller says what is rendered
	}
	trees, err := parse.Parse(rootName, t.text, e.left, e.right, e.functions.names)
	if err != nil {
		return e.faultOf(err)
	}
	tap := &tap{used: map[string]bool{}, nodes: e.functions.nodes}
	for _, tree := range trees {
		tap.list(tree.Root)
	}
	calls := e.bind(t, tap.used)
	for _, tree := range trees {
		if tap.calls {
			tree.Root.Nodes = append([]parse.Node{tap.enter}, tree.Root.Nodes...)
		}
		if t.mutates {
			tap.weighOutput(tree.Root)
		}
	}
	t.root = template.New(rootName).Option(e.options...).Funcs(calls)
	for name, tree := range trees {
		if _, err := t.root.AddParseTree(name, tree); err != nil {
			return e.faultOf(err)
		}
	}
	return nil
}

// bind returns the functions that a template uses.
func (e *Engine) bind(parsed *Template, used map[string]bool) template.FuncMap {
	calls := template.FuncMap{tickName: e.tick, enterName: e.enter, weigh: e.weigh}
	if e.root != "" {
		calls[e.root] = func() map[string]any { return parsed.params }
	}
	for name := range used {
		if function, found := e.functions.metered[name]; found {
			calls[name] = function.bind(e.meter)
			parsed.mutates = parsed.mutates || function.mutates
		}
	}
	return calls
}

// Execute renders the template, to 1 MiB at most. The error is a *FaultError, says that, or is a failure
// of Seawall's own.
func (t *Template) Execute(params map[string]any) (string, error) {
	if t.isPlain {
		if output, done := t.plain.execute(params); done {
			return output, nil
		}
	}
	if t.mutates {
		// What a template sets may be seen by the templates of later fields; no one can
		// rely on that.
		params = cloneMap(params)
	}
	return t.ExecuteIn(params)
}

// ExecuteIn does what Execute does to parameters that are the caller's own, in which what the
// template sets stays.
func (t *Template) ExecuteIn(params map[string]any) (string, error) {
	if t.root == nil {
		if err := t.parse(); err != nil {
			return "", err
		}
	}
	t.engine.meter.reset()
	t.params = params
	var output bounded
	if err := t.root.Execute(&output, params); err != nil {
		return "", t.engine.faultOf(err)
	}
	return string(output.bytes), t.engine.meter.account.Work(1 + len(output.bytes)/nodeWeight)
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
	nodes

	used  map[string]bool
	calls bool
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
