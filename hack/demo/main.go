// The command demo shows Seawall at work, on a control plane of its own on this machine: it
// starts etcd, kube-apiserver and the webhook, and plays five steps with kubectl, each of which
// is checked. What is missing is built first.
//
// On a terminal it then stays up, for the reader to try things, until Ctrl-C.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/term"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seawall-dev/seawall/hack/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log.SetLogger(logr.Discard())
	err := demo(ctx, newPage(os.Stdout))
	switch {
	case err == nil:
	case ctx.Err() != nil:
		os.Exit(130) //nolint:gocritic // Ctrl-C in the middle; the process ends anyway
	default:
		fmt.Fprintf(os.Stderr, "\nThe demo did not go as it should: %v\n", err)
		os.Exit(1)
	}
}

// demo starts everything, tells the story and stops everything.
func demo(ctx context.Context, p *page) (err error) {
	root, err := cluster.Root()
	if err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil { // the commands shown name files by their path from there
		return err
	}
	var times stopwatch
	c, err := start(ctx, p, &times)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	w, err := install(ctx, c, p, &times)
	if err != nil {
		return err
	}
	s := &story{page: p, cluster: c, webhook: w}
	if err := s.tell(ctx); err != nil {
		return err
	}
	times.lap("the five steps")
	p.say("Every step went as it should. " + times.String() + ".")
	if !p.terminal || !term.IsTerminal(int(os.Stdin.Fd())) {
		return nil
	}
	return stayUp(ctx, s, root)
}

func start(ctx context.Context, p *page, times *stopwatch) (*cluster.Cluster, error) {
	p.say("Starting etcd and kube-apiserver on this machine ...")
	times.start = time.Now()
	c, err := cluster.Start(ctx, cluster.Options{AuditLog: true})
	if err != nil {
		return nil, err
	}
	times.lap("control plane")
	return c, nil
}

// install installs what a cluster with Argo CD and Seawall has that matters here.
func install(ctx context.Context, c *cluster.Cluster, p *page, times *stopwatch) (*cluster.Webhook, error) {
	p.note("Installing Argo CD's definitions and Seawall's chart, starting the webhook ...")
	if err := c.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io", "applications.argoproj.io"); err != nil {
		return nil, err
	}
	settings, err := cluster.ParseManifests([]byte(progressiveSyncs))
	if err != nil {
		return nil, err
	}
	if err := c.Apply(ctx, settings...); err != nil {
		return nil, err
	}
	w, err := c.StartWebhook(ctx, cluster.WebhookOptions{Values: map[string]any{"syncGate": map[string]any{"enabled": true}}})
	if err != nil {
		return nil, err
	}
	times.lap("definitions, chart and webhook")
	return w, nil
}

// progressiveSyncs tells that Argo CD's ApplicationSet controller paces rollouts.
const progressiveSyncs = `
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cmd-params-cm, namespace: argocd}
data: {applicationsetcontroller.enable.progressive.syncs: "true"}
`

// stayUp leaves the cluster to the reader until Ctrl-C, or until the webhook ends.
func stayUp(ctx context.Context, s *story, root string) error {
	p := s.page
	p.say("The cluster stays up until Ctrl-C. Things to try in another terminal:")
	p.plain("cd " + root)
	p.plain("export KUBECONFIG=" + s.cluster.Kubeconfig)
	p.plain("export PATH=" + s.cluster.Assets + ":$PATH")
	p.plain("kubectl get wavepolicies")
	p.plain("kubectl explain wavepolicy.spec")
	p.plain("kubectl get applicationsets -n argocd")
	p.plain("kubectl get events,reports -n argocd")
	p.plain("kubectl get waves -o wide")
	p.plain("# Waves of 23, which is one too many:")
	p.plain(`kubectl patch -n argocd applicationset tenants --type json \
     -p '[{"op": "replace", "path": "/spec/strategy/rollingSync/steps/0/maxUpdate", "value": 23}]'`)
	p.plain("# A release to all of them, of which fewer succeed:")
	p.plain(`kubectl patch -n argocd applicationset tenants --type merge -p '{
     "metadata": {"annotations": {"seawall.dev/sync-success-rate": "0.95"}},
     "spec": {"template": {"spec": {"source": {"targetRevision": "v2.0.0"}}}}}'`)
	p.plain("tail -f " + s.webhook.LogFile)
	select {
	case <-ctx.Done():
		p.say("Stopping.")
		return nil
	case <-s.webhook.Exited():
		return errors.New("the webhook ended by itself: see " + s.webhook.LogFile)
	}
}
