package cli

import (
	"context"

	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
)

// basis is where policies, overrides and RolloutKinds come from. Of each sort those of files that were
// given for it count, else those of the cluster or of a snapshot, else those among the manifests.
type basis struct {
	given, found []*manifest.Document
	standing     *offline.Inventory
	note         func(text string)
}

// establish adds them to a world; the problems are those of files.
func (b *basis) establish(ctx context.Context, world *offline.World) ([]*manifest.ReadError, error) {
	var problems []*manifest.ReadError
	for _, own := range offline.Owns() {
		refused, err := b.add(ctx, world, own)
		if err != nil {
			return nil, err
		}
		problems = append(problems, refused...)
	}
	strays, err := world.Add(ctx, strangers(b.given, b.found)...)
	return append(problems, strays...), err
}

// strangers are objects of Seawall's group of a sort that there is not, which have to be said.
func strangers(all ...[]*manifest.Document) []*manifest.Document {
	var found []*manifest.Document
	for _, documents := range all {
		for _, document := range documents {
			if isOwn(document) && !offline.Own(document.Kind).Known() {
				found = append(found, document)
			}
		}
	}
	return found
}

func (b *basis) add(ctx context.Context, world *offline.World, own offline.Own) ([]*manifest.ReadError, error) {
	if given := own.Of(b.given); len(given) > 0 {
		return world.Add(ctx, given...)
	}
	found := own.Of(b.found)
	documents, lacking, told := b.standing.Standing(own)
	switch {
	case lacking != "":
		world.Lack(own)
		return nil, nil
	case told:
		return nil, b.follow(world, own, documents, len(found))
	case own == offline.Policies && len(found) == 0:
		b.notef("no policy was given: judged by the chart's default")
		return world.Add(ctx, offline.Default()...)
	}
	return world.Add(ctx, found...)
}

// follow takes on what a cluster has, and says what of the manifests is passed over for it.
func (b *basis) follow(world *offline.World, own offline.Own, documents []*manifest.Document, passed int) error {
	if passed > 0 {
		b.notef(own.String() + " among the manifests are not judged by, but those in force: give others with --policies")
	}
	if own == offline.Policies && len(documents) == 0 {
		b.notef("the cluster has no WavePolicy: nothing is judged")
	}
	return world.Follow(own, documents)
}

func (b *basis) notef(text string) {
	if b.note != nil {
		b.note(text)
	}
}
