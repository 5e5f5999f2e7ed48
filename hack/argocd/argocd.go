// Package argocd runs the real Argo CD beside the local control plane: its controllers, its
// repo-server and its API server at the version that hack/tools/argocd pins, as the service accounts and with the
// rights that its own installation gives them. Redis and git run in this process, and what
// Deployments do is played, so that a test decides when an environment is healthy.
package argocd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// startTimeout is far more than an idle machine takes: builds may share its cores.
const startTimeout = 2 * time.Minute

// Settings say how Argo CD runs.
type Settings struct {
	// Refresh is how often it compares each Application with git, without a jitter, and for how long it believes
	// what it knows of git.
	Refresh time.Duration
	// Namespaces are those in which Applications may be, beside its own.
	Namespaces []string
	// Shards is how many application-controllers have the clusters between them; one if zero.
	Shards int
}

// ArgoCD is a running Argo CD.
type ArgoCD struct {
	plane  *cluster.Cluster
	binary string
	dir    string
	// kubeconfigs are those of its service accounts.
	kubeconfigs map[string]string
	running     []*cluster.Process
	// url is that of its API.
	url string
}

// Start builds Argo CD when it is missing, installs it in the cluster, and runs it until ctx is
// done or the cluster ends. It returns when every program says that it is healthy.
func Start(ctx context.Context, plane *cluster.Cluster, settings Settings) (*ArgoCD, error) {
	binary, err := plane.Tool(ctx, "argocd")
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(filepath.Dir(plane.Kubeconfig), "argocd") // it goes with the cluster's files
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	a := &ArgoCD{plane: plane, binary: binary, dir: dir, kubeconfigs: map[string]string{}}
	if err := a.install(ctx); err != nil {
		return nil, err
	}
	return a, a.run(ctx, settings)
}

// Restart runs its programs anew, with an empty cache, other settings and until another ctx is done.
func (a *ArgoCD) Restart(ctx context.Context, settings Settings) error {
	for _, process := range a.running {
		process.Kill()
	}
	a.running = nil
	return a.run(ctx, settings)
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
func (a *ArgoCD) run(ctx context.Context, settings Settings) error {
	ports, err := cluster.FreePorts(ctx, settings.portCount())
	if err != nil {
		return err
	}
	redis, err := serveRedis(ctx)
	if err != nil {
		return err
	}
	programs, url := settings.programs(ports, redis), "http://127.0.0.1:"+ports[5]
	for _, each := range programs {
		if err := a.start(ctx, each); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for i, each := range programs {
		if err := a.running[i].Await(ctx, cluster.Answers(each.health)); err != nil {
			return fmt.Errorf("start %s: %w", each.name, err)
		}
	}
	a.url = url
	return nil
}

// Sync has its API server begin the sync of an Application, as its UI and its command do. The error has what that
// shows to a person.
func (a *ArgoCD) Sync(ctx context.Context, application string) error {
	target := a.url + "/api/v1/applications/" + application + "/sync"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode == http.StatusOK {
		return err
	}
	var shown struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(body, &shown); err != nil {
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	return fmt.Errorf("%s: %s", response.Status, shown.Message)
}
