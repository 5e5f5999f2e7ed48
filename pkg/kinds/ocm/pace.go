package ocm

import (
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// patience is how long a rollout waits for clusters, and how many of them may fail, before
// it stops or goes on.
type patience struct {
	soak, deadline time.Duration
	failures       int
}

func newPatience(path string, soak metav1.Duration, deadline string, maxFailures size, decided decided) (patience, error) {
	result := patience{soak: soak.Duration, deadline: math.MaxInt64}
	if deadline != "" && deadline != "None" {
		var err error
		if result.deadline, err = time.ParseDuration(deadline); err != nil {
			return patience{}, rollout.Unresolved(path+".progressDeadline", "is %s: want None or a duration such as 10m", rollout.Quote(deadline))
		}
	}
	var err error
	result.failures, err = maxFailures.of(path+".maxFailures", len(decided.clusters()), 0)
	return result, err
}

// lessThan tells whether a rollout goes on sooner with p than with q. A deadline only makes
// it go on where failures are allowed.
func (p patience) lessThan(q patience) bool {
	return p.soak < q.soak || p.failures > q.failures || p.failures > 0 && p.deadline < q.deadline
}

// place is where a cluster stands in a plan; its zero value is in none.
type place struct {
	// wave counts from 0, window is that of the wave, and size the wave's clusters.
	wave, window, size int
	patience           patience
}

// waits tells whether the cluster may have to wait for others.
func (p place) waits() bool { return p.wave > 0 || p.window < p.size }

// soonerThan tells whether a cluster that waited at another place may go on sooner at this one.
func (p place) soonerThan(before place) bool {
	if !before.waits() {
		return false
	}
	wider := before.window < before.size && p.window > before.window
	return p.size == 0 || p.wave < before.wave || wider || p.patience.lessThan(before.patience)
}

// places returns where each cluster of the plan stands.
func (p plan) places() map[string]place {
	all := make(map[string]place, p.size())
	for number, wave := range p.waves {
		for _, name := range wave.clusters {
			all[name] = place{wave: number, window: wave.window, size: len(wave.clusters), patience: p.patience}
		}
	}
	return all
}
