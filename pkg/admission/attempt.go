package admission

import (
	"context"
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// refusals are the starts that were refused of late. The zero value is that none was.
//
// Where an attempt to start is several writes, its system goes on writing after one was refused, though it has given the
// attempt up. Whatever of it were admitted then, since a slot has become free meanwhile, would have that slot and do
// nothing until its system tries again, which may be minutes later.
type refusals struct {
	mutex sync.Mutex
	of    map[types.UID]refusal
}

type refusal struct {
	judgement starts.Judgement
	err       error
	at        time.Time
}

// judgeAttempt concludes about a start as about the attempt that it belongs to, if that was refused already.
func (s *Starts) judgeAttempt(ctx context.Context, within time.Duration, started *gate.Started, trial bool) (starts.Judgement, error) {
	if within == 0 || trial {
		return s.Judge.Judge(ctx, started, trial)
	}
	if before, refused := s.refused.recall(started.UID, within); refused {
		return before.judgement, before.err
	}
	judgement, err := s.Judge.Judge(ctx, started, false)
	if err != nil || judgement.Refused() != nil {
		s.refused.note(started.UID, within, refusal{judgement, err, time.Now()})
	}
	return judgement, err
}

func (r *refusals) recall(of types.UID, within time.Duration) (refusal, bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	before, known := r.of[of]
	return before, known && time.Since(before.at) < within
}

// note forgets what is over by the way.
func (r *refusals) note(of types.UID, within time.Duration, now refusal) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	maps.DeleteFunc(r.of, func(_ types.UID, before refusal) bool { return now.at.Sub(before.at) >= within })
	if r.of == nil {
		r.of = map[types.UID]refusal{}
	}
	r.of[of] = now
}
