package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports that FreePorts chooses from. Outgoing connections do not get one of them: where they come from begins at
// 32768 on Linux and at 49152 elsewhere. A port of theirs may be taken before the program that it is for listens there.
const firstPort, lastPort = 20000, 32767

// attemptsPerPort is how many ports are tried at most for each one that is wanted.
const attemptsPerPort = 100

// FreePorts returns so many different TCP ports of this machine at which nothing listens. They are chosen by
// chance, so that two processes that ask at once get different ones.
func FreePorts(ctx context.Context, count int) ([]string, error) {
	ports := make([]string, 0, count)
	for range count * attemptsPerPort {
		if len(ports) == count {
			break
		}
		port := strconv.Itoa(firstPort + rand.IntN(lastPort-firstPort+1)) //nolint:gosec // no secret
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", ":"+port)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			continue
		}
		defer func() { _ = listener.Close() }() // at the end, or the same one may be chosen again
		ports = append(ports, port)
	}
	if len(ports) < count {
		return nil, fmt.Errorf("find %d free ports between %d and %d: too many are in use", count, firstPort, lastPort)
	}
	return ports, nil
}
