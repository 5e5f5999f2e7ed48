package argocd

import (
	"context"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// serveRedis runs Redis in this process until ctx is done, and returns its address. Time passes in
// it only when told to: without that Argo CD would never look for another commit.
func serveRedis(ctx context.Context) (string, error) {
	redis := miniredis.NewMiniRedis()
	if err := redis.StartAddr("127.0.0.1:0"); err != nil {
		return "", fmt.Errorf("start Redis: %w", err)
	}
	go func() {
		defer redis.Close()
		ticks := time.NewTicker(time.Second)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				redis.FastForward(time.Second)
			case <-ctx.Done():
				return
			}
		}
	}()
	return redis.Addr(), nil
}
