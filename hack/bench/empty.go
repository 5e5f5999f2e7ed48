package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	seawalladmission "github.com/seawall-dev/seawall/pkg/admission"
)

// emptyCommand makes this program the webhook that admits everything.
const emptyCommand = "empty"

// serveEmpty serves a controller-runtime webhook that admits everything, with the TLS
// settings of Seawall's, until ctx ends. Its arguments are the folder of the certificate,
// the port and the address of the metrics.
func serveEmpty(ctx context.Context, arguments []string) error {
	port, err := strconv.Atoi(arguments[1])
	if err != nil {
		return err
	}
	if err := errors.Join(
		ctrlmetrics.Registry.Register(collectors.NewGoCollector()),
		ctrlmetrics.Registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})),
	); err != nil {
		return err
	}
	// The manager is only there for its metrics server; it talks to no API server.
	mgr, err := manager.New(&rest.Config{Host: "https://127.0.0.1:1"}, manager.Options{
		Metrics:                metricsserver.Options{BindAddress: arguments[2]},
		HealthProbeBindAddress: "0",
	})
	if err != nil {
		return err
	}
	server := webhook.NewServer(webhook.Options{Port: port, CertDir: arguments[0], TLSOpts: []func(*tls.Config){func(c *tls.Config) {
		c.MinVersion, c.NextProtos = tls.VersionTLS13, []string{"http/1.1"}
	}}})
	server.Register(seawalladmission.Path, &admission.Webhook{
		Handler: admission.HandlerFunc(func(context.Context, admission.Request) admission.Response { return admission.Allowed("") }),
	})
	if err := mgr.Add(server); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// emptyWebhook is a running process of serveEmpty.
type emptyWebhook struct {
	endpoint endpoint
	command  *exec.Cmd
	dir      string
}

func startEmpty(ctx context.Context) (*emptyWebhook, error) {
	dir, err := os.MkdirTemp("", "seawall-bench-")
	if err != nil {
		return nil, err
	}
	certificate, key, err := cert.GenerateSelfSignedCertKey("localhost", []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		return nil, err
	}
	for name, content := range map[string][]byte{"tls.crt": certificate, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	port, metrics, err := twoPorts(ctx)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program, emptyCommand, dir, port, "127.0.0.1:"+metrics)
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	started := &emptyWebhook{
		endpoint: newEndpoint("https://localhost:"+port, "http://127.0.0.1:"+metrics+"/metrics", roots),
		command:  command, dir: dir,
	}
	return started, started.endpoint.waitUntilUp(ctx)
}

func (e *emptyWebhook) stop() {
	_ = e.command.Process.Signal(os.Interrupt)
	_ = e.command.Wait()
	_ = os.RemoveAll(e.dir)
}

func twoPorts(ctx context.Context) (first, second string, err error) {
	var ports [2]string
	for i := range ports {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", err
		}
		defer func() { _ = listener.Close() }()
		if _, ports[i], err = net.SplitHostPort(listener.Addr().String()); err != nil {
			return "", "", err
		}
	}
	return ports[0], ports[1], nil
}

func (e endpoint) waitUntilUp(ctx context.Context) error {
	var err error
	for range 100 {
		if _, err = e.post(ctx, creation(list(1))); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("the empty webhook did not start: %w", err)
}
