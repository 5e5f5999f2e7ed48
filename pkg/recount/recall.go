package recount

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/policy"
)

const (
	// recallTries is how often the Memory is asked before the re-count does without: what is
	// recorded twice does less harm than what is not found.
	recallTries = 3
	recallTime  = 30 * time.Second
)

// recall is how far the Memory has been asked.
type recall struct {
	tries int
	done  bool
}

// remember begins with what has been recorded before, so that it is not recorded again, and that
// what is mended is. None of it counts: the numbers are of rollouts that this Recounter has seen.
func (r *Recounter) remember(ctx context.Context) error {
	if r.recall.done {
		return nil
	}
	// Before policies and kinds are known everything would look mended.
	if _, err := r.Evaluator.Asks(schema.GroupKind{}, ""); err != nil {
		return err
	}
	if r.recall.done = r.Memory == nil; r.recall.done {
		return nil
	}
	r.recall.tries++
	asking, stop := context.WithTimeout(ctx, recallTime)
	defer stop()
	found := results{}
	err := r.Memory.Recorded(asking, found.recall)
	switch {
	case err != nil && r.recall.tries < recallTries:
		return err
	case err != nil:
		log.FromContext(ctx).Error(err, "reading what the re-count has recorded before: it may be recorded again")
	}
	r.recall.done, r.results = true, found
	for kind := range found {
		if _, known := r.find(kind); !known { // what goes through the others clears theirs
			r.queue.AddAfter(Item{Kind: kind}, gathering)
		}
	}
	return nil
}

// recall keeps the finding of a record.
func (r results) recall(record audit.Record) {
	kind := schema.GroupKind{Group: record.Group, Kind: record.Kind}
	if r[kind] == nil {
		r[kind] = map[types.NamespacedName]result{}
	}
	r[kind][types.NamespacedName{Namespace: record.Namespace, Name: record.Name}] = result{
		finding: finding{action: record.Action, policy: record.Policy, reason: policy.Reason(record.Reason)},
	}
}
