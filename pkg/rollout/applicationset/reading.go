package applicationset

import (
	"context"
	"fmt"
	"hash/maphash"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// reading is what the two objects of one write share while they are read.
type reading struct {
	*reader

	ctx       context.Context //nolint:containedctx // a reading lives as long as the call whose context it is
	printer   printer
	renderers map[string]*renderer
	selected  map[string][]inventory.Cluster
	// sets counts the sets of parameters of the object that is being read.
	sets int
	// depth is how many matrix and merge generators the present one is within.
	depth int
}

func (r *reader) begin(ctx context.Context) *reading {
	return &reading{
		reader:    r,
		ctx:       ctx,
		printer:   printer{seed: maphash.MakeSeed()},
		renderers: map[string]*renderer{},
		selected:  map[string][]inventory.Cluster{},
	}
}

func (r *reading) renderer(dialect dialect) *renderer {
	key := fmt.Sprintf("%t %q", dialect.goTemplate, dialect.options)
	if _, found := r.renderers[key]; !found {
		r.renderers[key] = newRenderer(r.ctx, dialect, r.functions)
	}
	return r.renderers[key]
}
