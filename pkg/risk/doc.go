// Package risk works out how likely a wave of syncs is to fail, and whether
// that is more than a limit allows.
//
// Rates and limits are exact decimals, and the comparison of the two is exact
// as well: a wave whose failure probability equals the limit passes, whatever
// floating point makes of it. Everything here is a pure function of its
// arguments, and every value is safe for concurrent use.
package risk
