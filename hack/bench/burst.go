package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	// burstSize is how many reviews come at once, and bursts how often they do.
	burstSize = 64
	bursts    = 3
	// burstTimeout is the chart's webhook.timeoutSeconds, after which the API server gives up.
	burstTimeout = 5 * time.Second
	// burstMemory is the chart's memory limit, 512Mi; the chart sets GOMEMLIMIT to nine tenths
	// of it.
	burstMemory = 512 << 20
)

// burstRow is what became of the requests of all bursts.
type burstRow struct {
	what, webhook, limit        string
	judged, refused, unanswered int
	slowest                     time.Duration
	peak                        int64
	afterwards                  string
}

// burst sends many reviews at once to a fresh process of each Seawall under the chart's memory
// limit: a control group's if one can be made, else that of GOMEMLIMIT alone.
func (b *bench) burst(ctx context.Context, c reviewed) error {
	for _, subject := range b.seawalls() {
		fmt.Fprintf(os.Stderr, "measuring %s: %s\n", c.name, subject.name)
		group, err := cluster.NewCgroup(burstMemory)
		limit := "512Mi"
		if err != nil {
			fmt.Fprintln(os.Stderr, "no control group, GOMEMLIMIT alone:", err)
			limit = "GOMEMLIMIT only"
		}
		measured, err := b.burstOn(ctx, c, subject, group)
		group.Remove()
		if err != nil {
			return fmt.Errorf("%s: %s: %w", c.name, subject.name, err)
		}
		measured.what, measured.webhook, measured.limit = c.name, subject.name, limit
		b.report.bursts = append(b.report.bursts, measured)
	}
	return nil
}

func (b *bench) burstOn(ctx context.Context, c reviewed, of subject, group cluster.Cgroup) (burstRow, error) {
	replica, err := of.seawall.StartReplicaBy(ctx, group.Command(), "--argocd-progressive-syncs=Enabled")
	if err != nil {
		return burstRow{}, err
	}
	defer func() { _ = replica.Stop() }() // it may have been killed
	target, err := connect(ctx, b.plane, replica)
	if err != nil {
		return burstRow{}, err
	}
	if err := target.waitFor(ctx, c.body, c.environments); err != nil {
		return burstRow{}, err
	}
	target = target.within(burstTimeout)
	var measured burstRow
	for range bursts {
		measured.fire(ctx, target, c.body)
		if held, err := cluster.ResidentOf(replica.PID()); err == nil {
			measured.peak = max(measured.peak, held.Peak)
		}
	}
	measured.afterwards = "serving"
	select {
	case <-replica.Exited():
		measured.afterwards = "killed"
	default:
	}
	return measured, nil
}

// fire sends a burst and adds up what became of it.
func (r *burstRow) fire(ctx context.Context, target endpoint, body []byte) {
	ctx, cancel := context.WithTimeout(ctx, burstTimeout)
	defer cancel()
	var lock sync.Mutex
	var group sync.WaitGroup
	for range burstSize {
		group.Go(func() {
			started := time.Now()
			answer, err := target.post(ctx, body)
			lock.Lock()
			defer lock.Unlock()
			r.slowest = max(r.slowest, time.Since(started))
			switch {
			case err != nil:
				r.unanswered++
			case judged(answer):
				r.judged++
			default:
				r.refused++
			}
		})
	}
	group.Wait()
}
