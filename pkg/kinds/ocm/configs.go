package ocm

import "slices"

// configs are the names of configurations, by the resource that they are of.
type configs map[configResource][]configName

type configResource struct{ group, resource string }

type configName struct{ namespace, name string }

// supportedConfig is how v1alpha1 says what a configuration is by default.
type supportedConfig struct {
	Group         string `json:"group"`
	Resource      string `json:"resource"`
	DefaultConfig struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"defaultConfig"`
}

// addonConfig is a configuration of a placement and, in v1beta1, by default.
type addonConfig struct {
	Group     string `json:"group"`
	Resource  string `json:"resource"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// noConfig is the name that OCM gives to no configuration when it converts versions.
const noConfig = "__reserved_no_default__"

// defaults are the configurations of clusters that nothing else is said of. A resource that
// has none changes nothing.
func defaults(supported []supportedConfig, listed []addonConfig) configs {
	for _, one := range supported {
		listed = append(listed, addonConfig{one.Group, one.Resource, one.DefaultConfig.Namespace, one.DefaultConfig.Name})
	}
	result := configs{}
	for _, one := range listed {
		if one.Name != "" && one.Name != noConfig {
			result.add(one)
		}
	}
	return result
}

// with returns the configurations with those of a placement, which replace all of the same
// resource.
func (c configs) with(listed []addonConfig) configs {
	own := configs{}
	for _, one := range listed {
		own.add(one)
	}
	for resource, names := range c {
		if _, replaced := own[resource]; !replaced {
			own[resource] = names
		}
	}
	return own
}

func (c configs) add(one addonConfig) {
	resource, name := configResource{one.Group, one.Resource}, configName{one.Namespace, one.Name}
	if !slices.Contains(c[resource], name) {
		c[resource] = append(c[resource], name)
	}
}
