package main

import (
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// use notes which variables a query refers to, and returns it with values in their place.
func (l *linter) use(query string) string {
	reference := regexp.MustCompile(`\$(?:\{(\w+)[^}]*\}|(\w+))`)
	return reference.ReplaceAllStringFunc(query, func(found string) string {
		match := reference.FindStringSubmatch(found)
		name := match[1] + match[2]
		if strings.HasPrefix(name, "__") {
			return "5m" // Grafana's own durations
		}
		_, declared := l.variables[name]
		l.expectf(declared, "variable %s: is not declared", name)
		if declared {
			l.variables[name] = true
		}
		return ".+"
	})
}

// query expects that Prometheus can parse a query, that its rates are over windows which
// Grafana fits to the panel, and that it selects the metrics of the chosen job only.
func (l *linter) query(query, where string) {
	// A bracket in quoted text is no window.
	unquoted := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(query, "")
	for _, match := range regexp.MustCompile(`\[([^\]]*)\]`).FindAllStringSubmatch(unquoted, -1) {
		l.expectf(match[1] == "$__rate_interval" || match[1] == "$__range", "%s: the window [%s] is fixed", where, match[1])
	}
	expression, err := parser.NewParser(parser.Options{}).ParseExpr(l.use(query))
	if err != nil {
		l.expectf(false, "%s: %s", where, err)
		return
	}
	own := regexp.MustCompile(`^(seawall|process|go|controller_runtime)_`)
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if selector, is := node.(*parser.VectorSelector); is && own.MatchString(selector.Name) {
			l.expectf(strings.Contains(selector.String(), "job=~"), "%s: %s is of every job", where, selector.Name)
		}
		return nil
	})
}
