package cluster

import (
	"cmp"
	"context"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// installRemotely applies the chart's two parts to the two API servers that need them. The one that is
// guarded calls an IP address, which a certificate has to name as such.
func (w *Webhook) installRemotely(ctx context.Context, options WebhookOptions) error {
	dir, err := chartDir(w.source)
	if err != nil {
		return err
	}
	remote := map[string]any{"url": "https://127.0.0.1:" + w.ports[0], "kubeconfigSecret": "guarded"}
	if given, ok := options.Values["remote"].(map[string]any); ok {
		maps.Copy(remote, given)
	}
	values := maps.Clone(options.Values)
	if values == nil {
		values = map[string]any{}
	}
	values["remote"] = remote
	install := func(part string, into *Cluster) ([]unstructured.Unstructured, error) {
		remote["part"] = part
		objects, err := into.RenderChart(ctx, Chart{
			Dir: dir, Release: cmp.Or(options.Release, "seawall"), Namespace: Namespace, Values: values,
		})
		if err != nil {
			return nil, err
		}
		return objects, into.Apply(ctx, objects...)
	}
	for part, into := range map[string]*Cluster{"Guarded": w.cluster, "Workload": options.Host} {
		objects, err := install(part, into)
		if err != nil {
			return err
		}
		w.Objects = append(w.Objects, objects...)
	}
	return nil
}
