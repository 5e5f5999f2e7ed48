package applicationset

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	inCluster       = "in-cluster"
	inClusterServer = "https://kubernetes.default.svc"
)

// clusters makes one set of parameters per registered cluster (Argo CD's
// generators/cluster.go).
func clusters(reading *reading, config value, spec *specification) ([]parameters, error) {
	selector, everything, err := clusterSelector(config.field("selector"))
	if err != nil {
		return nil, err
	}
	flat, err := config.field("flatList").flag()
	if err != nil {
		return nil, err
	}
	values, err := newClusterValues(reading, config.field("values"), spec)
	if err != nil {
		return nil, err
	}
	found, err := reading.clusters(config, selector)
	if err != nil {
		return nil, err
	}
	sets := make([]parameters, 0, len(found)+1)
	local := everything
	for i := range found {
		cluster := &found[i]
		local = local && cluster.Server != inClusterServer
		sets = append(sets, parameters{values: clusterParameters(cluster, spec.dialect.goTemplate), cluster: cluster})
	}
	if local {
		// The cluster that Argo CD runs in needs no Secret, and then has no labels.
		sets = append(sets, parameters{
			values: map[string]any{"name": inCluster, "nameNormalized": inCluster, "server": inClusterServer, "project": ""},
			origin: func() string { return "cluster " + inCluster },
		})
	}
	for _, set := range sets {
		if err := values.addTo(set); err != nil {
			return nil, err
		}
	}
	if flat {
		return flatList(sets, config), nil
	}
	return sets, nil
}

// flatList makes a single set of all, even of none.
func flatList(sets []parameters, config value) []parameters {
	all := make([]map[string]any, len(sets))
	for i, set := range sets {
		all[i] = set.values
	}
	return []parameters{{
		values: map[string]any{"clusters": all},
		origin: func() string { return config.path },
	}}
}

func clusterParameters(cluster *inventory.Cluster, goTemplate bool) map[string]any {
	params := map[string]any{
		"name":           cluster.Name,
		"nameNormalized": normalize(cluster.Name),
		"server":         cluster.Server,
		"project":        cluster.Project,
	}
	annotations := exposed(cluster.Annotations)
	if !goTemplate {
		for key, text := range annotations {
			params["metadata.annotations."+key] = text
		}
		for key, text := range cluster.Labels.All() {
			params["metadata.labels."+key] = text
		}
		return params
	}
	metadata := map[string]any{}
	if len(cluster.Annotations) > 0 {
		metadata["annotations"] = annotations
	}
	if len(cluster.Labels) > 0 {
		metadata["labels"] = cluster.Labels.Map()
	}
	params["metadata"] = metadata
	return params
}

// exposed returns the annotations that Argo CD makes parameters of: all but those that it
// and kubectl keep their own state in.
func exposed(annotations inventory.Pairs) map[string]string {
	hidden := []string{
		"argocd.argoproj.io/refresh", "argocd.argoproj.io/hydrate", "argocd.argoproj.io/tracking-id",
		"argocd.argoproj.io/installation-id", "kubectl.kubernetes.io/last-applied-configuration",
	}
	shown := annotations.Map()
	maps.DeleteFunc(shown, func(key, _ string) bool { return slices.Contains(hidden, key) })
	return shown
}

// clusters asks the inventory, once per write for one selector: both objects of an update
// are to be read against the same clusters. Of clusters with one name the last one stays,
// as in Argo CD, which keys them by name.
func (r *reading) clusters(config value, selector labels.Selector) ([]inventory.Cluster, error) {
	key := selector.String()
	if found, asked := r.selected[key]; asked {
		return found, nil
	}
	found, err := r.reader.clusters.Select(selector)
	if err != nil {
		return nil, rollout.Unresolved(config.path, "cannot be counted yet: %s", oneLine(err))
	}
	found = slices.Clone(found)
	slices.SortFunc(found, func(a, b inventory.Cluster) int {
		return strings.Compare(a.Namespace+"/"+a.Secret, b.Namespace+"/"+b.Secret)
	})
	last := make(map[string]int, len(found))
	for i := range found {
		last[found[i].Name] = i
	}
	kept := found[:0]
	for i := range found {
		if last[found[i].Name] == i {
			kept = append(kept, found[i])
		}
	}
	r.selected[key] = kept
	return kept, nil
}

// clusterValues are the values of a clusters generator, which are templates themselves.
type clusterValues struct {
	goTemplate bool
	keys       []string
	path       string
	texts      map[string]*snippet
}

func newClusterValues(reading *reading, field value, spec *specification) (*clusterValues, error) {
	texts, err := field.textMap()
	if err != nil {
		return nil, err
	}
	values := &clusterValues{goTemplate: spec.dialect.goTemplate, keys: sorted(texts), path: field.path, texts: map[string]*snippet{}}
	for key, text := range texts {
		values.texts[key] = reading.renderer(spec.dialect).snippet(text)
	}
	return values, nil
}

// addTo renders the values against the other parameters only, never against each other
// (Argo CD's generators/value_interpolation.go).
func (v *clusterValues) addTo(set parameters) error {
	if len(v.keys) == 0 {
		return nil
	}
	rendered := make(map[string]string, len(v.keys))
	for _, key := range v.keys {
		text, err := v.texts[key].render(set.values)
		if err != nil {
			return rendering(&broken{path: v.path + "." + key, err: err}, set.describe())
		}
		rendered[key] = text
	}
	if v.goTemplate {
		set.values["values"] = rendered
		return nil
	}
	for key, text := range rendered {
		set.values["values."+key] = text
	}
	return nil
}
