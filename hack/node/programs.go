package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seawall-dev/seawall/hack/cluster"
)

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
	process, err := n.run(ctx, kubelet, filepath.Join(n.Plane.Assets, kubelet), "--config="+n.path("kubelet.yaml"),
		"--kubeconfig="+kubeconfig, "--hostname-override="+nodeName, "--node-ip="+nodeAddress)
	if err != nil {
		return err
	}
	return process.Await(patience, n.ready)
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
