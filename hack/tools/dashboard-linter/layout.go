package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// columns is the width of Grafana's grid.
const columns = 24

type box struct {
	id       uint32
	title    string
	position dashboard.GridPos
}

// layout expects panels and rows to have ids of their own, to fit into the grid and not to
// overlap.
func (l *linter) layout(panels []dashboard.PanelOrRowPanel) {
	boxes := make([]box, 0, len(panels))
	for _, either := range panels {
		current := boxOf(either)
		at := current.position
		l.expectf(current.id != 0, "panel %q: has no id", current.title)
		l.expectf(at.W > 0 && at.H > 0 && at.X+at.W <= columns, "panel %q: does not fit into the grid", current.title)
		for _, other := range boxes {
			l.expectf(current.id != other.id, "panels %q and %q: have the same id", other.title, current.title)
			l.expectf(!overlap(at, other.position), "panels %q and %q: overlap", other.title, current.title)
		}
		boxes = append(boxes, current)
	}
}

func boxOf(either dashboard.PanelOrRowPanel) box {
	var current box
	var position *dashboard.GridPos
	if row := either.RowPanel; row != nil {
		current.id, current.title, position = row.Id, said(row.Title), row.GridPos
	} else if panel := either.Panel; panel != nil {
		current.id, current.title, position = number(panel.Id), said(panel.Title), panel.GridPos
	}
	if position != nil {
		current.position = *position
	}
	return current
}

func overlap(a, b dashboard.GridPos) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}
