package applicationset

import (
	"context"
	"fmt"
	"hash/maphash"

	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
)

// reading is what the two objects of one write share while they are read.
type reading struct {
	*reader

	ctx       context.Context //nolint:containedctx // a reading lives as long as the call whose context it is
	printer   printer
	renderers map[string]*renderer
	selected  map[string]argocd.Clusters
	// stepLabels are the keys of labels that the steps of the objects look at.
	stepLabels map[string]bool
	// sets counts the sets of parameters of the object that is being read.
	sets int
	// spent is what the expansion of that object has made, in bytes.
	spent int
	// depth is how many matrix and merge generators the present one is within.
	depth int
}

func (r *reader) begin(ctx context.Context, objects ...*object) *reading {
	reading := &reading{
		reader:     r,
		ctx:        ctx,
		printer:    printer{seed: maphash.MakeSeed()},
		renderers:  map[string]*renderer{},
		selected:   map[string]argocd.Clusters{},
		stepLabels: map[string]bool{},
	}
	for _, object := range objects {
		var spec specification
		_ = decodeStrategy(&spec, object.spec()) // whoever reads the object says what is wrong
		for _, step := range spec.strategy.steps {
			for _, expression := range step.expressions {
				reading.stepLabels[expression.key] = true
			}
		}
	}
	return reading
}

func (r *reading) renderer(dialect dialect) *renderer {
	key := fmt.Sprintf("%t %q", dialect.goTemplate, dialect.options)
	if _, found := r.renderers[key]; !found {
		r.renderers[key] = newRenderer(r.ctx, dialect, r.functions)
	}
	return r.renderers[key]
}
