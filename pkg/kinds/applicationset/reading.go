package applicationset

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// reading is what the two objects of one write share while they are read.
type reading struct {
	*reader

	ctx     context.Context //nolint:containedctx // a reading lives as long as the call whose context it is
	account *budget.Account
	// seed makes the digests and hashes of both objects comparable.
	seed       maphash.Seed
	renderers  []*renderer
	selections []*selection
	// strategies are those of the stored and of the written object.
	strategies [2]strategy
	// compares says that what the two objects render to is compared.
	compares bool
	// starts says that it is asked what starts after the write.
	starts bool
	// patches says that one of them has a patch, so that both are built alike.
	patches bool
	// ignored are the fields that the written object has Argo CD ignore, and preserved says that it
	// has it keep what Applications say of being left alone.
	ignored   []ignoring
	preserved bool
	// beyond are the expressions of what else it has it ignore.
	beyond []string
	// stepLabels are the keys of labels that the steps of the objects look at.
	stepLabels map[string]bool
	// apps are those of the object that is being read.
	apps *apps
	// refused are of the entry that is being read.
	refused refusals
	// sets counts the sets of parameters of that object.
	sets int
	// spent is what its expansion has made, in bytes.
	spent int
	// lost says why it is not known which Applications exist, though it has been.
	lost error
	// foreign says that something of the inventory was asked for, so that the parameters are not the
	// writer's own any more.
	foreign bool
	// turn says whether it is the stored or the written object that is being read.
	turn turn
	// cloned says that something was looked up in a repository.
	cloned bool
	// depth is how many matrix and merge generators the present one is within.
	depth int
}

func (r *reader) begin(ctx context.Context) *reading {
	return &reading{reader: r, ctx: ctx, account: budget.From(ctx), seed: maphash.MakeSeed()}
}

// look notes the strategy of an object, and what its steps look at.
func (r *reading) look(strategy strategy, turn turn) {
	r.strategies[turn] = strategy
	for _, step := range strategy.steps {
		for _, expression := range step.expressions {
			if r.stepLabels == nil {
				r.stepLabels = map[string]bool{}
			}
			r.stepLabels[expression.key] = true
		}
	}
}

// unread returns the finding that a field has a problem, because of what could not be read of the
// inventory; what has been lost since is a failure of Seawall's own.
func unread(err error, field, problem string, args ...any) error {
	if errors.Is(err, rollout.ErrLost) {
		return err
	}
	found := rollout.Unresolved(field, problem, args...)
	found.Withheld = rollout.Withheld(err)
	return found
}

// author says what of a template the writer of the object is the author of; interpolated ones are
// made of parameters themselves.
func (r *reading) author(interpolated bool) gotemplate.Author {
	switch {
	case !r.foreign:
		return gotemplate.OfAll
	case interpolated:
		return gotemplate.OfNothing
	default:
		return gotemplate.OfText
	}
}

func (r *reading) renderer(of dialect) *renderer {
	for _, known := range r.renderers {
		if known.dialect.goTemplate == of.goTemplate && slices.Equal(known.dialect.options, of.options) {
			return known
		}
	}
	made := newRenderer(r.ctx, of, r.functions, r.rendered)
	r.renderers = append(r.renderers, made)
	return made
}

// expect makes room for the Applications of so many sets of parameters.
func (r *reading) expect(sets int) {
	if r.depth == 0 {
		r.apps.reserve(min(sets, expansionLimit))
	}
}
