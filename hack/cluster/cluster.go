// Package cluster runs a Kubernetes control plane on this machine, for the tests, the demo and
// the benchmarks: etcd and kube-apiserver at the versions that hack/controlplane pins, kubectl,
// the custom resource definitions of the rollout systems, and Seawall itself as its chart
// installs it. There are no nodes and no controllers.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

const (
	// Namespace is where Seawall is installed.
	Namespace = "seawall-system"
	// ArgoCDNamespace is where Argo CD's objects are expected.
	ArgoCDNamespace = "argocd"

	// Far more than the five seconds of an idle machine: builds may share its cores.
	startTimeout = 2 * time.Minute
	stopTimeout  = 30 * time.Second
)

// Options say how a control plane is started. The zero value will do.
type Options struct {
	// Progress is told what is built, which takes minutes the first time; standard error
	// when nil.
	Progress io.Writer
	// AuditLog makes the API server write every write request and its audit annotations to
	// Cluster.AuditLog.
	AuditLog bool
	// TraceReceiver is the host and port of an OTLP/gRPC receiver, without TLS, that gets the
	// API server's spans of requests which their client traces; empty for none.
	TraceReceiver string
	// ServerFlags are more flags of kube-apiserver, without their dashes.
	ServerFlags map[string]string
}

// Cluster is a running control plane.
type Cluster struct {
	// Config connects as a member of system:masters, without a client-side rate limit.
	Config *rest.Config
	// Kubeconfig is the path of a file that connects as Config does.
	Kubeconfig string
	// Assets is the folder of kube-apiserver, etcd and kubectl.
	Assets string
	// AuditLog is the path of the API server's audit log, if Options asked for it.
	AuditLog string

	client   client.Client
	etcd     *http.Client
	dir      string
	env      *envtest.Environment
	keeper   *keeper
	progress io.Writer
	stop     func() error

	lock      sync.Mutex
	processes []*Process
}

// Start builds what is missing and starts a control plane with the namespaces Namespace and
// ArgoCDNamespace. It stops when ctx is done or Stop is called, or with this process.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	if options.Progress == nil {
		options.Progress = os.Stderr
	}
	assets, err := assets(ctx, options.Progress)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "seawall-cluster-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{Assets: assets, dir: dir, progress: options.Progress, Kubeconfig: filepath.Join(dir, "kubeconfig")}
	c.stop = sync.OnceValue(c.stopAll)
	if err := c.start(ctx, options); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	context.AfterFunc(ctx, func() { _ = c.Stop() })
	return c, nil
}

// Stop ends the control plane and removes its files. Later calls return what the first did.
func (c *Cluster) Stop() error {
	return c.stop()
}

// Client returns a client for any object, as Config connects.
func (c *Cluster) Client() client.Client {
	return c.client
}

func (c *Cluster) start(ctx context.Context, options Options) error {
	var err error
	if c.keeper, err = startKeeper(ctx, c.dir); err != nil {
		return err
	}
	if err := c.startServers(options); err != nil {
		return err
	}
	c.Config = rest.CopyConfig(c.env.Config)
	c.Config.QPS = -1
	if err := os.WriteFile(c.Kubeconfig, c.env.KubeConfig, 0o600); err != nil {
		return err
	}
	if c.client, err = client.New(c.Config, client.Options{}); err != nil {
		return err
	}
	c.etcd = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: fillers}}
	return c.Apply(ctx, namespace(Namespace), namespace(ArgoCDNamespace))
}

