// Package argocd runs the real Argo CD beside the local control plane: its controllers and its
// repo-server at the version that hack/tools/argocd pins, as the service accounts and with the
// rights that its own installation gives them. Redis and git run in this process, and what
// Deployments do is played, so that a test decides when an environment is healthy.
package argocd

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// startTimeout is far more than an idle machine takes: builds may share its cores.
const startTimeout = 2 * time.Minute

// ArgoCD is a running Argo CD.
type ArgoCD struct {
	plane   *cluster.Cluster
	binary  string
	dir     string
	running []*cluster.Process
}

// Start builds Argo CD when it is missing, installs it in the cluster, and runs it until ctx is
// done or the cluster ends. It returns when every program says that it is healthy. Argo CD compares
// each Application with git as often as refresh says, without a jitter, and believes for as long
// what it knows of git.
func Start(ctx context.Context, plane *cluster.Cluster, refresh time.Duration) (*ArgoCD, error) {
	binary, err := plane.Tool(ctx, "argocd")
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(filepath.Dir(plane.Kubeconfig), "argocd") // it goes with the cluster's files
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	a := &ArgoCD{plane: plane, binary: binary, dir: dir}
	if err := a.install(ctx); err != nil {
		return nil, err
	}
	return a, a.run(ctx, refresh)
}

// Restart runs its programs anew, with an empty cache, another refresh and until another ctx is done.
func (a *ArgoCD) Restart(ctx context.Context, refresh time.Duration) error {
	for _, process := range a.running {
		process.Kill()
	}
	a.running = nil
	return a.run(ctx, refresh)
}

// Tail returns the last lines of the logs, to be shown when something failed.
func (a *ArgoCD) Tail() string {
	var text strings.Builder
	for _, process := range a.running {
		_, _ = text.WriteString(process.Tail())
	}
	return text.String()
}

// run starts the programs and waits until they are healthy.
func (a *ArgoCD) run(ctx context.Context, refresh time.Duration) error {
	ports, err := cluster.FreePorts(ctx, portCount)
	if err != nil {
		return err
	}
	redis, err := serveRedis(ctx)
	if err != nil {
		return err
	}
	programs := programs(ports, redis)
	for _, each := range programs {
		if err := a.start(ctx, each, refresh); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for i, each := range programs {
		if err := a.running[i].Await(ctx, answers(each.health)); err != nil {
			return fmt.Errorf("start %s: %w", each.name, err)
		}
	}
	return nil
}

// answers returns a step that succeeds when a GET of the URL does.
func answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	}
}
