package applicationset

import (
	"regexp"
	"slices"
)

// clusterValues are the values of a clusters or a git generator, which are templates themselves.
type clusterValues struct {
	goTemplate bool
	keys       []string
	leaves     []leaf
	// mutates says that they may change the other parameters.
	mutates bool
	// interpolated says that parameters of another generator have been put into them.
	interpolated bool
}

func newClusterValues(reading *reading, field value, spec *specification) (*clusterValues, error) {
	texts, err := field.textMap()
	if err != nil {
		return nil, err
	}
	values := &clusterValues{goTemplate: spec.dialect.goTemplate, keys: sorted(texts), interpolated: field.foreign()}
	for _, key := range values.keys {
		values.leaves = append(values.leaves, reading.renderer(spec.dialect).leaf(field.member(key)))
		values.mutates = values.mutates || spec.dialect.goTemplate && mutating.MatchString(texts[key])
	}
	return values, nil
}

// mutating matches the functions that change the parameters they are given.
var mutating = regexp.MustCompile(`\b(set|unset|merge|mustMerge|mergeOverwrite|mustMergeOverwrite)\b`)

// renderValues renders the values against the other parameters only, never against each other
// (Argo CD's generators/value_interpolation.go).
func (c *clusterRecord) renderValues(reading *reading, cluster clusterRef) error {
	if len(c.values.keys) == 0 {
		return nil
	}
	set := parameters{record: bareCluster{c}, cluster: cluster}
	for _, leaf := range c.values.leaves {
		text, err := c.values.render(leaf, &set)
		if err != nil {
			return reading.rendering(&broken{path: leaf.path, err: err}, &set, c.values.interpolated)
		}
		c.texts = append(c.texts, text)
	}
	c.bare = set.made
	return nil
}

// render renders one of the values; what a template does to the other parameters stays.
func (v *clusterValues) render(leaf leaf, set *parameters) (string, error) {
	if !v.mutates || leaf.template == nil {
		return leaf.render(set)
	}
	params, err := set.all()
	if err != nil {
		return "", err
	}
	return leaf.template.ExecuteIn(params)
}

// add adds what the values have rendered to.
func (v *clusterValues) add(params map[string]any, texts []string) {
	if v.goTemplate && len(texts) > 0 {
		values := make(map[string]string, len(texts))
		for n, text := range texts {
			values[v.keys[n]] = text
		}
		params["values"] = values
		return
	}
	for n, text := range texts {
		params["values."+v.keys[n]] = text
	}
}

func (c *clusterRecord) lookUpValue(key string) (string, answer) {
	n, found := slices.BinarySearch(c.values.keys, key)
	if !found {
		return "", absent
	}
	return c.texts[n], text
}

// bareCluster is a cluster without the values of the generator.
type bareCluster struct{ *clusterRecord }

func (b bareCluster) make() (map[string]any, error) { return b.makeBare(), nil }

func (b bareCluster) lookUp(field *field) (string, answer) {
	if field.path[0] == "values" {
		return "", absent
	}
	return b.clusterRecord.lookUp(field)
}
