package offline

import (
	"context"

	"github.com/seawall-dev/seawall/pkg/evaluate"
)

// Explanation is what the webhook would say of a write, with what led to it.
type Explanation struct {
	evaluate.Explanation

	// Missing are those of the Judgement.
	Missing []string
}

// Explain judges a write as Judge does, and says how it came to that.
func (w *World) Explain(ctx context.Context, write evaluate.Write) (Explanation, error) {
	clear(w.missed)
	explained, err := w.evaluator.Explain(ctx, write, w.set.All())
	judged, err := w.conclude(write, explained.Judgement, err)
	return Explanation{explained, judged.Missing}, err
}
