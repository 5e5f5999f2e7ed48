package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// probePeriod is how often a backend is asked whether it is ready. A kubelet asks each second at the fastest, and a
	// replica that ends goes on serving for as long as its endpoint takes to vanish: here both are as much shorter.
	probePeriod = 100 * time.Millisecond
	dialTimeout = time.Second
)

// backend is a replica behind the balancer.
type backend struct {
	// address is where connections go, and ready where it says whether it takes new ones.
	address, ready string
}

// balancer hands connections on to backends in turn, as the Service of the chart does: new ones only to those that are
// ready, while old ones stay where they are.
type balancer struct {
	listener net.Listener

	lock     sync.Mutex
	backends []backend
	ready    []backend
	next     int
	// open are the connections of each backend's address.
	open map[string]int
}

// startBalancer listens on loopback until ctx is done.
func startBalancer(ctx context.Context) (*balancer, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &balancer{listener: listener, open: map[string]int{}}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go b.accept(ctx)
	go b.watch(ctx)
	return b, nil
}

// url is where the balancer is called, by the name that certificates have.
func (b *balancer) url() string {
	_, port, _ := net.SplitHostPort(b.listener.Addr().String())
	return "https://localhost:" + port
}

// set has the balancer know these backends and no others.
func (b *balancer) set(ctx context.Context, backends ...backend) {
	b.lock.Lock()
	b.backends = slices.Clone(backends)
	b.lock.Unlock()
	b.probe(ctx)
}

// connections returns how many connections a backend has.
func (b *balancer) connections(address string) int {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.open[address]
}

func (b *balancer) watch(ctx context.Context) {
	for ctx.Err() == nil {
		b.probe(ctx)
		time.Sleep(probePeriod)
	}
}

func (b *balancer) probe(ctx context.Context) {
	b.lock.Lock()
	known := slices.Clone(b.backends)
	b.lock.Unlock()
	ready := slices.DeleteFunc(slices.Clone(known), func(of backend) bool { return !isReady(ctx, of.ready) })
	b.lock.Lock()
	defer b.lock.Unlock()
	if slices.Equal(known, b.backends) {
		b.ready = ready
	}
}

func isReady(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func (b *balancer) accept(ctx context.Context) {
	for {
		from, err := b.listener.Accept()
		if err != nil {
			return // it is closed
		}
		go b.serve(ctx, from)
	}
}

// serve joins a connection with one to a backend: with the next if one does not answer any more.
func (b *balancer) serve(ctx context.Context, from net.Conn) {
	defer func() { _ = from.Close() }()
	for _, to := range b.inTurn() {
		dialing, cancel := context.WithTimeout(ctx, dialTimeout)
		onward, err := (&net.Dialer{}).DialContext(dialing, "tcp", to.address)
		cancel()
		if err != nil {
			continue
		}
		b.count(to.address, 1)
		join(from, onward)
		b.count(to.address, -1)
		return
	}
}

// inTurn returns the backends that are ready, beginning with the one whose turn it is.
func (b *balancer) inTurn() []backend {
	b.lock.Lock()
	defer b.lock.Unlock()
	if len(b.ready) == 0 {
		return nil
	}
	first := b.next % len(b.ready)
	b.next++
	return slices.Concat(b.ready[first:], b.ready[:first])
}

func (b *balancer) count(address string, more int) {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.open[address] += more
}

// join copies in both directions until one of them ends, and closes both.
func join(one, other net.Conn) {
	ended := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{one, other}, {other, one}} {
		go func() {
			_, err := io.Copy(pair[0], pair[1])
			if err == nil || !errors.Is(err, net.ErrClosed) {
				_ = one.Close()
				_ = other.Close()
			}
			ended <- struct{}{}
		}()
	}
	<-ended
	<-ended
}
