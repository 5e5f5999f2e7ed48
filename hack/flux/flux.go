// Package flux runs the real Flux beside the local control plane: its source-controller,
// kustomize-controller and helm-controller at the versions that hack/tools pins, as service accounts
// with the rights that its own installation gives them.
package flux

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// startTimeout is far more than an idle machine takes: builds may share its cores.
const startTimeout = 2 * time.Minute

// Flux is a running Flux.
type Flux struct {
	plane   *cluster.Cluster
	dir     string
	running []*cluster.Process
}

// Start builds Flux when it is missing, installs it in the cluster, and runs it until ctx is done
// or the cluster ends. It returns when every controller says that it is ready.
func Start(ctx context.Context, plane *cluster.Cluster) (*Flux, error) {
	dir := filepath.Join(filepath.Dir(plane.Kubeconfig), "flux") // it goes with the cluster's files
	artifacts := filepath.Join(dir, "artifacts")
	if err := os.MkdirAll(artifacts, 0o700); err != nil {
		return nil, err
	}
	f := &Flux{plane: plane, dir: dir}
	if err := f.install(ctx); err != nil {
		return nil, err
	}
	ports, err := cluster.FreePorts(ctx, portCount)
	if err != nil {
		return nil, err
	}
	programs := programs(ports, artifacts)
	for _, each := range programs {
		if err := f.start(ctx, each); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for i, each := range programs {
		if err := f.running[i].Await(ctx, cluster.Answers(each.ready)); err != nil {
			return nil, fmt.Errorf("start %s: %w", each.name, err)
		}
	}
	return f, nil
}

// Tail returns the last lines of the logs, to be shown when something failed.
func (f *Flux) Tail() string {
	var text strings.Builder
	for _, process := range f.running {
		_, _ = text.WriteString(process.Tail())
	}
	return text.String()
}

// Refused returns the objects, each once, of which the log of their controller says that they could not be
// reconciled, and why. Events are no measure: of one object a client sends no more than a few at once.
func (f *Flux) Refused(why string) ([]string, error) {
	var names []string
	for _, process := range f.running {
		text, err := os.ReadFile(process.LogFile)
		if err != nil {
			return nil, err
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			var said struct {
				Name  string `json:"name"`
				Error string `json:"error"`
			}
			if json.Unmarshal([]byte(line), &said) == nil && strings.Contains(said.Error, why) {
				names = append(names, said.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// start runs a program as its service account.
func (f *Flux) start(ctx context.Context, of program) error {
	binary, err := f.plane.Tool(ctx, of.name)
	if err != nil {
		return err
	}
	_, kubeconfig, err := f.plane.ServiceAccountConfig(ctx, Namespace, of.name)
	if err != nil {
		return err
	}
	environment := []string{"KUBECONFIG=" + kubeconfig, "RUNTIME_NAMESPACE=" + Namespace, "TMPDIR=" + f.dir, "TUF_ROOT=" + f.dir}
	process, err := f.plane.StartProcess(ctx, of.name, append([]string{binary}, of.args...), environment)
	if err != nil {
		return err
	}
	f.running = append(f.running, process)
	return nil
}
