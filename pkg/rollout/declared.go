package rollout

import (
	"context"
	"errors"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// DeclaredEvidence is the Evidence of a count that the annotation seawall.dev/environments
// declares.
const DeclaredEvidence = "annotation " + v1alpha1.EnvironmentsAnnotation

// OrDeclared answers for a write whose environments cannot be counted: with as many as the
// annotation seawall.dev/environments declares, all at once, since nothing tells how they are
// paced. Without the annotation, with one that declares less than could be counted, and for
// an error that is no *UnresolvedError, it returns the error.
func (w Write) OrDeclared(err error, remedy string) (Change, error) {
	unresolved, is := errors.AsType[*UnresolvedError](err)
	if !is {
		return Change{}, err
	}
	n, found, malformed := w.Metadata().Declared()
	switch {
	case malformed != nil:
		return Change{}, malformed
	case !found || n < unresolved.AtLeast:
		return Change{}, err
	}
	return Change{
		Environments: n,
		Steps:        []Step{{Declared: n, InFlight: n, PaceRemedy: remedy, SplitRemedy: remedy, Removal: w.Operation == Delete}},
		Evidence:     DeclaredEvidence,
	}, nil
}

// Declarable returns the kind with a Reader that answers as OrDeclared does where its own
// cannot count.
func Declarable(kind Kind) Kind {
	kind.Reader = declarable{kind.Reader}
	return kind
}

type declarable struct{ Reader }

// Read implements Reader.
func (d declarable) Read(ctx context.Context, write Write) (Change, error) {
	change, err := d.Reader.Read(ctx, write)
	if err != nil {
		return write.OrDeclared(err, "let at most "+PerWave+" environments follow one write")
	}
	return change, nil
}
