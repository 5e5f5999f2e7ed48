package applicationset

import "slices"

// clusterValues are the values of a clusters generator, which are templates themselves.
type clusterValues struct {
	goTemplate bool
	path       *path
	keys       []string
	texts      []*snippet
	// rendered are the texts of each cluster, one after the other; those of one, if all are the
	// same for every cluster.
	rendered []string
	constant bool
}

func newClusterValues(reading *reading, field value, spec *specification) (*clusterValues, error) {
	texts, err := field.textMap()
	if err != nil {
		return nil, err
	}
	values := &clusterValues{goTemplate: spec.dialect.goTemplate, path: field.where(), keys: sorted(texts), constant: true}
	for _, key := range values.keys {
		snippet := reading.renderer(spec.dialect).snippet(texts[key])
		values.texts = append(values.texts, snippet)
		values.constant = values.constant && snippet.constant()
	}
	return values, nil
}

// render renders the values against the other parameters only, never against each other
// (Argo CD's generators/value_interpolation.go).
func (v *clusterValues) render(records []clusterRecord) error {
	if len(v.keys) == 0 {
		return nil
	}
	if v.constant {
		records = records[:min(1, len(records))]
	}
	v.rendered = make([]string, 0, len(records)*len(v.keys))
	for i := range records {
		set := parameters{record: bareCluster{&records[i]}}
		for n, text := range v.texts {
			rendered, err := text.render(&set)
			if err != nil {
				return rendering(&broken{path: v.path.member(v.keys[n]), err: err}, set.describe())
			}
			v.rendered = append(v.rendered, rendered)
		}
	}
	return nil
}

// bareCluster is a cluster without the values of the generator.
type bareCluster struct{ *clusterRecord }

func (b bareCluster) values() (map[string]any, error) { return b.withoutValues(), nil }

func (b bareCluster) lookUp(field *field) (string, answer) {
	if field.path[0] == "values" {
		return "", absent
	}
	return b.clusterRecord.lookUp(field)
}

// of returns the texts of a cluster.
func (v *clusterValues) of(index int) []string {
	if v.constant {
		index = 0
	}
	return v.rendered[index*len(v.keys):][:len(v.keys)]
}

func (v *clusterValues) lookUp(index int, key string) (string, answer) {
	n, found := slices.BinarySearch(v.keys, key)
	if !found {
		return "", absent
	}
	return v.of(index)[n], text
}

func (v *clusterValues) addTo(params map[string]any, index int) {
	if len(v.keys) == 0 {
		return
	}
	rendered := make(map[string]string, len(v.keys))
	for n, text := range v.of(index) {
		rendered[v.keys[n]] = text
		if !v.goTemplate {
			params["values."+v.keys[n]] = text
		}
	}
	if v.goTemplate {
		params["values"] = rendered
	}
}
