package oracle

import (
	"math/rand/v2"
	"path"
	"strings"
)

// gitWrite makes up a write of an ApplicationSet of git generators: a creation, or a change of one.
func gitWrite(number uint64, of map[string]*repository) write {
	c := &chance{Rand: rand.New(rand.NewPCG(*seed+1, number))}
	c.goTemplate = c.in(2)
	made := write{number: number, Repositories: map[string]string{}}
	for url, each := range of {
		made.Repositories[url] = each.dir
	}
	spec := c.gitSpec(of)
	made.New = applicationSet(spec)
	if c.in(3) {
		made.Old = applicationSet(copied(spec))
		made.edits = c.gitEdit(spec, of)
	}
	return made
}

func (c *chance) gitSpec(of map[string]*repository) object {
	first := c.git(of)
	entry := object{"git": first}
	if first["files"] == nil && c.in(4) || c.in(40) {
		second := c.git(of)
		second["pathParamPrefix"] = "second"
		if !c.in(8) { // or the two have parameters of one name, which fails
			delete(second, "values")
			delete(first, "values")
		}
		if c.in(2) {
			within := c.ref(prefixOf(first) + ".path")
			if !c.goTemplate {
				within = c.ref(prefixOf(first))
			}
			second["repoURL"], second["revision"] = first["repoURL"], first["revision"]
			second["directories"], second["files"] = nil, list{object{"path": within + pick(c, "/config.*", "/*", "/*", "/../*")}}
		}
		entry = object{"matrix": object{"generators": list{entry, object{"git": second}}}}
	}
	if c.in(10) {
		entry["selector"] = object{"matchExpressions": list{object{"key": "path.basename", "operator": pick(c, "In", "NotIn"), "values": list{"a", "apps", "t1", "t2"}}}}
	}
	return object{"goTemplate": c.goTemplate, "generators": list{entry}, "template": object{
		"metadata": object{"name": c.gitName(first)},
		"spec":     object{"project": "default", "destination": object{"server": "https://x", "namespace": "y"}, "source": object{"repoURL": "z", "path": ".", "targetRevision": "v1"}},
	}}
}

// prefixOf returns the parameter that holds those of the path.
func prefixOf(git object) string {
	if in, has := git["pathParamPrefix"].(string); has {
		return in + ".path"
	}
	return "path"
}

// gitName returns a template of names that tell most folders or objects apart.
func (c *chance) gitName(of object) string {
	prefix := prefixOf(of)
	switch {
	case !c.goTemplate && c.in(8):
		return "n-{{name}}-{{path[0]}}-{{path.basenameNormalized}}-{{key.sub}}-{{key.list.1.y}}"
	case c.goTemplate:
		return `n{{ toJson . | sha256sum | trunc 20 }}`
	case c.goTemplate && c.in(30):
		return "n-{{name}}"
	case of["files"] != nil:
		return "a-" + c.ref("name") + pick(c, "", "-"+c.ref(prefix+".basenameNormalized")) + pick(c, "", "-"+c.ref("key.list.1.y"))
	default:
		return "a-" + c.ref(prefix+".basenameNormalized") + pick(c, "", "-"+c.ref("values.v"))
	}
}

// gitEdit changes what is stored.
func (c *chance) gitEdit(spec object, of map[string]*repository) []string {
	template, _ := spec["template"].(object)
	inner, _ := template["spec"].(object)
	source, _ := inner["source"].(object)
	switch c.IntN(4) {
	case 0:
		spec["generators"] = append(list{}, object{"git": c.git(of)})
		return []string{"another generator"}
	case 1:
		entries, _ := spec["generators"].(list)
		spec["generators"] = append(append(list{}, entries...), object{"git": c.git(of)})
		return []string{"one more generator"}
	case 2:
		first, _ := spec["generators"].(list)[0].(object)
		of, _ := first["git"].(object)
		source["path"] = pick(c, "z", c.ref(prefixOf(of)+".basename"))
		return []string{"the template's path"}
	default:
		source["targetRevision"] = "v2"
		return []string{"the template's revision"}
	}
}

// git is a git generator.
func (c *chance) git(of map[string]*repository) object {
	url := pick(c, "https://one", "https://two")
	config := object{"repoURL": url, "revision": pick(c, "HEAD", "", "main")}
	if c.in(5) {
		config["revision"] = pick(c, of[url].revisions...)
	}
	if c.in(2) {
		config["directories"] = c.items(of[url].folders, "*", "apps/*", "*/*", "*/*/*", "apps", "[ab]", "a*", "a[b", "apps/a/", "**", ".*", "x y", "c.?", "*é*", "")
	} else {
		config["files"] = c.items(of[url].files, "*", "apps/*/config.json", "**/config.yaml", "*.json", "apps", "config.*", "*/Name_?.yaml", "a", "x y/*",
			":(glob)apps/*/config.json", ":!apps", "[", "*.[jy]*", "é/*", ".hidden/*", "", "apps/../a/*")
	}
	if c.in(4) {
		config["pathParamPrefix"] = pick(c, "in", "name", "second")
	}
	if c.in(3) {
		others := []string{c.ref("name"), c.ref("missing")}
		if !c.goTemplate || c.in(10) { // which fails where there are none
			others = append(others, c.ref("values.v"))
		}
		config["values"] = object{"v": pick(c, "fixed", c.ref(prefixOf(config)+".basename")), "w": pick(c, others...)}
	}
	return config
}

// items are patterns, most of which match some of the paths; the others are those given.
func (c *chance) items(paths []string, others ...string) list {
	items := list{}
	for at := range c.some(1, 3) {
		item := object{"path": pick(c, others...)}
		if len(paths) > 0 && !c.in(4) {
			item["path"] = c.pattern(pick(c, paths...))
		}
		if at > 0 && c.in(3) || c.in(20) {
			item["exclude"] = true
		}
		items = append(items, item)
	}
	return items
}

// pattern returns one that matches a path.
func (c *chance) pattern(of string) string {
	parts := strings.Split(of, "/")
	for i, part := range parts {
		short := []rune(part)
		switch c.IntN(4) {
		case 0:
			parts[i] = "*"
		case 1:
			parts[i] = pick(c, string(short[:1])+"*", "?"+string(short[1:]), "*"+string(short[1:]), "["+string(short[:1])+"]"+string(short[1:]), "[!z]*")
		}
	}
	if c.in(8) && len(parts) > 1 {
		return "**/" + path.Base(of)
	}
	return strings.Join(parts, "/")
}
