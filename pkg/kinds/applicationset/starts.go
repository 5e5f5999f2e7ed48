package applicationset

import (
	"fmt"
	"maps"
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// starts says what a sync gate has to know of the starts that follow the write.
func (d *delta) starts() *rollout.Starts {
	template := root("spec.template", d.after.spec.template)
	spec := template.field("spec")
	project, _ := spec.field("project").text()
	found := &rollout.Starts{
		Unheld: d.unheld(), Repairs: d.repairs(), Nameless: d.declared,
		Project: project != "", Source: len(withoutSources(spec.members())) < len(spec.members()),
		Labels: rollout.Keys{}, ClusterLabels: d.clusterLabels(),
	}
	if d.after.spec.patch == nil { // which may take them away
		for label := range template.field("metadata").field("labels").members() {
			found.Labels[label] = true
		}
	}
	return found
}

// starting yields the Applications that sync after the write.
func (d *delta) starting(yield func(index int, app *app) bool) {
	for i := range d.after.apps.list {
		if app := &d.after.apps.list[i]; app.effect != untouched && !yield(i, app) {
			return
		}
	}
}

// unheld says why some of them start without, or past, a gate.
func (d *delta) unheld() string {
	if d.before.spec.strategy.rolling || d.after.spec.strategy.rolling {
		return "RollingSync paces it"
	}
	manual, told := 0, 0
	for _, app := range d.starting {
		if !app.automated() {
			manual++
		}
		if app.trigger != 0 {
			told++
		}
	}
	switch {
	case manual > 0:
		return fmt.Sprintf("%d of its Applications do not sync by themselves (syncPolicy.automated)", manual)
	case told > 0:
		return fmt.Sprintf("it tells %d of its Applications to sync (an operation, or annotation refresh or hydrate)", told)
	case d.declared == 0:
		return ""
	}
	return unheldOpen(d.after.open)
}

// unheldOpen says the same of entries that are not counted.
func unheldOpen(entries []openEntry) string {
	for i := range entries {
		switch shape := &entries[i].shape; {
		case shape.patched:
			return "templatePatch may turn off that Applications sync by themselves which are not counted by name"
		case !shape.starts:
			return "its Applications do not sync by themselves (syncPolicy.automated)"
		case shape.asks != [2]string{}:
			return "it tells Applications to sync (annotation refresh or hydrate)"
		}
	}
	return ""
}

// repairs says whether some may start only to mend a drift: at what they have been synced to already, because
// more, or something else, changes than what they sync from.
func (d *delta) repairs() bool {
	if d.declared > 0 || d.write.Rewritten {
		return d.declared > 0
	}
	for i, app := range d.starting {
		switch old := d.before.apps.counterpart(d.after.apps, i); {
		case app.effect == added:
			if d.mayExist(app) {
				return true
			}
		case app.effect == released, old == nil, app.rest != old.rest, app.automation != old.automation:
			return true
		}
	}
	return false
}

// mayExist says whether an Application that is new to the ApplicationSet may be there all the same: left behind
// when it was taken out.
func (d *delta) mayExist(app *app) bool {
	if status := d.before.statusOf(); status.owned {
		_, exists := slices.BinarySearch(status.names, string(d.after.apps.name(app)))
		return exists
	}
	return d.write.Operation == rollout.Update && !d.before.spec.policy.remove
}

// clusterLabels returns the labels that all clusters have on which Applications start; none where it is not known
// of one which that is.
func (d *delta) clusterLabels() rollout.Keys {
	var common rollout.Keys
	var last clusterRef
	for _, app := range d.starting {
		switch app.cluster {
		case clusterRef{}:
			return nil
		case last:
			continue
		}
		last = app.cluster
		labels := d.reading.cluster(app.cluster).Labels()
		if common == nil {
			common = rollout.Keys{}
			for label := range labels.Map() {
				common[label] = true
			}
		}
		maps.DeleteFunc(common, func(label string, _ bool) bool { return !labels.Has(label) })
	}
	if d.declared > 0 {
		return nil
	}
	return common
}

// withoutSources returns the spec of an Application without what it syncs from.
func withoutSources(spec map[string]any) map[string]any {
	rest := maps.Clone(spec)
	for _, field := range []string{"source", "sources", "sourceHydrator"} {
		delete(rest, field)
	}
	return rest
}
