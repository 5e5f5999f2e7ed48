package cli

import "errors"

// Exit codes of the commands that judge.
const (
	// ExitDenied: the webhook would deny something.
	ExitDenied = 1
	// ExitUnreadable: some input cannot be read, or the command line is wrong. It beats all others.
	ExitUnreadable = 2
	// ExitUnknown: nothing would be denied, but inventory is missing that the webhook would have had.
	ExitUnknown = 3
)

// ExitError ends the program with a code. Without an error there is nothing more to say.
type ExitError struct {
	Code int
	Err  error
}

// Error implements error.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *ExitError) Unwrap() error { return e.Err }

// ExitCode returns the code with which the program ends after an error of a command: 2 where that does
// not say, as nothing was judged then.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	if exit, is := errors.AsType[*ExitError](err); is {
		return exit.Code
	}
	return ExitUnreadable
}
