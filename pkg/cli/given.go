package cli

import (
	"context"
	"slices"

	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
)

// given is what files hold, and by what it is judged.
type given struct {
	world *offline.World
	// documents are what is judged, and before is what there was.
	documents, before []*manifest.Document
	problems          []*manifest.ReadError
}

// read reads what paths name. The error says why nothing of it can be judged.
func (o *checkOptions) read(ctx context.Context, paths ...string) (given, error) {
	if err := o.lookUp(ctx); err != nil {
		return given{}, err
	}
	reader := manifest.Reader{Stdin: o.streams.In, Note: o.note}
	parsed := reader.Read(paths...)
	var own, others []*manifest.Document
	for _, document := range parsed.Documents {
		if isOwn(document) {
			own = append(own, document)
		} else {
			others = append(others, document)
		}
	}
	world, problems, err := o.world.open(ctx, reader, own)
	if err != nil {
		return given{}, err
	}
	before, err := o.before(ctx, reader, paths)
	return given{world, others, before.Documents, slices.Concat(parsed.Problems, problems, before.Problems)}, err
}
