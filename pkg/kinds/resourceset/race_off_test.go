//go:build !race

package resourceset_test

const raced = false
