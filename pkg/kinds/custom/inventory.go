package custom

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

// Inventory holds objects that a RolloutKind's expressions see.
type Inventory = inventory.Collection[map[string]any]

// Inventories are all that a RolloutKind declares: nil targets if it has none, and the related
// ones by the names that expressions use.
type Inventories struct {
	targets *Inventory
	related map[string]*Inventory
}

// NewInventories has the registry read what a RolloutKind declares, until Unregister.
func NewInventories(registry *inventory.Registry, spec *v1alpha1.RolloutKindSpec) Inventories {
	var all Inventories
	if spec.Inventory.Resource != "" {
		all.targets = register(registry, &spec.Inventory)
	}
	if len(spec.Related) > 0 {
		all.related = make(map[string]*Inventory, len(spec.Related))
	}
	for i := range spec.Related {
		all.related[relatedVariable+spec.Related[i].Name] = register(registry, &spec.Related[i].RolloutKindInventory)
	}
	return all
}

// Unregister ends what NewInventories began.
func (i Inventories) Unregister(registry *inventory.Registry) {
	if i.targets != nil {
		inventory.Unregister(registry, i.targets)
	}
	for _, objects := range i.related {
		inventory.Unregister(registry, objects)
	}
}

// Resources returns the names of what is read, sorted.
func (i Inventories) Resources() []string {
	all := slices.Collect(maps.Values(i.related))
	if i.targets != nil {
		all = append(all, i.targets)
	}
	names := make([]string, len(all))
	for at, objects := range all {
		names[at] = objects.Source().String()
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// none says that expressions see nothing but the rollout.
func (i Inventories) none() bool { return i.targets == nil && len(i.related) == 0 }

func register(registry *inventory.Registry, declared *v1alpha1.RolloutKindInventory) *Inventory {
	fields := make([][]string, len(declared.Fields))
	for i, field := range declared.Fields {
		fields[i] = strings.Split(field, ".")
	}
	return inventory.Register[map[string]any](registry, inventory.Source{
		Group: declared.Group, Versions: declared.Versions, Resource: declared.Resource, Kind: declared.Kind,
		MetadataOnly: len(fields) == 0, Fields: fields,
	})
}

// list returns the objects as expressions see them.
func list(account *budget.Account, targets *Inventory) ([]any, error) {
	objects, err := targets.List("", labels.Everything())
	if err != nil {
		return nil, err
	}
	const bytesOfOne = 1 << 10 // about what its maps take
	if err := account.Spend(len(objects) * bytesOfOne); err != nil {
		return nil, err
	}
	all := make([]any, len(objects))
	for i, object := range objects {
		all[i] = members(object)
	}
	return all, nil
}

// members returns an object as expressions see it: its fields may be shared.
func members(object *inventory.Object[map[string]any]) map[string]any {
	metadata := map[string]any{"name": object.Name, "labels": object.Labels.Map()}
	if object.Namespace != "" {
		metadata["namespace"] = object.Namespace
	}
	if object.SuccessRate != "" {
		metadata["annotations"] = map[string]any{v1alpha1.SyncSuccessRateAnnotation: object.SuccessRate}
	}
	all := map[string]any{"metadata": metadata}
	maps.Copy(all, object.Value)
	return all
}
