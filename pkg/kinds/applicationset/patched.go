package applicationset

import (
	"encoding/binary"
	"encoding/json"
	"hash/maphash"
	"maps"
	"strconv"
	"strings"
)

const (
	skipReconcile = "argocd.argoproj.io/skip-reconcile"
	refresh       = "argocd.argoproj.io/refresh"
	hydrate       = "argocd.argoproj.io/hydrate"
)

// whole is an Application that a patch is applied to, as a tree.
type whole struct {
	spec        map[string]any
	annotations map[string]string
	operation   any
}

// skips says whether Argo CD leaves the Application alone.
func (w *whole) skips() bool {
	text, found := w.annotations[skipReconcile]
	if !found {
		return false // an error of ParseBool is memory for each
	}
	skips, _ := strconv.ParseBool(text)
	return skips
}

// tree renders a part of a template.
func (p *pen) tree(renderer *renderer, v value) any {
	switch raw := v.raw.(type) {
	case string:
		return p.write(leaf{renderer.snippet(raw), v.where()})
	case []any:
		items := make([]any, len(raw))
		for i := range raw {
			items[i] = p.tree(renderer, v.item(i))
		}
		return items
	case map[string]any:
		members := make(map[string]any, len(raw))
		for _, key := range sorted(raw) {
			member := v.field(key)
			members[p.write(leaf{renderer.snippet(key), v.where()})] = p.tree(renderer, member)
		}
		return members
	default:
		return raw
	}
}

// covers merges a patch into an object as Argo CD does: objects in depth, lists as a whole, and
// null takes away.
func covers(base, patch map[string]any) map[string]any {
	merged := maps.Clone(base)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, member := range patch {
		below, isObject := member.(map[string]any)
		switch {
		case member == nil:
			delete(merged, key)
		case isObject:
			base, _ := merged[key].(map[string]any)
			merged[key] = covers(base, below)
		default:
			merged[key] = member
		}
	}
	return merged
}

// finish notes on a rendered Application what tells it from another, given all of it.
func (t *appTemplate) finish(rendered *application, of whole) {
	rendered.app.skips = of.skips()
	if !t.reading.compares && !t.reading.starts {
		return
	}
	object := without(map[string]any{"spec": of.spec}, t.reading.ignored, string(rendered.name))
	spec, automated := canonical(object["spec"])
	digest := func(of map[string]any) uint64 {
		return maphash.Bytes(t.reading.seed, layOut(nil, root("spec", of)).text)
	}
	rendered.app.automation = t.reading.automation(automated)
	rendered.app.trigger = t.reading.trigger(of)
	if t.reading.compares {
		rendered.app.digest = digest(spec)
	}
	if t.reading.starts {
		rendered.app.rest = uint32(digest(withoutSources(spec))) //nolint:gosec // a hash
	}
}

// starts is set in an automation that starts syncs.
const starts = 1

// automation is what tells one syncPolicy.automated from another: 0 where there is none.
func (r *reading) automation(automated any) uint32 {
	if automated == nil {
		return 0
	}
	on := automates(automated)
	if members, isObject := automated.(map[string]any); isObject {
		members = maps.Clone(members)
		delete(members, "enabled") // which says no more than that
		automated = members
	}
	hash := uint32(maphash.Bytes(r.seed, layOut(nil, root("automated", automated)).text)) | 2 //nolint:gosec // a hash
	if on {
		return hash | starts
	}
	return hash &^ starts
}

// trigger is what tells one thing that starts syncs beside the spec from another; 0 where there is none.
func (r *reading) trigger(of whole) uint32 {
	if of.operation == nil && of.annotations[refresh] == "" && of.annotations[hydrate] == "" {
		return 0
	}
	what := root("trigger", []any{of.operation, of.annotations[refresh], of.annotations[hydrate]})
	return uint32(maphash.Bytes(r.seed, layOut(nil, what).text)) | 1 //nolint:gosec // a hash
}

// annotationsOf returns the annotations that matter, as they are rendered.
func (t *appTemplate) annotationsOf() map[string]string {
	if len(t.telling) == 0 {
		return nil
	}
	texts := map[string]string{}
	for key, leaf := range t.telling {
		texts[key] = t.pen.write(leaf)
	}
	return texts
}

func float(raw any) any {
	switch raw := raw.(type) {
	case int64:
		return float64(raw)
	case int:
		return float64(raw)
	case json.Number:
		if number, err := strconv.ParseFloat(raw.String(), 64); err == nil {
			return number
		}
	}
	return raw
}

func lengthOf(text []byte, of string) []byte {
	return append(binary.LittleEndian.AppendUint64(text, uint64(len(of))), of...)
}

func directive(key string) bool { return strings.HasPrefix(key, "$") }
