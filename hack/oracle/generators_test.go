package oracle

import "fmt"

// generators returns one or two entries, and the parameters that all of them have.
func (c *chance) generators() (list, shape) {
	first, shape := c.generator(2)
	entries := list{first}
	for c.in(5) && len(entries) < 3 {
		next, other := c.generator(2)
		if other == shape || c.in(8) {
			entries = append(entries, next)
		}
	}
	return entries, shape
}

// generator returns an entry that nests so deep.
func (c *chance) generator(depth int) (object, shape) {
	entry, shape := c.bare(depth)
	if c.in(7) {
		entry["selector"] = c.filter(shape)
	}
	return entry, shape
}

func (c *chance) bare(depth int) (object, shape) {
	if depth > 0 && c.in(3) {
		if c.in(2) {
			return c.matrix(depth - 1)
		}
		return c.merge(depth - 1)
	}
	if c.in(2) {
		return object{"list": c.withTemplate(c.elements(c.some(0, 5)), shape{tenant: true})}, shape{tenant: true}
	}
	return object{"clusters": c.withTemplate(c.clusters(), shape{cluster: true})}, shape{cluster: true}
}

// withTemplate gives a generator a template of its own, once in a while.
func (c *chance) withTemplate(config object, shape shape) object {
	if c.in(15) {
		config["template"] = object{
			"metadata": object{"labels": object{"own": c.text(shape)}},
			"spec": object{
				"project": "", "destination": object{"namespace": pick(c, "own", c.text(shape))},
				"source": object{"repoURL": "", "targetRevision": pick(c, "own", c.text(shape))},
			},
		}
	}
	return config
}

// elements is a list generator of tenants.
func (c *chance) elements(n int) object {
	elements := list{}
	start := c.IntN(3)
	for i := range n {
		element := object{
			"tenant": fmt.Sprintf("t%d", start+i), "env": c.env(), "region": pick(c, "eu", "us"), "version": pick(c, "v1", "v1", "v2"),
		}
		switch c.IntN(30) {
		case 0:
			delete(element, pick(c, "env", "region", "version"))
		case 1:
			element["tenant"] = fmt.Sprintf("t%d", start)
		case 2:
			element["version"] = pick[any](c, 3, true, "", "v\"1", "a: b")
		case 3:
			element["values"] = object{"zone": "z1"}
		case 4:
			element["extra"] = pick[any](c, "unused", object{"deep": "x"}, list{"y"})
		}
		elements = append(elements, element)
	}
	if len(elements) > 0 && c.in(20) {
		return object{"elements": list{}, "elementsYaml": "- {tenant: y0, env: prod, region: eu, version: v1}\n- {tenant: y1, env: dev, region: us, version: v2}\n"}
	}
	return object{"elements": elements}
}

func (c *chance) env() string { return pick(c, "dev", "test", "prod") }

// clusters is a cluster generator.
func (c *chance) clusters() object {
	config := object{}
	switch c.IntN(5) {
	case 0:
		config["selector"] = object{"matchLabels": object{"env": c.env()}}
	case 2:
		config["selector"] = object{"matchExpressions": list{c.expression("env", "tier")}}
	}
	if c.in(4) {
		config["values"] = object{"zone": pick(c, "fixed", c.ref("name"), c.ref("metadata.labels.env")), "of": c.ref("server")}
	}
	return config
}

func (c *chance) expression(keys ...string) object {
	operator := pick(c, "In", "NotIn", "Exists", "DoesNotExist")
	expression := object{"key": pick(c, keys...), "operator": operator}
	if operator == "In" || operator == "NotIn" {
		expression["values"] = list{c.env(), c.env(), pick(c, "1", "eu", "v1")}
	}
	return expression
}

// filter is the selector of an entry, which matches parameters.
func (c *chance) filter(shape shape) object {
	fields := shape.fields()
	if c.in(2) {
		return object{"matchLabels": object{pick(c, fields...): pick(c, c.env(), "eu", "v1")}}
	}
	return object{"matchExpressions": list{c.expression(fields...)}}
}

// matrix combines two generators, of which the second may take parameters of the first.
func (c *chance) matrix(depth int) (object, shape) {
	first, shape := c.generator(depth)
	second, other := c.second(shape)
	config := object{"generators": list{first, second}}
	both := shape.or(other)
	return object{"matrix": c.withTemplate(config, both)}, both
}

func (c *chance) second(first shape) (object, shape) {
	env := c.env()
	switch {
	case first.tenant && c.in(2):
		env = c.ref("env")
	case first.cluster && c.in(2):
		env = c.ref("metadata.labels.env")
	}
	if !first.cluster && c.in(2) {
		return object{"clusters": object{"selector": object{"matchLabels": object{"env": env}}}}, shape{cluster: true}
	}
	if !first.tenant && c.in(2) {
		second := c.elements(c.some(1, 3))
		return object{"list": second}, tenants()
	}
	if c.goTemplate && c.in(3) {
		return object{"list": object{"elements": list{}, "elementsYaml": `{{ list (dict "slot" "s0") (dict "slot" "s1") | toJson }}`}}, shape{slot: true}
	}
	slots := list{}
	for i := range c.some(1, 3) {
		slots = append(slots, object{"slot": fmt.Sprintf("s%d", i), "env2": env})
	}
	return object{"list": object{"elements": slots}}, shape{slot: true}
}

// merge overlays a generator with lists.
func (c *chance) merge(depth int) (object, shape) {
	base, shape := c.generator(depth)
	key, names := "tenant", []string{"t0", "t1", "t2", "t3"}
	if shape.cluster {
		key, names = "name", []string{"c0", "c1", "c2", "in-cluster"}
	}
	over := list{base}
	for range c.some(1, 2) {
		elements := list{}
		for _, name := range names {
			if c.in(2) {
				continue
			}
			element := object{key: name, "version": pick(c, "v1", "v7")}
			if c.in(4) {
				element["region"] = "over"
			}
			elements = append(elements, element)
		}
		over = append(over, object{"list": object{"elements": elements}})
	}
	return object{"merge": object{"mergeKeys": list{key}, "generators": over}}, shape
}
