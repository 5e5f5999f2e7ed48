// Package helmtestserver stands in for one that tests of source-controller import and no proxy
// serves. Nothing here builds those tests, but go mod tidy wants to know of all that they import.
package helmtestserver
