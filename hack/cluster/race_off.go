//go:build !race

package cluster

// raceDetector says that this program is built without the race detector.
const raceDetector = false
