package pages

import (
	"slices"
	"strings"
)

// Step is a command of a page, and what the page says that it prints.
type Step struct {
	Command, Output string
	// Line is that of the command.
	Line int
	// Shown is whether the page shows what it prints: in a block "console", not in a block "sh".
	Shown bool
}

// Commands says whether a block is one of commands: a script ("sh"), or a session with a prompt ("console").
func (b Block) Commands() bool {
	return slices.Contains([]string{"sh", "bash", "shell", "console"}, b.Language)
}

// Steps are the commands of a block. A script is one step. In a session a command begins with the prompt "$ "; what
// stands before the first one is none.
func (b Block) Steps() []Step {
	if b.Language != "console" {
		return []Step{{Command: strings.TrimSpace(b.Text), Line: b.Line}}
	}
	var steps []Step
	for i, line := range strings.Split(strings.TrimRight(b.Text, "\n"), "\n") {
		command, isCommand := strings.CutPrefix(line, "$ ")
		last := len(steps) - 1
		switch {
		case isCommand:
			steps = append(steps, Step{Command: command, Line: b.Line + i, Shown: true})
		case last < 0:
		case steps[last].Output == "" && goesOn(steps[last].Command):
			steps[last].Command += "\n" + line
		default:
			steps[last].Output += line + "\n"
		}
	}
	return steps
}

// goesOn says whether a shell would wait for more of the command: a quote is open, or the line ends with a backslash or
// a pipe.
func goesOn(command string) bool {
	var quote rune
	escaped := false
	for _, char := range command {
		switch {
		case escaped:
			escaped = false
		case char == '\\' && quote != '\'':
			escaped = true
		case quote != 0:
			if char == quote {
				quote = 0
			}
		case char == '\'' || char == '"':
			quote = char
		}
	}
	return quote != 0 || escaped || strings.HasSuffix(strings.TrimSpace(command), "|")
}
