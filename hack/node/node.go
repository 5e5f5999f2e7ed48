// Package node starts a cluster with a real node, in the namespaces that enter.sh makes: the control plane of
// hack/cluster with the controllers and the scheduler of Kubernetes, and containerd, the kubelet and kube-proxy.
package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	nodeName          = "seawall-node"
	nodeAddress       = "10.254.0.1"
	nowhereAddress    = "10.254.0.254"
	apiServiceAddress = "10.0.0.1" // the first of envtest's addresses for Services

	containerd = "containerd"

	startTimeout = 2 * time.Minute
)

// Node is a running control plane with a node.
type Node struct {
	// Plane is the control plane, with which the node ends.
	Plane *cluster.Cluster

	artifacts string
	dir       string
	processes map[string]*cluster.Process
}

// Start starts a node with what build.sh prepared, and returns when it is ready.
func Start(ctx context.Context, artifacts string) (*Node, error) {
	if artifacts == "" {
		return nil, errors.New("no SEAWALL_NODE with what a node takes: run make test-node")
	}
	dir, err := os.MkdirTemp("", "node-")
	if err != nil {
		return nil, err
	}
	n := &Node{artifacts: artifacts, dir: dir, processes: map[string]*cluster.Process{}}
	for _, step := range []func() error{network, n.writeTokens, n.writeCertificate, n.writeConfig} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if n.Plane, err = cluster.Start(ctx, cluster.Options{ServerFlags: n.serverFlags()}); err != nil {
		return nil, err
	}
	startCtx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := n.start(ctx, startCtx); err != nil {
		return nil, errors.Join(err, errors.New(n.Tail()), n.Plane.Stop())
	}
	return n, nil
}

// Tail returns the last lines of the logs, to be shown when something failed.
func (n *Node) Tail() string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(n.processes)) {
		_, _ = text.WriteString(n.processes[name].Tail())
	}
	return text.String()
}

// serverFlags are those of an API server that a node and pods reach, and that reaches them.
func (n *Node) serverFlags() map[string]string {
	return map[string]string{
		"advertise-address":               nodeAddress,
		"authorization-mode":              "Node,RBAC",
		"bind-address":                    "0.0.0.0",
		"disable-admission-plugins":       "", // envtest's: here are service accounts
		"enable-admission-plugins":        "NodeRestriction",
		"kubelet-preferred-address-types": "InternalIP",
		// Named, for whoever calls an address tells no name; kube-proxy turns the Service's into the node's.
		"tls-sni-cert-key": n.path("api.crt") + "," + n.path("api.key") + ":" + nodeAddress,
		"token-auth-file":  n.path("tokens.csv"),
	}
}

// start runs the programs for as long as ctx, and waits for them for as long as patience.
func (n *Node) start(ctx, patience context.Context) error {
	for _, run := range []func(ctx, patience context.Context) error{n.runControllers, n.runContainerd, n.runKubelet} {
		if err := run(ctx, patience); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) runContainerd(ctx, patience context.Context) error {
	process, err := n.run(ctx, containerd, n.unpacked(containerd), "--config", n.path("containerd.toml"))
	if err != nil {
		return err
	}
	if err := process.Await(patience, n.containerdAnswers); err != nil {
		return err
	}
	images, err := filepath.Glob(filepath.Join(n.artifacts, "images", "*.tar"))
	if err != nil {
		return err
	}
	for _, image := range images {
		if err := n.ctr(patience, "--namespace", "k8s.io", "images", "import", image); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) containerdAnswers(ctx context.Context) error { return n.ctr(ctx, "version") }

// ctr runs containerd's own client.
func (n *Node) ctr(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, n.unpacked("ctr"), args...)
	command.Env = append(os.Environ(), n.environment()...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("ctr: %w: %s", err, output)
	}
	return nil
}

func (n *Node) runControllers(ctx, _ context.Context) error {
	for name, flags := range map[string][]string{
		"kube-scheduler": nil,
		"kube-controller-manager": {
			"--root-ca-file=" + n.path("api.crt"), "--use-service-account-credentials", "--node-monitor-grace-period=20s",
			"--kube-api-qps=500", "--kube-api-burst=500", // with 20 it takes five seconds to begin
		},
	} {
		kubeconfig, err := n.kubeconfig("system:" + name)
		if err != nil {
			return err
		}
		command := append([]string{
			"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
			"--bind-address=127.0.0.1", "--leader-elect=false",
		}, flags...)
		if _, err := n.run(ctx, name, filepath.Join(n.Plane.Assets, name), command...); err != nil {
			return err
		}
	}
	return nil
}

// Reconnect starts all that talks to the API server once more: without it for a while, each waits longer and longer
// until it asks again.
func (n *Node) Reconnect(ctx context.Context) error {
	for name, process := range n.processes {
		if name != containerd {
			process.Kill()
		}
	}
	life := context.WithoutCancel(ctx) // that of the control plane
	return errors.Join(n.runControllers(life, ctx), n.runKubelet(life, ctx))
}

func (n *Node) runKubelet(ctx, patience context.Context) error {
	proxy, err := n.kubeconfig("system:kube-proxy")
	if err != nil {
		return err
	}
	if err := os.WriteFile(n.path("proxy.yaml"), fmt.Appendf(nil, proxyConfig, proxy), 0o600); err != nil {
		return err
	}
	if _, err := n.run(ctx, "kube-proxy", filepath.Join(n.Plane.Assets, "kube-proxy"), "--config="+n.path("proxy.yaml")); err != nil {
		return err
	}
	kubeconfig, err := n.kubeconfig("system:node:" + nodeName)
	if err != nil {
		return err
	}
	kubelet, err := n.run(ctx, "kubelet", filepath.Join(n.Plane.Assets, "kubelet"), "--config="+n.path("kubelet.yaml"),
		"--kubeconfig="+kubeconfig, "--hostname-override="+nodeName, "--node-ip="+nodeAddress)
	if err != nil {
		return err
	}
	return kubelet.Await(patience, n.ready)
}

// ready says whether the node takes pods.
func (n *Node) ready(ctx context.Context) error {
	var node corev1.Node
	if err := n.Plane.Client().Get(ctx, client.ObjectKey{Name: nodeName}, &node); err != nil {
		return err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status != corev1.ConditionTrue {
			return errors.New(condition.Message)
		}
	}
	if len(node.Status.Conditions) == 0 || len(node.Spec.Taints) > 0 {
		return fmt.Errorf("the node has the taints %v", node.Spec.Taints)
	}
	return nil
}

// run runs one of the programs, with those that it calls at hand.
func (n *Node) run(ctx context.Context, name, program string, args ...string) (*cluster.Process, error) {
	process, err := n.Plane.StartProcess(ctx, name, append([]string{program}, args...), n.environment())
	if err == nil {
		n.processes[name] = process
	}
	return process, err
}

// unpacked is a program of Debian's packages.
func (n *Node) unpacked(name string) string {
	return filepath.Join(n.artifacts, "root", "usr", "bin", name)
}

// environment finds programs and libraries where Debian's packages are unpacked.
func (n *Node) environment() []string {
	usr := filepath.Join(n.artifacts, "root", "usr")
	libraries, _ := filepath.Glob(filepath.Join(usr, "lib", "*-linux-gnu*")) // its only error is a bad pattern
	return []string{
		"PATH=" + filepath.Join(usr, "bin") + ":" + filepath.Join(usr, "sbin") + ":" + os.Getenv("PATH"),
		"LD_LIBRARY_PATH=" + strings.Join(libraries, ":"),
	}
}
