package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

const dataSource = "${datasource}"

// classic is the format that every Grafana reads; dashboardv2 needs a new one.
type classic = dashboard.Dashboard //nolint:staticcheck // deprecated in favour of that

// linter collects what is wrong with a dashboard.
type linter struct {
	problems  []string
	variables map[string]bool // whether a query uses it
}

// lint returns what is wrong with a dashboard, one line each.
func lint(text []byte) []string {
	plugins.RegisterDefaultPlugins()
	// What is decoded strictly lacks its panels: so it is decoded twice.
	var strict, read classic
	if problems := lines(strict.UnmarshalJSONStrict(text)); len(problems) > 0 {
		return problems
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return []string{err.Error()}
	}
	if problems := lines(read.Validate()); len(problems) > 0 {
		return problems
	}
	l := &linter{variables: map[string]bool{}}
	for _, variable := range read.Templating.List {
		l.variables[variable.Name] = false
	}
	l.layout(read.Panels)
	for _, either := range read.Panels {
		if either.Panel != nil {
			l.panel(*either.Panel)
		}
	}
	for _, variable := range read.Templating.List {
		if variable.Type == dashboard.VariableTypeQuery && variable.Definition != nil {
			l.use(*variable.Definition)
		}
	}
	for name, used := range l.variables {
		l.expectf(used, "variable %s: no query uses it", name)
	}
	return l.problems
}

// lines returns the lines of an error. Grafana's types return one without text for success.
func lines(err error) []string {
	if err == nil || err.Error() == "" {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// expectf notes a problem unless something is so.
func (l *linter) expectf(so bool, format string, values ...any) {
	if !so {
		l.problems = append(l.problems, fmt.Sprintf(format, values...))
	}
}

func (l *linter) panel(panel dashboard.Panel) {
	title := said(panel.Title)
	l.expectf(title != "", "panel %d: has no title", number(panel.Id))
	l.expectf(said(panel.Description) != "", "panel %q: has no description", title)
	l.expectf(len(panel.Targets) > 0, "panel %q: has no query", title)
	l.sourcef(panel.Datasource, "panel %q", title)
	hasUnit := panel.FieldConfig != nil && said(panel.FieldConfig.Defaults.Unit) != ""
	l.expectf(hasUnit || panel.Type == "heatmap", "panel %q: has no unit", title)
	references := map[string]bool{}
	for _, target := range panel.Targets {
		query, is := target.(*prometheus.Dataquery)
		if !is {
			l.expectf(false, "panel %q: a query is none of Prometheus", title)
			continue
		}
		id := said(query.RefId)
		l.expectf(!references[id], "panel %q: two queries have the refId %q", title, id)
		references[id] = true
		l.sourcef(query.Datasource, "panel %q, query %s", title, id)
		l.expectf(said(query.LegendFormat) != "", "panel %q, query %s: has no legend", title, id)
		l.query(query.Expr, fmt.Sprintf("panel %q, query %s", title, id))
	}
}

func (l *linter) sourcef(source *common.DataSourceRef, format string, values ...any) {
	is := source != nil && said(source.Type) == "prometheus" && said(source.Uid) == dataSource
	l.expectf(is, format+": its data source is not %s", append(values, dataSource)...)
	if is {
		l.use(dataSource)
	}
}

func said(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func number(id *uint32) uint32 {
	if id == nil {
		return 0
	}
	return *id
}