// startServers starts etcd and kube-apiserver, which log to files in the cluster's folder.
func (c *Cluster) startServers(options Options) error {
	server, store := &envtest.APIServer{}, &envtest.Etcd{}
	existing := false // whatever USE_EXISTING_CLUSTER says: never somebody's real cluster
	c.env = &envtest.Environment{
		ControlPlane:             envtest.ControlPlane{APIServer: server, Etcd: store, KubectlPath: c.program("kubectl")},
		UseExistingCluster:       &existing,
		ControlPlaneStartTimeout: startTimeout,
		ControlPlaneStopTimeout:  stopTimeout,
	}
	var err error
	if server.Path, server.Out, err = c.kept("kube-apiserver"); err != nil {
		return err
	}
	if store.Path, store.Out, err = c.kept("etcd"); err != nil {
		return err
	}
	server.Err, store.Err = server.Out, store.Out
	server.CertDir, store.DataDir = filepath.Join(c.dir, "server"), filepath.Join(c.dir, "store")
	if err := os.Mkdir(server.CertDir, 0o700); err != nil {
		return err
	}
	if err := c.configure(server.Configure(), options); err != nil {
		return err
	}
	if _, err := c.env.Start(); err != nil {
		return fmt.Errorf("start the control plane: %w\n%s%s", err, tail(c.logFile("etcd")), tail(c.logFile("kube-apiserver")))
	}
	return nil
}

// requestsVariable is the environment variable that names a directory for an audit log of all that Seawall
// asks of each API server.
const requestsVariable = "SEAWALL_REQUESTS"

const (
	auditHead = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
`
	auditSeawall = `- level: Metadata
  users: ["system:serviceaccount:` + Namespace + `:seawall", "system:serviceaccount:` + Namespace + `:seawall-nudger"]
`
	// auditWrites leaves reads, leases and events out.
	auditWrites = `- level: None
  verbs: [get, list, watch]
- level: None
  resources: [{group: coordination.k8s.io}, {group: "", resources: [events]}, {group: events.k8s.io}]
- level: Metadata
`
)

// tracingConfiguration lacks the receiver. It names no sampling rate: clients choose.
const tracingConfiguration = `apiVersion: apiserver.config.k8s.io/v1
kind: TracingConfiguration
endpoint: `

func (c *Cluster) configure(flags *envtest.Arguments, options Options) error {
	for name, value := range options.ServerFlags {
		flags.Set(name, value)
	}
	if err := c.audit(flags, options.AuditLog); err != nil {
		return err
	}
	if options.TraceReceiver != "" {
		return c.setFile(flags, "tracing-config-file", tracingConfiguration+options.TraceReceiver+"\n")
	}
	return nil
}

// audit has the API server write an audit log, if one is wanted.
func (c *Cluster) audit(flags *envtest.Arguments, writes bool) error {
	file, policy := c.logFile("audit"), auditHead
	if requests := os.Getenv(requestsVariable); requests != "" {
		file, policy = filepath.Join(requests, filepath.Base(c.dir)+".log"), policy+auditSeawall
	}
	switch {
	case writes:
		policy += auditWrites
		c.AuditLog = file
	case policy == auditHead:
		return nil
	default:
		policy += "- level: None\n"
	}
	flags.Set("audit-log-path", file).Set("audit-log-mode", "blocking")
	return c.setFile(flags, "audit-policy-file", policy)
}

// setFile sets a flag to a file with the content.
func (c *Cluster) setFile(flags *envtest.Arguments, flag, content string) error {
	path := filepath.Join(c.dir, flag+".yaml")
	flags.Set(flag, path)
	return os.WriteFile(path, []byte(content), 0o600)
}

// adopt makes the cluster's end that of the process too.
func (c *Cluster) adopt(p *Process) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.processes = append(c.processes, p)
}

func (c *Cluster) stopAll() error {
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, p := range slices.Backward(c.processes) {
		_ = p.Stop() // its owner learns of its end by its own Stop
	}
	if c.etcd != nil {
		c.etcd.CloseIdleConnections()
	}
	if c.env != nil {
		// Whoever does not end in time is killed. What they store is thrown away, so that is no failure.
		if err := c.env.Stop(); err != nil {
			_, _ = fmt.Fprintf(c.progress, "stopping the control plane: %v\n%s", err, tail(c.logFile("etcd")))
		}
	}
	if c.keeper != nil {
		c.keeper.dismiss()
	}
	return os.RemoveAll(c.dir)
}

func (c *Cluster) program(name string) string { return filepath.Join(c.Assets, name) }
func (c *Cluster) logFile(name string) string { return filepath.Join(c.dir, name+".log") }
