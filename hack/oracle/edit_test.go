package oracle

import (
	"fmt"
	"maps"
	"slices"
)

// edit edits a spec in one to three ways, and returns their names.
func (c *chance) edit(spec object, shape shape, rolling bool) (names []string) {
	all := edits()
	sorted := slices.Sorted(maps.Keys(all))
	for range pick(c, 1, 1, 1, 2, 2, 3) {
		for range 20 { // until one has something to edit
			name := pick(c, sorted...)
			if rolling && c.in(2) {
				name = pick(c, pacing()...)
			}
			if all[name](c, spec, shape) {
				names = append(names, name)
				break
			}
		}
	}
	return names
}

// pacing names the edits of a strategy.
func pacing() []string {
	return []string{"strategy", "remove strategy", "step", "window", "no window", "reverse steps", "drop step", "remove element", "label"}
}

// editing edits a spec, and says whether there was something to edit.
type editing func(c *chance, spec object, shape shape) bool

func edits() map[string]editing {
	return map[string]editing{
		"shared revision": inSource(func(_ *chance, source object, _ shape) { source["targetRevision"] = "v2" }),
		"templated path":  inSource(func(c *chance, source object, shape shape) { source["path"] = c.text(shape) }),
		"values":          inSource(func(c *chance, source object, shape shape) { source["helm"] = c.helm(shape) }),
		"nothing in the source": inSource(func(c *chance, source object, _ shape) {
			switch {
			case source["helm"] == nil && c.in(2):
				source["helm"] = object{}
			case source["directory"] == nil && c.in(2):
				source["directory"] = object{"recurse": false}
			case source["kustomize"] == nil && c.in(2):
				source["kustomize"] = object{"images": list{}}
			default:
				source["chart"] = ""
			}
		}),
		"nothing in the spec": inSpec(func(c *chance, spec object, _ shape) {
			switch {
			case spec["syncPolicy"] == nil:
				spec["syncPolicy"] = pick(c, object{}, object{"syncOptions": list{}})
			case spec["project"] == "" || spec["project"] == "default":
				spec["project"] = pick(c, "", "default")
			default:
				spec["info"] = orEmpty(spec["info"])
			}
		}),
		"project":     inSpec(func(c *chance, spec object, _ shape) { spec["project"] = pick(c, "default", "team", "") }),
		"destination": inSpec(func(c *chance, spec object, shape shape) { spec["destination"] = c.destination(shape) }),
		"sync policy": inSpec(func(c *chance, spec object, _ shape) { spec["syncPolicy"] = c.syncPolicy() }),
		"automated":   inSpec(automate),
		"name":        inMetadata(func(c *chance, metadata object, shape shape) { metadata["name"] = c.name(shape) }),
		"label":       inMetadata(func(c *chance, metadata object, shape shape) { metadata["labels"].(object)["wave"] = c.wave(shape) }),
		"annotation":  inMetadata(func(c *chance, metadata object, shape shape) { metadata["annotations"] = object{"note": c.text(shape)} }),
		"finalizers": inMetadata(func(c *chance, metadata object, _ shape) {
			metadata["finalizers"] = list{pick(c, "resources-finalizer.argocd.argoproj.io", "x.example.com/y")}
		}),
		"element": inElement(func(c *chance, element object) {
			element[pick(c, "env", "version", "region")] = pick(c, "v3", "prod", "us", "dev")
		}),
		"unused key":       inElement(func(_ *chance, element object) { element["unused"] = "x" }),
		"add element":      inElements(addElement),
		"remove element":   inElements(removeElement),
		"reverse elements": inElements(func(_ *chance, elements list) list { slices.Reverse(elements); return elements }),
		"patch":            patch,
		"remove patch":     remove("templatePatch"),
		"move into patch":  moveIntoPatch,
		"strategy":         func(c *chance, spec object, _ shape) bool { spec["strategy"] = c.strategy(); return true },
		"remove strategy":  remove("strategy"),
		"step":             inSteps(func(c *chance, steps list) list { steps[c.IntN(len(steps))] = c.step(); return steps }),
		"window": inSteps(func(c *chance, steps list) list {
			steps[c.IntN(len(steps))].(object)["maxUpdate"] = pick[any](c, 1, 2, 3, 0, "0%", "50%", "100%")
			return steps
		}),
		"no window": inSteps(func(c *chance, steps list) list {
			delete(steps[c.IntN(len(steps))].(object), "maxUpdate")
			return steps
		}),
		"reverse steps": inSteps(func(_ *chance, steps list) list { slices.Reverse(steps); return steps }),
		"drop step":     inSteps(func(c *chance, steps list) list { i := c.IntN(len(steps)); return slices.Delete(steps, i, i+1) }),
		"controls":      func(c *chance, spec object, _ shape) bool { delete(spec, "syncPolicy"); c.controls(spec); return true },
		"ignored": func(c *chance, spec object, _ shape) bool {
			spec["ignoreApplicationDifferences"] = list{c.ignored()}
			return true
		},
		"nothing ignored":  remove("ignoreApplicationDifferences"),
		"generators":       func(c *chance, spec object, _ shape) bool { spec["generators"], _ = c.generators(); return true },
		"add entry":        inEntries(func(c *chance, entries list) list { added, _ := c.generator(1); return append(entries, added) }),
		"remove entry":     inEntries(func(c *chance, entries list) list { i := c.IntN(len(entries)); return slices.Delete(entries, i, i+1) }),
		"filter":           filter,
		"no options":       remove("goTemplateOptions"),
		"cluster selector": clusterSelector,
		"nothing at all":   func(*chance, object, shape) bool { return true },
		"template":         func(c *chance, spec object, shape shape) bool { spec["template"] = c.template(shape); return true },
		"revision by tenant": inSource(func(c *chance, source object, shape shape) {
			source["targetRevision"] = c.ref(pick(c, shape.fields()...))
		}),
	}
}

