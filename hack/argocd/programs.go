package argocd

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// The programs are named as in Argo CD's own installation, and so are the service accounts as
// which they run.
const (
	repoServer               = "argocd-repo-server"
	applicationController    = "argocd-application-controller"
	applicationSetController = "argocd-applicationset-controller"
)

// program is one of Argo CD's programs.
type program struct {
	name string
	args []string
	// health is a URL that answers when the program is healthy.
	health string
}

// portCount is how many ports the programs take together.
const portCount = 6

// programs returns Argo CD's programs, those first that others call.
func programs(ports []string, redis string) []program {
	loopback := func(i int) string { return "127.0.0.1:" + ports[i] }
	return []program{{
		name: repoServer,
		args: []string{
			"--address=127.0.0.1", "--port=" + ports[0], "--metrics-address=127.0.0.1", "--metrics-port=" + ports[1],
			"--redis=" + redis, "--disable-tls", "--client-ca-path=",
		},
		health: "http://" + loopback(1) + "/healthz?full=true",
	}, {
		name: applicationController,
		args: []string{
			"--namespace=" + cluster.ArgoCDNamespace, "--redis=" + redis, "--repo-server=" + loopback(0), "--repo-server-plaintext",
			"--metrics-port=" + ports[2],
		},
		health: "http://" + loopback(2) + "/healthz",
	}, {
		name: applicationSetController,
		args: []string{
			"--namespace=" + cluster.ArgoCDNamespace, "--argocd-repo-server=" + loopback(0), "--repo-server-plaintext",
			"--metrics-addr=" + loopback(3), "--probe-addr=" + loopback(4), "--webhook-addr=" + loopback(5),
		},
		health: "http://" + loopback(3) + "/metrics", // its probes have no checks, and answer 404
	}}
}

// start runs a program as its service account.
func (a *ArgoCD) start(ctx context.Context, of program, refresh time.Duration) error {
	_, kubeconfig, err := a.plane.ServiceAccountConfig(ctx, cluster.ArgoCDNamespace, of.name)
	if err != nil {
		return err
	}
	environment := slices.Concat(a.environment(refresh), []string{"ARGOCD_BINARY_NAME=" + of.name, "KUBECONFIG=" + kubeconfig})
	process, err := a.plane.StartProcess(ctx, of.name, slices.Concat([]string{a.binary}, of.args), environment)
	if err != nil {
		return err
	}
	a.running = append(a.running, process)
	return nil
}

// environment keeps the programs to this machine and to their own folder, and lets
// https://kubernetes.default.svc be the cluster of their kubeconfig.
func (a *ArgoCD) environment(refresh time.Duration) []string {
	return []string{
		"ARGOCD_ASK_PASS_SOCK=" + filepath.Join(a.dir, "ask-pass.sock"),
		"ARGOCD_TLS_DATA_PATH=" + filepath.Join(a.dir, "tls"),
		"ARGOCD_SSH_DATA_PATH=" + filepath.Join(a.dir, "ssh"),
		"ARGOCD_FAKE_IN_CLUSTER=true",
		"ARGOCD_GPG_ENABLED=false",
		"ARGOCD_RECONCILIATION_TIMEOUT=" + refresh.String(), "ARGOCD_RECONCILIATION_JITTER=0s",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"NO_PROXY=127.0.0.1,localhost",
		"PATH=" + a.dir + string(os.PathListSeparator) + os.Getenv("PATH"),
		"TMPDIR=" + a.dir,
	}
}
