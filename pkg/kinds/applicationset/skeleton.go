package applicationset

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"maps"
)

// skeleton is the spec of an Application template, laid out so that a rendered spec can be
// told from another without building either: leaves[i] is rendered in text at ends[i].
type skeleton struct {
	text   []byte
	leaves []leaf
	ends   []int
}

func layOut(renderer *renderer, spec value) skeleton {
	layout := layout{renderer: renderer}
	layout.add(spec)
	return layout.skeleton
}

// digest returns the hash of the rendered spec; 0 where nothing is compared.
func (s *skeleton) digest(pen *pen) uint64 {
	text := pen.text[:0]
	if !pen.reading.compares {
		for _, leaf := range s.leaves {
			pen.try(leaf)
		}
		return 0
	}
	end := 0
	for i, leaf := range s.leaves {
		text = append(text, s.text[end:s.ends[i]]...)
		from := len(text)
		text = pen.add(append(text, make([]byte, sizeBytes)...), leaf)
		binary.LittleEndian.PutUint64(text[from:], uint64(len(text)-from-sizeBytes)) //nolint:gosec // a length
		end = s.ends[i]
	}
	text = append(text, s.text[end:]...)
	pen.text = text
	return maphash.Bytes(pen.reading.seed, pen.text)
}

// sizeBytes are how many bytes the size of a string takes before it.
const sizeBytes = 8

// layout collects a skeleton.
type layout struct {
	skeleton

	renderer *renderer
}

func (l *layout) add(v value) {
	switch raw := v.raw.(type) {
	case map[string]any:
		l.text = append(l.text, '{')
		for _, key := range sorted(raw) {
			member := v.field(key)
			l.string(member, key)
			l.add(member)
		}
		l.text = append(l.text, '}')
	case []any:
		l.text = append(l.text, '[')
		for i := range raw {
			l.add(v.item(i))
		}
		l.text = append(l.text, ']')
	case string:
		l.string(v, raw)
	default:
		l.text = fmt.Appendf(l.text, "%v,", float(raw)) // a number, true, false or null
	}
}

// string adds a string so that it counts as a leaf does that renders to it. Argo CD renders
// keys too (applicationset/utils/utils.go, deeplyReplaceWithFilter).
func (l *layout) string(at value, text string) {
	l.text = append(l.text, '"')
	if l.renderer == nil || !l.renderer.dialect.templated(text) {
		l.text = lengthOf(l.text, text)
		return
	}
	l.leaves, l.ends = append(l.leaves, leaf{l.renderer.snippet(text), at.where()}), append(l.ends, len(l.text))
}

// merged lays a generator's own template over that of the ApplicationSet: what is empty in
// the former is taken from the latter (generators/generator_spec_processor.go,
// mergeGeneratorTemplate, and mergo). Lists and helm.valuesObject are taken whole. An empty
// object that the latter does not have stays: it means something, such as automated: {}.
func merged(over, base any) any {
	overMembers, isObject := over.(map[string]any)
	baseMembers, baseIsObject := base.(map[string]any)
	if !isObject || !baseIsObject {
		if empty(over) && base != nil {
			return base
		}
		return over
	}
	result := make(map[string]any, len(overMembers)+len(baseMembers))
	maps.Copy(result, baseMembers)
	for key, member := range overMembers {
		if key == "valuesObject" && member != nil {
			result[key] = member
			continue
		}
		result[key] = merged(member, baseMembers[key])
	}
	return result
}

// empty says whether a value is what a Go struct holds when the field is absent.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case float64:
		return v == 0
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	default:
		return false
	}
}
