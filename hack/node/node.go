// Package node starts a cluster with a real node, in the namespaces that enter.sh makes: the control plane of
// hack/cluster with the controllers and the scheduler of Kubernetes, and containerd, the kubelet and kube-proxy.
package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
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
	kubelet    = "kubelet"

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
