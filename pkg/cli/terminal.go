package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// columnsElsewhere is the width of what is printed to something that is no terminal.
const columnsElsewhere = 80

// screen is what somebody looks at.
type screen struct {
	columns int
	colours bool
}

// screenOf tells how wide a stream is, and whether it shows colours: only a terminal does, and none
// while NO_COLOR is set.
func screenOf(out io.Writer) screen {
	if !isTerminal(out) {
		return screen{columns: columnsElsewhere}
	}
	file, _ := out.(*os.File)
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil || columns <= 0 {
		columns = columnsElsewhere
	}
	return screen{columns, os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// isTerminal tells whether somebody looks at a stream.
func isTerminal(out io.Writer) bool {
	file, isFile := out.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}
