// Command dashboard-linter checks Grafana dashboards: that Grafana's own types know every
// field, that no panels overlap, that each says what it shows and in which unit, and that
// Prometheus can parse the queries, which select by the dashboard's variables. It is here
// because Grafana's dashboard-linter is not to be had from every module proxy.
package main

import (
	"fmt"
	"os"
)

func main() {
	failed := false
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, problem := range lint(text) {
			fmt.Fprintf(os.Stderr, "%s: %s\n", path, problem)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
