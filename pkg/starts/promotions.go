package starts

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Progress tells how far promotions have come.
type Progress interface {
	// UnderWay tells whether a promotion, as namespace/name, that was admitted then may still begin something.
	UnderWay(promotion string, admitted time.Time) bool
}

// Promotions judges promotions, each of which is one start of all environments that it syncs. All fields are
// required.
type Promotions struct {
	Starts *Judge
	// Promotion is their kind, which finds out what one syncs.
	Promotion rollout.Kind
	// Environments is the kind of what they sync.
	Environments string
}

// Concerns tells whether a write is a promotion.
func (p *Promotions) Concerns(kind schema.GroupKind, operation rollout.Operation) bool {
	return operation == rollout.Create && kind == schema.GroupKind{Group: p.Promotion.Group, Kind: p.Promotion.Name}
}

// Judge concludes about a promotion by a user, and has all its starts in the ledgers if they are admitted. A trial
// changes none. What it syncs that is not known here is judged when it starts. The error is that of Judge.Judge.
func (p *Promotions) Judge(ctx context.Context, write rollout.Write, by string, trial bool) (Judgement, error) {
	change, err := p.Promotion.Reader.Read(ctx, write)
	switch {
	case rollout.IsFinding(err):
		return Judgement{}, nil
	case err != nil:
		return Judgement{}, err
	}
	promotion := write.Namespace + "/" + cmp.Or(write.Metadata().Name, write.Name) // which is generated before this is asked
	var started []*gate.Started
	for _, step := range change.Steps {
		for _, target := range step.Targets {
			namespace, name, _ := strings.Cut(target.Name, "/")
			member, known, err := p.Starts.Member(ctx, p.Environments, namespace, name)
			if err != nil {
				return Judgement{}, fmt.Errorf("reading what is promoted: %w", err)
			}
			if known {
				started = append(started, partOf(promotion, member, by))
			}
		}
	}
	return p.Starts.together(ctx, started, trial)
}

// partOf returns the start of one environment of a promotion, of which it is not known yet what it rolls out.
func partOf(promotion string, member gate.Member, by string) *gate.Started {
	now := time.Now()
	start := next(member, member.State.Standing(gate.Settling{}, now), now)
	start.Class, start.Promotion, start.Release, start.By = gate.Promoted, promotion, gate.Release{}, by
	return &gate.Started{Start: start, Of: member}
}
