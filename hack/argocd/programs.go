package argocd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// The programs are named as in Argo CD's own installation, and so are the service accounts as
// which they run.
const (
	repoServer               = "argocd-repo-server"
	applicationController    = "argocd-application-controller"
	applicationSetController = "argocd-applicationset-controller"
	apiServer                = "argocd-server"
)

// program is one of Argo CD's programs.
type program struct {
	// name is that of its log, and account of its service account and of the command that it is.
	name, account string
	args          []string
	environment   []string
	// health is a URL that answers when the program is healthy.
	health string
}

// shards is how many application-controllers there are.
func (s Settings) shards() int { return max(1, s.Shards) }

// portCount is how many ports the programs take together.
func (s Settings) portCount() int { return 7 + s.shards() }

// programs returns Argo CD's programs, those first that others call.
func (s Settings) programs(ports []string, redis string) []program {
	loopback := func(i int) string { return "127.0.0.1:" + ports[i] }
	started := make([]program, 0, 3+s.shards())
	started = append(started, program{
		name: repoServer, account: repoServer,
		args: []string{
			"--address=127.0.0.1", "--port=" + ports[0], "--metrics-address=127.0.0.1", "--metrics-port=" + ports[1],
			"--redis=" + redis, "--disable-tls", "--client-ca-path=",
		},
		environment: s.environment(),
		health:      "http://" + loopback(1) + "/healthz?full=true",
	}, program{
		name: applicationSetController, account: applicationSetController,
		args: []string{
			"--namespace=" + cluster.ArgoCDNamespace, "--argocd-repo-server=" + loopback(0), "--repo-server-plaintext",
			"--metrics-addr=" + loopback(2), "--probe-addr=" + loopback(3), "--webhook-addr=" + loopback(4),
			"--enable-progressive-syncs",
		},
		environment: s.environment(),
		health:      "http://" + loopback(2) + "/metrics", // its probes have no checks, and answer 404
	}, program{
		name: apiServer, account: apiServer,
		args: []string{
			"--namespace=" + cluster.ArgoCDNamespace, "--redis=" + redis, "--repo-server=" + loopback(0), "--repo-server-plaintext",
			"--address=127.0.0.1", "--port=" + ports[5], "--metrics-address=127.0.0.1", "--metrics-port=" + ports[6],
			"--insecure", "--disable-auth",
		},
		environment: s.environment(),
		health:      "http://" + loopback(5) + "/healthz",
	})
	for shard := range s.shards() {
		port := ports[7+shard]
		started = append(started, program{
			name: fmt.Sprintf("%s-%d", applicationController, shard), account: applicationController,
			args: []string{
				"--namespace=" + cluster.ArgoCDNamespace, "--redis=" + redis, "--repo-server=" + loopback(0), "--repo-server-plaintext",
				"--metrics-port=" + port, "--application-namespaces=" + strings.Join(s.Namespaces, ","),
			},
			environment: append(s.environment(), fmt.Sprintf("ARGOCD_CONTROLLER_REPLICAS=%d", s.shards()),
				fmt.Sprintf("ARGOCD_CONTROLLER_SHARD=%d", shard)),
			health: "http://127.0.0.1:" + port + "/healthz",
		})
	}
	return started
}

// start runs a program as its service account.
func (a *ArgoCD) start(ctx context.Context, of program) error {
	kubeconfig, err := a.kubeconfig(ctx, of.account)
	if err != nil {
		return err
	}
	environment := slices.Concat(a.environment(), of.environment, []string{"ARGOCD_BINARY_NAME=" + of.account, "KUBECONFIG=" + kubeconfig})
	process, err := a.plane.StartProcess(ctx, of.name, slices.Concat([]string{a.binary}, of.args), environment)
	if err != nil {
		return err
	}
	a.running = append(a.running, process)
	return nil
}

// kubeconfig returns the file by which a service account connects. It is written once, as programs may be reading
// it.
func (a *ArgoCD) kubeconfig(ctx context.Context, account string) (string, error) {
	if path, written := a.kubeconfigs[account]; written {
		return path, nil
	}
	_, path, err := a.plane.ServiceAccountConfig(ctx, cluster.ArgoCDNamespace, account)
	a.kubeconfigs[account] = path
	return path, err
}

// environment has Argo CD look at git as often as is set.
func (s Settings) environment() []string {
	return []string{"ARGOCD_RECONCILIATION_TIMEOUT=" + s.Refresh.String(), "ARGOCD_RECONCILIATION_JITTER=0s"}
}

// environment keeps the programs to this machine and to their own folder, and lets
// https://kubernetes.default.svc be the cluster of their kubeconfig.
func (a *ArgoCD) environment() []string {
	return []string{
		"ARGOCD_ASK_PASS_SOCK=" + filepath.Join(a.dir, "ask-pass.sock"),
		"ARGOCD_TLS_DATA_PATH=" + filepath.Join(a.dir, "tls"),
		"ARGOCD_SSH_DATA_PATH=" + filepath.Join(a.dir, "ssh"),
		"ARGOCD_FAKE_IN_CLUSTER=true",
		"ARGOCD_GPG_ENABLED=false",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"NO_PROXY=127.0.0.1,localhost",
		"PATH=" + a.dir + string(os.PathListSeparator) + os.Getenv("PATH"),
		"TMPDIR=" + a.dir,
	}
}
