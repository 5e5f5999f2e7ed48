package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// damaged returns Seawall's own dashboard, with some text replaced where it comes first.
func damaged(t *testing.T, old, changed string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../charts/seawall/files/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("the dashboard has no %s", old)
	}
	return []byte(strings.Replace(string(text), old, changed, 1))
}

func TestOurDashboardHasNoProblem(t *testing.T) {
	if problems := lint(damaged(t, "", "")); len(problems) > 0 {
		t.Error(strings.Join(problems, "\n"))
	}
}

func TestProblemsAreFound(t *testing.T) {
	for want, change := range map[string][2]string{
		"unexpected end of JSON input":                                   {`"version": 1` + "\n}", ""},
		"Dashboard: unexpected field 'panel'":                            {`"panels": [`, `"panel": [`},
		"panels[1].options.Options: unexpected field 'colourMode'":       {`"colorMode": "value"`, `"colorMode": "value", "colourMode": "value"`},
		`panels "Now" and "Ready replicas": overlap`:                     {`"gridPos": {"h": 1,`, `"gridPos": {"h": 2,`},
		`panels "Now" and "Ready replicas": have the same id`:            {`"id": 2,`, `"id": 1,`},
		`panel "Records dropped": does not fit into the grid`:            {`"w": 4, "x": 20,`, `"w": 5, "x": 20,`},
		`panel "Ready replicas": has no description`:                     {`"description": "Replicas whose`, `"description": "", "links": [], "transparent": false, "interval": "Replicas whose`},
		`panel "Ready replicas": has no unit`:                            {`"unit": "short",`, ``},
		"panel 2: has no title":                                          {`"title": "Ready replicas"`, `"title": ""`},
		`panel "Ready replicas": its data source is not ${datasource}`:   {`"datasource": {"type": "prometheus", "uid": "${datasource}"}`, `"datasource": {"type": "prometheus", "uid": "mine"}`},
		`panel "Ready replicas", query A: has no legend`:                 {`"legendFormat": "__auto",`, ``},
		`panel "Admitted risk": two queries have the refId "A"`:          {`"refId": "B"`, `"refId": "A"`},
		`panel "Ready replicas", query A: 1:7: parse error`:              {`"expr": "count(min by`, `"expr": "count min by`},
		`panel "Ready replicas", query A: seawall_ready is of every job`: {`seawall_ready{job=~\"$job\"}`, `seawall_ready`},
		`panel "Decisions by action", query A: the window [5m] is fixed`: {`\"$policy\"}[$__rate_interval]`, `\"$policy\"}[5m]`},
		"variable tenant: is not declared":                               {`kind=~\"$kind\"`, `kind=~\"$tenant\"`},
		"variable tenant: no query uses it":                              {`"name": "datasource",`, `"name": "tenant",`},
		`panel "Ready replicas": a query is none of Prometheus`:          {`"datasource": {"type": "prometheus", "uid": "${datasource}"}`, `"datasource": {"type": "loki", "uid": "${datasource}"}`},
	} {
		t.Run(want, func(t *testing.T) {
			problems := lint(damaged(t, change[0], change[1]))
			if !slices.ContainsFunc(problems, func(problem string) bool { return strings.Contains(problem, want) }) {
				t.Errorf("got %q", problems)
			}
		})
	}
}
