package gotemplate

import "text/template/parse"

// weighOutput makes every action that prints weigh its value first: after set or merge a
// value may be larger than the call that made it could see.
func (t *tap) weighOutput(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.ActionNode:
			if node != t.tick && node != t.enter && len(node.Pipe.Decl) == 0 {
				node.Pipe.Cmds = append(node.Pipe.Cmds, t.weigh)
			}
		case *parse.IfNode:
			t.weighBranch(&node.BranchNode)
		case *parse.WithNode:
			t.weighBranch(&node.BranchNode)
		case *parse.RangeNode:
			t.weighBranch(&node.BranchNode)
		}
	}
}

func (t *tap) weighBranch(branch *parse.BranchNode) {
	t.weighOutput(branch.List)
	t.weighOutput(branch.ElseList)
}

// nodes are what is put into templates; they never change.
type nodes struct {
	// tick and enter spend some of the budget and print nothing.
	tick, enter parse.Node
	weigh       *parse.CommandNode
}

func newNodes() nodes { return nodes{action(tickName), action(enterName), weighCommand()} }

// action returns the action that calls a function of this package.
func action(name string) parse.Node {
	return actionOf("{{" + name + "}}")
}

// weighCommand returns the command that follows the bar in {{. | __weigh}}.
func weighCommand() *parse.CommandNode {
	return actionOf("{{. | " + weigh + "}}").Pipe.Cmds[1]
}

func actionOf(text string) *parse.ActionNode {
	known := map[string]any{tickName: true, enterName: true, weigh: true}
	trees, err := parse.Parse(rootName, text, "", "", known)
	if err != nil {
		panic(err) // the text is a constant of this file
	}
	node, _ := trees[rootName].Root.Nodes[0].(*parse.ActionNode)
	return node
}

// tick is called once for every turn of a loop.
func (e *Engine) tick() string {
	e.meter.spend(nodeWeight)
	return ""
}

// enter is called with every call of a template, which takes far more of the stack than a
// turn of a loop takes of anything.
func (e *Engine) enter() string {
	e.meter.spend(64 * nodeWeight)
	return ""
}

func (e *Engine) weigh(v any) any {
	e.meter.weigh(v)
	return v
}
