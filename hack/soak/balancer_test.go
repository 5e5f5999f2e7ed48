package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// replica answers its name, and says whether it is ready.
func replica(t *testing.T, name string) (of backend, ready *atomic.Bool, server *httptest.Server) {
	t.Helper()
	ready = &atomic.Bool{}
	ready.Store(true)
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" && !ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, name)
	}))
	t.Cleanup(server.Close)
	return backend{address: strings.TrimPrefix(server.URL, "http://"), ready: server.URL + "/readyz"}, ready, server
}

func TestNewConnectionsGoToThoseThatAreReady(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b, err := startBalancer(ctx)
	g.Expect(err).NotTo(HaveOccurred())
	one, oneReady, _ := replica(t, "one")
	two, _, second := replica(t, "two")
	b.set(ctx, one, two)
	asked := func(client *http.Client) string {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.listener.Addr().String(), nil)
		g.Expect(err).NotTo(HaveOccurred())
		response, err := client.Do(request)
		if err != nil {
			return err.Error()
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		g.Expect(err).NotTo(HaveOccurred())
		return string(text)
	}
	fresh := func() string { return asked(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}) }
	g.Expect([]string{fresh(), fresh()}).To(ConsistOf("one", "two"), "they take turns")

	lasting := &http.Client{Transport: &http.Transport{}}
	for asked(lasting) != "one" {
		lasting = &http.Client{Transport: &http.Transport{}}
	}
	oneReady.Store(false)
	g.Eventually(func() []string { return []string{fresh(), fresh(), fresh()} }).WithTimeout(5 * time.Second).Should(HaveEach("two"))
	g.Expect(asked(lasting)).To(Equal("one"), "a connection stays where it is")
	g.Expect(b.connections(one.address)).To(Equal(1))

	oneReady.Store(true)
	g.Eventually(fresh).WithTimeout(5 * time.Second).Should(Equal("one"))
	second.Close()
	g.Expect([]string{fresh(), fresh(), fresh()}).To(HaveEach("one"), "one that is gone is passed over before anybody notices")
	b.set(ctx)
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", b.listener.Addr().String())
	g.Expect(err).NotTo(HaveOccurred())
	_, err = connection.Read(make([]byte, 1))
	g.Expect(err).To(MatchError(io.EOF), "there is nobody")
}
