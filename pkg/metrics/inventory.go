package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// Inventory tells how much is known of the resources that it reads.
type Inventory interface {
	States() []inventory.State
}

// scraped collects the states of an inventory when it is scraped.
type scraped struct {
	inventory                       Inventory
	served, synced, objects, update *prometheus.Desc
}

// RegisterInventory exports the states of an inventory, a few series for each resource. The
// error is the registry's.
func RegisterInventory(registerer prometheus.Registerer, inventory Inventory) error {
	describe := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("seawall_inventory_"+name, help, []string{"resource"}, nil)
	}
	return registerer.Register(&scraped{
		inventory: inventory,
		served:    describe("served", "Whether the API server has the resource (1) or not (0)."),
		synced:    describe("synced", "Whether the objects of the resource are known (1) or not (0)."),
		objects:   describe("objects", "Objects of the resource that are kept."),
		update: describe("last_update_timestamp_seconds",
			"When the API server last told something of the resource, be it that nothing changed, which it does about once a minute."),
	})
}

// Describe implements prometheus.Collector.
func (i *scraped) Describe(descriptions chan<- *prometheus.Desc) {
	for _, description := range []*prometheus.Desc{i.served, i.synced, i.objects, i.update} {
		descriptions <- description
	}
}

// Collect implements prometheus.Collector.
func (i *scraped) Collect(metrics chan<- prometheus.Metric) {
	for resource, state := range i.byResource() {
		send := func(description *prometheus.Desc, value float64) {
			metrics <- prometheus.MustNewConstMetric(description, prometheus.GaugeValue, value, resource)
		}
		send(i.served, number(state.Served))
		if !state.Served {
			continue
		}
		send(i.synced, number(state.Synced))
		send(i.objects, float64(state.Objects))
		if !state.Heard.IsZero() {
			send(i.update, seconds(state.Heard))
		}
	}
}

// byResource returns one state for each resource: of one that is read more than once, the
// least that is known, and the most objects.
func (i *scraped) byResource() map[string]inventory.State {
	states := map[string]inventory.State{}
	for _, state := range i.inventory.States() {
		if other, twice := states[state.Resource]; twice {
			state = merge(state, other)
		}
		states[state.Resource] = state
	}
	return states
}

func merge(a, b inventory.State) inventory.State {
	if b.Heard.Before(a.Heard) {
		a.Heard = b.Heard
	}
	a.Served, a.Synced, a.Objects = a.Served && b.Served, a.Synced && b.Synced, max(a.Objects, b.Objects)
	return a
}