func orEmpty(raw any) any {
	if raw == nil {
		return list{}
	}
	return raw
}

func remove(key string) editing {
	return func(_ *chance, spec object, _ shape) bool {
		_, found := spec[key]
		delete(spec, key)
		return found
	}
}

func inMetadata(edit func(*chance, object, shape)) editing {
	return func(c *chance, spec object, shape shape) bool {
		edit(c, spec["template"].(object)["metadata"].(object), shape)
		return true
	}
}

func inSpec(edit func(*chance, object, shape)) editing {
	return func(c *chance, spec object, shape shape) bool {
		edit(c, spec["template"].(object)["spec"].(object), shape)
		return true
	}
}

func inSource(edit func(*chance, object, shape)) editing {
	return inSpec(func(c *chance, spec object, shape shape) {
		source, single := spec["source"].(object)
		if !single {
			source = spec["sources"].(list)[0].(object)
		}
		edit(c, source, shape)
	})
}

func automate(c *chance, spec object, _ shape) {
	policy, found := spec["syncPolicy"].(object)
	if !found {
		policy = object{}
		spec["syncPolicy"] = policy
	}
	if policy["automated"] == nil {
		policy["automated"] = pick(c, object{}, object{"prune": true})
	} else {
		policy["automated"] = pick(c, nil, object{"enabled": false}, object{"prune": true, "selfHeal": true})
	}
	if policy["automated"] == nil {
		delete(policy, "automated")
	}
}

// inElements edits the elements of the first list generator, wherever it is.
func inElements(edit func(*chance, list) list) editing {
	return func(c *chance, spec object, _ shape) bool {
		config := find(spec["generators"], "list")
		if config == nil {
			return false
		}
		elements, found := config["elements"].(list)
		if !found || len(elements) == 0 {
			return false
		}
		config["elements"] = edit(c, elements)
		return true
	}
}

func inElement(edit func(*chance, object)) editing {
	return inElements(func(c *chance, elements list) list {
		edit(c, elements[c.IntN(len(elements))].(object))
		return elements
	})
}

func addElement(c *chance, elements list) list {
	added := copied(elements[c.IntN(len(elements))].(object))
	for _, key := range []string{"tenant", "slot"} {
		if added[key] != nil {
			added[key] = fmt.Sprintf("n%d", c.IntN(3))
		}
	}
	return slices.Insert(elements, c.IntN(len(elements)), any(added))
}

func removeElement(c *chance, elements list) list {
	i := c.IntN(len(elements))
	return slices.Delete(elements, i, i+1)
}

// find returns the first generator of a sort, in depth.
func find(within any, sort string) object {
	entries, _ := within.(list)
	for _, entry := range entries {
		entry := entry.(object)
		if config, found := entry[sort].(object); found {
			return config
		}
		for _, nested := range []string{"matrix", "merge"} {
			if config, found := entry[nested].(object); found {
				if within := find(config["generators"], sort); within != nil {
					return within
				}
			}
		}
	}
	return nil
}

func patch(c *chance, spec object, shape shape) bool {
	spec["templatePatch"] = c.patch(shape)
	return true
}

// moveIntoPatch says by a patch what the template has said.
func moveIntoPatch(_ *chance, spec object, _ shape) bool {
	source, found := spec["template"].(object)["spec"].(object)["source"].(object)
	if !found || spec["templatePatch"] != nil {
		return false
	}
	spec["templatePatch"] = fmt.Sprintf("spec:\n  source:\n    targetRevision: '%s'\n", source["targetRevision"])
	source["targetRevision"] = "moved"
	return true
}

func inSteps(edit func(*chance, list) list) editing {
	return func(c *chance, spec object, _ shape) bool {
		strategy, _ := spec["strategy"].(object)
		rolling, _ := strategy["rollingSync"].(object)
		steps, _ := rolling["steps"].(list)
		if len(steps) == 0 {
			return false
		}
		rolling["steps"] = edit(c, steps)
		return true
	}
}

func inEntries(edit func(*chance, list) list) editing {
	return func(c *chance, spec object, _ shape) bool {
		entries := spec["generators"].(list)
		if len(entries) == 0 {
			return false
		}
		spec["generators"] = edit(c, entries)
		return true
	}
}

func filter(c *chance, spec object, shape shape) bool {
	entries := spec["generators"].(list)
	if len(entries) == 0 {
		return false
	}
	entry := entries[c.IntN(len(entries))].(object)
	if entry["selector"] != nil && c.in(2) {
		delete(entry, "selector")
	} else {
		entry["selector"] = c.filter(shape)
	}
	return true
}

func clusterSelector(c *chance, spec object, _ shape) bool {
	config := find(spec["generators"], "clusters")
	if config == nil {
		return false
	}
	delete(config, "selector")
	maps.Copy(config, c.clusters())
	return true
}
