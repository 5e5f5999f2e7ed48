//go:build race

package resourceset_test

// raced says that the race detector runs, which takes ten times the time.
const raced = true
