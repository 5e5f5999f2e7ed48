package applicationset

import "slices"

// clusterValues are the values of a clusters generator, which are templates themselves.
type clusterValues struct {
	path     *path
	keys     []string
	snippets []*snippet
}

func newClusterValues(reading *reading, field value, spec *specification) (*clusterValues, error) {
	texts, err := field.textMap()
	if err != nil {
		return nil, err
	}
	values := &clusterValues{path: field.where(), keys: sorted(texts)}
	for _, key := range values.keys {
		values.snippets = append(values.snippets, reading.renderer(spec.dialect).snippet(texts[key]))
	}
	return values, nil
}

// renderValues renders the values against the other parameters only, never against each other
// (Argo CD's generators/value_interpolation.go).
func (c *clusterRecord) renderValues() error {
	if len(c.values.keys) == 0 {
		return nil
	}
	set := parameters{record: bareCluster{c}}
	for n, snippet := range c.values.snippets {
		text, err := snippet.render(&set)
		if err != nil {
			return rendering(&broken{path: c.values.path.member(c.values.keys[n]), err: err}, set.describe())
		}
		c.texts = append(c.texts, text)
	}
	return nil
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
