package applicationset

import (
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
func clusters(reading *reading, config value, spec *specification, yield yield) error {
	selector, everything, err := clusterSelector(config.field("selector"))
	if err != nil {
		return err
	}
	flat, err := config.field("flatList").flag()
	if err != nil {
		return err
	}
	values, err := newClusterValues(reading, config.field("values"), spec)
	if err != nil {
		return err
	}
	found, err := reading.clusters(config, selector)
	if err != nil {
		return err
	}
	sets := &clusterSets{selection: found, goTemplate: spec.dialect.goTemplate, own: values}
	count := len(found.list)
	if everything && found.local() {
		count++ // the cluster that Argo CD runs in needs no Secret
	}
	records := make([]clusterRecord, count)
	for i := range records {
		records[i] = clusterRecord{sets, i}
	}
	if err := values.render(records); err != nil {
		return err
	}
	if flat {
		return flatList(records, config, yield)
	}
	reading.expect(count)
	var set parameters
	for i := range records {
		set = parameters{record: &records[i], cluster: found.ref(i)}
		if err := yield(&set); err != nil {
			return err
		}
	}
	return nil
}

// flatList makes a single set of all, even of none.
func flatList(records []clusterRecord, config value, yield yield) error {
	all := make([]map[string]any, len(records))
	for i := range records {
		all[i], _ = records[i].values()
	}
	set := madeOf(map[string]any{"clusters": all}, config.spelled)
	return yield(&set)
}

// clusterSets are what the sets of parameters of a clusters generator share.
type clusterSets struct {
	selection  *selection
	goTemplate bool
	own        *clusterValues
}

// clusterRecord is a cluster of a selection. The one past its end is the cluster that Argo CD
// runs in.
type clusterRecord struct {
	*clusterSets

	index int
}

func (c *clusterRecord) cluster() inventory.Cluster {
	if c.index == len(c.selection.list) {
		return inventory.Cluster{Name: inCluster, Server: inClusterServer}
	}
	return c.selection.list[c.index]
}

func (c *clusterRecord) describe() string {
	if c.index == len(c.selection.list) {
		return "cluster " + inCluster
	}
	return "cluster " + rollout.Quote(c.cluster().Name)
}

func (c *clusterRecord) lookUp(field *field) (string, answer) {
	switch of := field.path; {
	case of[0] == "metadata" && len(of) == 3:
		return c.lookUpMetadata(of[1], of[2])
	case of[0] == "values" && len(of) == 2:
		return c.own.lookUp(c.index, of[1])
	case of[0] == "metadata", of[0] == "values", len(of) > 1:
		return "", other
	default:
		return lookUpCluster(c.cluster(), of[0])
	}
}

func lookUpCluster(cluster inventory.Cluster, key string) (string, answer) {
	switch key {
	case "name":
		return cluster.Name, text
	case "nameNormalized":
		return normalize(cluster.Name), text
	case "server":
		return cluster.Server, text
	case "project":
		return cluster.Project, text
	default:
		return "", absent
	}
}

func (c *clusterRecord) lookUpMetadata(sort, key string) (string, answer) {
	pairs := inventory.Pairs(nil)
	switch sort {
	case "labels":
		pairs = c.cluster().Labels
	case "annotations":
		if !hidden(key) {
			pairs = c.cluster().Annotations
		}
	}
	if said, found := pairs.Lookup(key); found {
		return said, text
	}
	return "", absent
}

// values returns all parameters.
func (c *clusterRecord) values() (map[string]any, error) {
	params := c.withoutValues()
	c.own.addTo(params, c.index)
	return params, nil
}

func (c *clusterRecord) withoutValues() map[string]any {
	cluster := c.cluster()
	params := map[string]any{
		"name":           cluster.Name,
		"nameNormalized": normalize(cluster.Name),
		"server":         cluster.Server,
		"project":        cluster.Project,
	}
	annotations := cluster.Annotations.Map()
	for _, key := range hiddenAnnotations() {
		delete(annotations, key)
	}
	switch {
	case !c.goTemplate:
		for key, text := range annotations {
			params["metadata.annotations."+key] = text
		}
		for key, text := range cluster.Labels.All() {
			params["metadata.labels."+key] = text
		}
	case c.index < len(c.selection.list): // the cluster that Argo CD runs in has no metadata
		metadata := map[string]any{}
		if len(cluster.Annotations) > 0 {
			metadata["annotations"] = annotations
		}
		if len(cluster.Labels) > 0 {
			metadata["labels"] = cluster.Labels.Map()
		}
		params["metadata"] = metadata
	}
	return params
}

// hiddenAnnotations are those that Argo CD makes no parameters of: it and kubectl keep their own
// state in them.
func hiddenAnnotations() [5]string {
	return [...]string{
		"argocd.argoproj.io/refresh", "argocd.argoproj.io/hydrate", "argocd.argoproj.io/tracking-id",
		"argocd.argoproj.io/installation-id", "kubectl.kubernetes.io/last-applied-configuration",
	}
}

func hidden(key string) bool {
	all := hiddenAnnotations()
	return slices.Contains(all[:], key)
}

// clusterRef is one more than the number of a cluster among all that have been selected.
type clusterRef uint32

// selection is what one selector selects.
type selection struct {
	selector string
	// before is how many clusters other selections have.
	before int
	list   []inventory.Cluster
}

func (s *selection) ref(index int) clusterRef {
	if index == len(s.list) {
		return 0
	}
	return clusterRef(s.before + index + 1)
}

// local says whether the cluster that Argo CD runs in is not among them.
func (s *selection) local() bool {
	return !slices.ContainsFunc(s.list, func(cluster inventory.Cluster) bool { return cluster.Server == inClusterServer })
}

// cluster returns the cluster of a reference that is not 0.
func (r *reading) cluster(ref clusterRef) inventory.Cluster {
	index, found := slices.BinarySearchFunc(r.selections, int(ref)-1, func(s *selection, at int) int { return s.before - at })
	if !found {
		index--
	}
	for len(r.selections[index].list) == 0 {
		index++ // it shares its number with the next one
	}
	return r.selections[index].list[int(ref)-1-r.selections[index].before]
}

// clusters asks the inventory, once per write for one selector: both objects of an update
// are to be read against the same clusters. Of clusters with one name the last one stays,
// as in Argo CD, which keys them by name.
func (r *reading) clusters(config value, selector labels.Selector) (*selection, error) {
	key, before := selector.String(), 0
	for _, asked := range r.selections {
		if asked.selector == key {
			return asked, nil
		}
		before = asked.before + len(asked.list)
	}
	found, err := r.reader.clusters.Select(selector)
	if err != nil {
		return nil, rollout.Unresolved(config.spelled(), "cannot be counted yet: %s", oneLine(err))
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
	made := &selection{selector: key, before: before, list: kept}
	r.selections = append(r.selections, made)
	return made, nil
}
