//go:build !race

package kindtest

// Raced says that the race detector runs, which takes ten times the time.
const Raced = false
