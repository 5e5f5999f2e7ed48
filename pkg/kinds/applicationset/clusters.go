package applicationset

import (
	"cmp"
	"maps"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// clusters makes one set of parameters per registered cluster (Argo CD's
// generators/cluster.go).
func clusters(reading *reading, config value, spec *specification, yield yieldFunc) error {
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
	count := found.list.Len()
	if everything && !found.list.HasLocal() {
		count++ // the cluster that Argo CD runs in needs no Secret
	}
	if flat {
		return flatList(reading, config, yield, func(yield yieldFunc) error { return found.each(reading, count, values, yield) })
	}
	reading.expect(count)
	return found.each(reading, count, values, yield)
}

// each makes a set of parameters of each cluster.
func (s *selection) each(reading *reading, count int, values *clusterValues, yield yieldFunc) error {
	var set parameters
	record := &clusterRecord{values: values}
	for i := range count {
		if reading.depth > 0 {
			record = &clusterRecord{values: values} // it is kept
		}
		record.cluster, record.texts, record.bare = s.at(i), record.texts[:0], nil
		set = parameters{record: record, cluster: s.ref(i)}
		if err := record.renderValues(reading, set.cluster); err != nil {
			return err
		}
		if values.mutates {
			params, err := record.make()
			if err != nil {
				return err
			}
			set.made = params
			set.record = &made{params, record.describe}
		}
		if err := yield(&set); err != nil {
			return err
		}
	}
	return nil
}

// flatList makes a single set of all, even of none.
func flatList(reading *reading, config value, yield yieldFunc, each func(yield yieldFunc) error) error {
	flat := []map[string]any{}
	err := each(func(set *parameters) error {
		params, err := set.all()
		flat = append(flat, params)
		return cmp.Or(err, reading.account.Spend(flatWeight))
	})
	if err != nil {
		return err
	}
	set := madeOf(map[string]any{"clusters": flat}, config.spelled)
	return yield(&set)
}

// flatWeight is about what all parameters of a cluster weigh.
const flatWeight = 2048

// clusterRecord is a registered cluster.
type clusterRecord struct {
	cluster argocd.Cluster
	values  *clusterValues
	// texts are what the values render to.
	texts []string
	// bare are the other parameters, if the values have changed them.
	bare map[string]any
}

// registeredCluster is all that a message says of a cluster that a Secret registers: whoever writes
// an ApplicationSet need not have the right to read that.
const registeredCluster = "a registered cluster"

func (c *clusterRecord) describe() string {
	if c.cluster.Secret() == "" {
		return "cluster " + c.cluster.Name()
	}
	return registeredCluster
}

func (c *clusterRecord) lookUp(field *field) (string, answer) {
	switch of := field.path; {
	case of[0] == "metadata" && len(of) == 3:
		return c.lookUpMetadata(of[1], of[2])
	case of[0] == "values" && len(of) == 2:
		return c.lookUpValue(of[1])
	case of[0] == "metadata", of[0] == "values", len(of) > 1:
		return "", other
	default:
		return lookUpCluster(c.cluster, of[0])
	}
}

func lookUpCluster(cluster argocd.Cluster, key string) (string, answer) {
	switch key {
	case "name":
		return cluster.Name(), text
	case "nameNormalized":
		return normalize(cluster.Name()), text
	case "server":
		return cluster.Server(), text
	case "project":
		return cluster.Project(), text
	default:
		return "", absent
	}
}

func (c *clusterRecord) lookUpMetadata(sort, key string) (string, answer) {
	pairs := inventory.Pairs(nil)
	switch sort {
	case "labels":
		pairs = c.cluster.Labels()
	case "annotations":
		if !hidden(key) {
			pairs = c.cluster.Annotations()
		}
	}
	if said, found := pairs.Lookup(key); found {
		return said, text
	}
	return "", absent
}

func (c *clusterRecord) make() (map[string]any, error) {
	params := c.bare
	if params == nil || !c.values.mutates {
		params = c.makeBare()
	}
	c.values.add(params, c.texts)
	return params, nil
}

// makeBare makes the parameters without the values of the generator.
func (c *clusterRecord) makeBare() map[string]any {
	cluster := c.cluster
	params := map[string]any{
		"name":           cluster.Name(),
		"nameNormalized": normalize(cluster.Name()),
		"server":         cluster.Server(),
		"project":        cluster.Project(),
	}
	annotations := cluster.Annotations().Map()
	maps.DeleteFunc(annotations, func(key, _ string) bool { return hidden(key) })
	switch {
	case !c.values.goTemplate:
		for key, text := range annotations {
			params["metadata.annotations."+key] = text
		}
		for key, text := range cluster.Labels().All() {
			params["metadata.labels."+key] = text
		}
	case cluster.Secret() != "": // the cluster that Argo CD runs in has no metadata
		metadata := map[string]any{}
		if len(cluster.Annotations()) > 0 {
			metadata["annotations"] = annotations
		}
		if len(cluster.Labels()) > 0 {
			metadata["labels"] = cluster.Labels().Map()
		}
		params["metadata"] = metadata
	}
	return params
}

// hidden says whether Argo CD makes no parameter of an annotation: it and kubectl keep their own
// state in it.
func hidden(key string) bool {
	switch key {
	case "argocd.argoproj.io/refresh", "argocd.argoproj.io/hydrate", "argocd.argoproj.io/tracking-id",
		"argocd.argoproj.io/installation-id", "kubectl.kubernetes.io/last-applied-configuration":
		return true
	default:
		return false
	}
}

// clusterRef names a cluster by numbers from 1: of the selection and of the cluster in it.
type clusterRef struct{ selection, index uint32 }

// selection is what one selector selects.
type selection struct {
	selector string
	number   uint32
	list     argocd.Clusters
}

func (s *selection) ref(index int) clusterRef {
	if index == s.list.Len() {
		return clusterRef{}
	}
	return clusterRef{s.number, uint32(index) + 1} //nolint:gosec // no more than there are clusters
}

// at returns the cluster of a number; past the last one that is the cluster which Argo CD runs in.
func (s *selection) at(index int) argocd.Cluster {
	if index == s.list.Len() {
		return argocd.InCluster()
	}
	return s.list.At(index)
}

// cluster returns the cluster of a reference that is not zero.
func (r *reading) cluster(ref clusterRef) argocd.Cluster {
	return r.selections[ref.selection-1].list.At(int(ref.index) - 1)
}

// clusters asks the inventory, once per write for one selector: both objects of an update
// are to be read against the same clusters.
func (r *reading) clusters(config value, selector labels.Selector) (*selection, error) {
	if err := r.account.Work(1 + len(r.selections)/workBytes); err != nil {
		return nil, err
	}
	key := selector.String()
	for _, asked := range r.selections {
		if asked.selector == key {
			return asked, nil
		}
	}
	r.foreign = true
	found, err := r.reader.clusters.Select(selector)
	if err != nil {
		return nil, unread(err, config.spelled(), "cannot be counted yet: %s", rollout.Quote(err.Error()))
	}
	made := &selection{selector: key, number: uint32(len(r.selections)) + 1, list: found} //nolint:gosec // no more than there are generators
	r.selections = append(r.selections, made)
	return made, nil
}
