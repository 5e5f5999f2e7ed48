package check

import (
	"context"

	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
)

// Explained is a result with what led to it.
type Explained struct {
	Result

	Explanation offline.Explanation
}

// Explain judges as Check does, and says how it came to that.
func (c *Checker) Explain(ctx context.Context, documents, before []*manifest.Document) []Explained {
	pairs := c.pairs(documents, before)
	all := make([]Explained, 0, len(pairs))
	for _, pair := range pairs {
		var explained Explained
		write, err := c.write(pair)
		if err == nil {
			explained.Explanation, err = c.World.Explain(ctx, write)
		}
		judged := offline.Judgement{Judgement: explained.Explanation.Judgement, Missing: explained.Explanation.Missing}
		explained.Result = c.result(pair, write, judged, err)
		all = append(all, explained)
	}
	return all
}
