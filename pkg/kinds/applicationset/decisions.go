package applicationset

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// clusterDecisions makes one set of parameters per registered cluster that a resource's
// status lists (Argo CD's generators/duck_type.go).
func clusterDecisions(reading *reading, config value, spec *specification, yield yieldFunc) error {
	values, err := config.field("values").textMap()
	if err != nil {
		return err
	}
	resource, err := reading.decisionResource(config)
	if err != nil {
		return err
	}
	chosen, err := chooseDecisions(config, resource)
	if err != nil || resource.MatchKey == "" {
		return err // without a match key Argo CD matches no cluster
	}
	registered, err := reading.registered(config)
	if err != nil {
		return err
	}
	for _, object := range chosen {
		decisions, err := object.decisions(config, resource)
		if err != nil {
			return err
		}
		for _, decision := range decisions {
			if cluster, found := registered[matchedName(decision[resource.MatchKey])]; found {
				set := decided(cluster, decision, values, spec.dialect.goTemplate)
				if err := yield(&set); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// matchedName returns the name of a cluster as a decision spells it; an empty one, or none,
// matches not even a cluster without a name.
func matchedName(spelled any) string {
	if spelled == nil {
		return ""
	}
	return fmt.Sprint(spelled)
}

// decisionResource reads the resource that the ConfigMap of the generator names.
func (r *reading) decisionResource(config value) (argocd.DecisionResource, error) {
	reference, err := config.field("configMapRef").text()
	if err != nil {
		return argocd.DecisionResource{}, err
	}
	if r.decisions == nil {
		return argocd.DecisionResource{}, open(config, "is not readable here")
	}
	r.foreign = true
	resource, err := r.decisions.Decisions(reference)
	if err != nil {
		return argocd.DecisionResource{}, unread(err, config.spelled(), "cannot be counted: %s", err)
	}
	return resource, nil
}

// decisionObject is one object of a decision resource.
type decisionObject argocd.DecisionObject

// chooseDecisions returns the objects that the generator names or selects: one or the other.
func chooseDecisions(config value, resource argocd.DecisionResource) ([]decisionObject, error) {
	name, err := config.field("name").text()
	if err != nil {
		return nil, err
	}
	decoded, err := decodeSelector(config.field("labelSelector"))
	if err != nil {
		return nil, err
	}
	selects := decoded.MatchLabels != nil || decoded.MatchExpressions != nil
	if selects == (name != "") {
		return nil, rollout.Unresolved(config.spelled(), "wants either name or labelSelector")
	}
	selector, err := metav1.LabelSelectorAsSelector(decoded)
	if err != nil {
		return nil, notASelector(config.field("labelSelector"), err)
	}
	var chosen []decisionObject
	for _, object := range resource.Objects {
		if selects && selector.Matches(&object.Labels) || !selects && object.Name == name {
			chosen = append(chosen, decisionObject(object))
		}
	}
	if len(chosen) == 0 {
		return nil, rollout.Unresolved(config.spelled(), "finds no object of the resource in Argo CD's namespace")
	}
	return chosen, nil
}

// decisions returns the entries of the list in the object's status; none while there is no
// status.
func (o decisionObject) decisions(config value, resource argocd.DecisionResource) ([]map[string]any, error) {
	if len(o.Status) == 0 {
		return nil, nil
	}
	key := resource.StatusListKey
	if key == "" {
		key = "clusters"
	}
	list := root(config.spelled()+": the list in the status of an object of the resource", o.Status[key])
	list.kept.foreign = true
	items, err := list.list()
	if err != nil {
		return nil, err
	}
	decisions := make([]map[string]any, len(items))
	for i := range items {
		if decisions[i], err = list.item(i).object(); err != nil {
			return nil, err
		}
	}
	return decisions, nil
}

func decided(found registered, decision map[string]any, values map[string]string, goTemplate bool) parameters {
	cluster := found.cluster
	params := map[string]any{"name": cluster.Name(), "server": cluster.Server()}
	for key, member := range decision {
		params[key] = fmt.Sprintf("%v", member)
	}
	if goTemplate && len(values) > 0 {
		params["values"] = values
	}
	for key, text := range values {
		if !goTemplate {
			params["values."+key] = text
		}
	}
	set := madeOf(params, func() string { return registeredCluster })
	set.cluster = found.ref
	return set
}

// registered is a cluster that decisions may name.
type registered struct {
	cluster argocd.Cluster
	ref     clusterRef
}

// registered returns all clusters by name, the one that Argo CD runs in included.
func (r *reading) registered(config value) (map[string]registered, error) {
	all, err := r.clusters(config, labels.Everything())
	if err != nil {
		return nil, err
	}
	byName := make(map[string]registered, all.list.Len()+1)
	count := all.list.Len()
	if !all.list.HasLocal() {
		byName[all.at(count).Name()] = registered{all.at(count), all.ref(count)}
	}
	for i := range count {
		cluster := all.at(i)
		byName[cluster.Name()] = registered{cluster, all.ref(i)}
	}
	delete(byName, "")
	return byName, nil
}
