package main

import (
	"github.com/seawall-dev/seawall/pkg/follow"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

// sources are what must be known before anything is judged.
type sources struct{ all []follow.Source }

// follow adds Seawall's own definitions, which must be known all the time, and the inventory,
// which must have been read once: from then on each of its resources answers for itself.
func (s *sources) follow(policies, overrides, kinds follow.Source, registry *inventory.Registry) {
	s.all = []follow.Source{policies, overrides, kinds, registry}
}

// ready returns why nothing can be judged.
func (s *sources) ready() error {
	for _, source := range s.all {
		if err := source.Check(nil); err != nil {
			return err
		}
	}
	return nil
}

// states returns those of all resources that are read.
func (f followed) States() []inventory.State { return append(f.own.States(), f.registry.States()...) }
