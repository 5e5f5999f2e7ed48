//go:build race

package cluster

// raceDetector says that this program is built with the race detector, as Seawall is to be then.
const raceDetector = true
