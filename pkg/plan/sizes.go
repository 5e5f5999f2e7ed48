package plan

import "math"

// sizes returns the sizes of the waves, and the canary and the ramp that they come of. Where those
// asked for make too many waves the ramp gets steeper, and the canary goes last: a plan that cannot
// do without more waves has been refused before.
func (r Request) sizes(largest int) (sizes []int, canary int, ramp float64) {
	n := r.Environments.N()
	canary, ramp = r.Canary, r.Ramp
	for {
		sizes = ramped(n, canary, ramp, largest)
		switch {
		case r.MaxWaves == 0 || len(sizes) <= r.MaxWaves:
			return sizes, canary, ramp
		case ramp*float64(canary) < float64(largest):
			ramp = steeper(ramp)
		default:
			return ramped(n, largest, 1, largest), 0, 1
		}
	}
}

// steeper doubles a ramp. One of 1, by which all waves stay as small as the canary, becomes 2.
func steeper(ramp float64) float64 { return 2 * ramp } //nolint:mnd // doubles

// ramped returns the sizes of waves that grow up to the largest.
func ramped(n, canary int, ramp float64, largest int) []int {
	var sizes []int
	for size := min(canary, largest); n > 0; size = grown(size, ramp, largest) {
		size = min(size, n)
		sizes = append(sizes, size)
		n -= size
	}
	return sizes
}

// grown returns the size of the next wave: rounded up, lest a ramp of less than 2 never leaves 1.
func grown(size int, ramp float64, largest int) int {
	next := math.Ceil(float64(size) * ramp)
	if next >= float64(largest) {
		return largest
	}
	return int(next)
}
