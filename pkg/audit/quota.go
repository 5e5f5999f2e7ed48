package audit

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/flowcontrol"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ErrQuota is among the errors of a write that would begin one object too many.
var ErrQuota = errors.New("too many records of rollouts that do not exist")

const (
	// Objects that the records of one writer may begin about rollouts that do not exist, at
	// once and from then on. A denied creation leaves no rollout, so that one writer can make
	// up as many names as there are.
	quotaBurst     = 200
	quotaPerSecond = 20. / 60
	// quotaBuckets is how many writers are told apart, so that their number takes no memory.
	quotaBuckets = 1024
)

// Quota bounds how many objects the records of rollouts that do not exist may begin: each writer
// has as many, and all whom nobody has authenticated have one quota together.
type Quota struct {
	reader client.Reader
	seed   maphash.Seed

	mutex   sync.Mutex
	buckets map[uint64]flowcontrol.RateLimiter
}

// NewQuota returns a quota that nothing is taken of. The reader reads from the API server and
// not from a cache.
func NewQuota(reader client.Reader) *Quota {
	return &Quota{reader: reader, seed: maphash.MakeSeed(), buckets: map[uint64]flowcontrol.RateLimiter{}}
}

// Existed tells whether the rollout of one of the entries, which are about the same, exists or
// has existed. What nobody has authenticated is not believed, but looked up. The error is the
// API server's.
func (q *Quota) Existed(ctx context.Context, entries []Entry) (bool, error) {
	var claimed *Record
	for i := range entries {
		switch {
		case entries[i].RolloutUID == "":
		case entries[i].Authenticated:
			return true, nil
		default:
			claimed = &entries[i].Record
		}
	}
	if claimed == nil {
		return false, nil
	}
	stored := &metav1.PartialObjectMetadata{}
	stored.SetGroupVersionKind(schema.GroupVersionKind{Group: claimed.Group, Version: claimed.Version, Kind: claimed.Kind})
	err := q.reader.Get(ctx, client.ObjectKey{Namespace: claimed.Namespace, Name: claimed.Name}, stored)
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) || meta.IsNoMatchError(err) {
		return false, nil
	}
	return err == nil && string(stored.UID) == claimed.RolloutUID, err
}

// Take takes what it is to begin an object with the entries, or returns an error that trying
// again would not mend.
func (q *Quota) Take(entries []Entry) error {
	if q.bucket(entries[0].Writer()).TryAccept() {
		return nil
	}
	return errors.Join(ErrRefused, ErrQuota)
}

func (q *Quota) bucket(writer string) flowcontrol.RateLimiter {
	// Which writers share a bucket nobody can know beforehand.
	number := maphash.String(q.seed, writer) % quotaBuckets
	q.mutex.Lock()
	defer q.mutex.Unlock()
	bucket, found := q.buckets[number]
	if !found {
		bucket = flowcontrol.NewTokenBucketRateLimiter(quotaPerSecond, quotaBurst)
		q.buckets[number] = bucket
	}
	return bucket
}
