package cluster

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// WebhookOptions say how Seawall is installed. The zero value installs the chart's defaults.
type WebhookOptions struct {
	// Values are values of the chart.
	Values map[string]any
	// Args are more flags of the webhook; the last of equal flags wins.
	Args []string
	// Source is the root of the sources whose chart is installed and whose webhook is built,
	// such as a Checkout; this repository's when empty.
	Source string
	// Release is the name of the installation; "seawall" when empty.
	Release string
	// Host is the cluster whose nodes would run Seawall when it is not the one that is guarded: the chart's
	// part Workload is installed there, and part Guarded in the one that is guarded.
	Host *Cluster
	// Timeout is how long the webhook may take to be ready; two minutes when zero.
	Timeout time.Duration
}

// Webhook is Seawall, installed in a cluster and running on this machine.
type Webhook struct {
	*Process

	// Objects are what the chart installed, as it was applied.
	Objects []unstructured.Unstructured
	// URL is where the API server calls; HealthURL serves /healthz and /readyz, MetricsURL
	// the metrics.
	URL, HealthURL, MetricsURL string

	cluster     *Cluster
	source      string
	timeout     time.Duration
	name        string
	ports       []string
	program     []string
	environment []string
}

// StartWebhook installs Seawall's chart and runs the webhook as the chart's Deployment would:
// with its flags, with its service account and with nothing more, until ctx is done or Stop is
// called. It returns when the API server reaches the webhook.
func (c *Cluster) StartWebhook(ctx context.Context, options WebhookOptions) (*Webhook, error) {
	source := options.Source
	if source == "" {
		var err error
		if source, err = Root(); err != nil {
			return nil, err
		}
	}
	w, err := c.newWebhook(ctx, source)
	if err != nil {
		return nil, err
	}
	if options.Host == nil {
		err = w.install(ctx, cmp.Or(options.Release, "seawall"), options.Values)
	} else {
		err = w.installRemotely(ctx, options)
	}
	if err != nil {
		return nil, err
	}
	if err := w.start(ctx, nil, options.Args); err != nil {
		return nil, err
	}
	w.timeout = cmp.Or(options.Timeout, startTimeout)
	if err := w.waitFor(ctx, Answers(w.HealthURL+"/readyz"), w.trusted, w.called); err != nil {
		return nil, errors.Join(err, w.Stop())
	}
	return w, nil
}

// StartReplica runs another process of the same installation, with more flags of the webhook.
// The API server goes on calling the first.
func (w *Webhook) StartReplica(ctx context.Context, args ...string) (*Webhook, error) {
	return w.StartReplicaBy(ctx, nil, args...)
}

// StartReplicaBy is StartReplica by a command that becomes the program which its last arguments
// are, such as taskset -c 0.
func (w *Webhook) StartReplicaBy(ctx context.Context, command []string, args ...string) (*Webhook, error) {
	replica, err := w.cluster.newWebhook(ctx, w.source)
	if err != nil {
		return nil, err
	}
	replica.Objects, replica.timeout = w.Objects, w.timeout
	if err := replica.start(ctx, command, args); err != nil {
		return nil, err
	}
	if err := replica.waitFor(ctx, Answers(replica.HealthURL+"/readyz")); err != nil {
		return nil, errors.Join(err, replica.Stop())
	}
	return replica, nil
}

// start runs the program as the installed Deployment would, by a command if there is one.
func (w *Webhook) start(ctx context.Context, command, args []string) error {
	binary, err := w.cluster.buildWebhook(ctx, w.source)
	if err != nil {
		return err
	}
	pod, err := podOf(w.Objects)
	if err != nil {
		return err
	}
	_, kubeconfig, err := w.cluster.ServiceAccountConfig(ctx, Namespace, pod.ServiceAccountName)
	if err != nil {
		return err
	}
	w.program = slices.Concat(command, []string{binary}, pod.Containers[0].Args, w.overrides(kubeconfig), args)
	w.environment = environment(pod.Containers[0])
	return w.run(ctx)
}

// Restart runs the webhook once more, as it ran before it ended and at the same address.
func (w *Webhook) Restart(ctx context.Context) error {
	if err := w.run(ctx); err != nil {
		return err
	}
	if err := w.waitFor(ctx, Answers(w.HealthURL+"/readyz"), w.called); err != nil {
		return errors.Join(err, w.Stop())
	}
	return nil
}

// Uninstall takes what is registered for Seawall out of the API server's admission, and ends the process. Other
// objects of the chart, and its definitions, stay.
func (w *Webhook) Uninstall(ctx context.Context) error {
	for i := range w.Objects {
		if w.Objects[i].GroupVersionKind().Group != admissionregistrationv1.GroupName {
			continue
		}
		if err := w.cluster.client.Delete(ctx, w.Objects[i].DeepCopy()); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return w.Stop()
}

// newWebhook returns a webhook that is neither installed nor running, on ports of its own.
func (c *Cluster) newWebhook(ctx context.Context, source string) (*Webhook, error) {
	ports, err := FreePorts(ctx, 3)
	if err != nil {
		return nil, err
	}
	name := "webhook-" + ports[0]
	return &Webhook{
		URL:        "https://localhost:" + ports[0],
		HealthURL:  "http://127.0.0.1:" + ports[1],
		MetricsURL: "http://127.0.0.1:" + ports[2] + "/metrics",
		cluster:    c,
		source:     source,
		name:       name,
		ports:      ports,
	}, nil
}

// install applies the chart, with the webhook in the place of its Service.
func (w *Webhook) install(ctx context.Context, release string, values map[string]any) error {
	dir, err := chartDir(w.source)
	if err != nil {
		return err
	}
	objects, err := w.cluster.RenderChart(ctx, Chart{Dir: dir, Release: release, Namespace: Namespace, Values: values})
	if err != nil {
		return err
	}
	w.Objects = ReachByURL(objects, w.URL)
	return w.cluster.Apply(ctx, w.Objects...)
}

// overrides are the flags that differ on this machine from those in a Pod.
func (w *Webhook) overrides(kubeconfig string) []string {
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--webhook-port=" + w.ports[0],
		"--health-probe-bind-address=127.0.0.1:" + w.ports[1],
		"--metrics-bind-address=127.0.0.1:" + w.ports[2],
		"--certificate-dns-names=localhost", // beside the Service's name
		"--shutdown-delay=0s",
	}
}

func (w *Webhook) run(ctx context.Context) (err error) {
	w.Process, err = w.cluster.StartProcess(ctx, w.name, w.program, w.environment)
	return err
}
