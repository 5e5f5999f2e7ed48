package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Chart says how a chart is rendered.
type Chart struct {
	// Dir is the chart's folder.
	Dir string
	// Release and Namespace are those of the installation.
	Release, Namespace string
	// Files are values files, each overriding those before it.
	Files []string
	// Values override the files.
	Values map[string]any
}

// RenderChart returns the objects that Helm would install, custom resource definitions first,
// without hooks. It builds Helm when it is missing.
func (c *Cluster) RenderChart(ctx context.Context, chart Chart) ([]unstructured.Unstructured, error) {
	helm, err := c.Tool(ctx, "helm")
	if err != nil {
		return nil, err
	}
	args := []string{"template", chart.Release, chart.Dir, "--namespace", chart.Namespace, "--include-crds", "--no-hooks"}
	for _, file := range chart.Files {
		args = append(args, "--values", file)
	}
	values, err := json.Marshal(chart.Values)
	if err != nil {
		return nil, err
	}
	args = append(args, "--values", "-")
	command := exec.CommandContext(ctx, helm, args...)
	command.Stdin = strings.NewReader(string(values))
	printed, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("helm template %s: %w: %s", chart.Dir, err, exit.Stderr)
	}
	if err != nil {
		return nil, err
	}
	objects, err := ParseManifests(printed)
	if err != nil {
		return nil, fmt.Errorf("helm template %s: %w", chart.Dir, err)
	}
	definitions, rest := split(objects)
	return append(definitions, rest...), nil
}

// ReachByURL returns a copy of objects in which every webhook of a validating webhook
// configuration that names a Service names base instead, with the path that it had: there are no
// nodes here to run the Service.
func ReachByURL(objects []unstructured.Unstructured, base string) []unstructured.Unstructured {
	copies := make([]unstructured.Unstructured, len(objects))
	for i := range objects {
		copies[i] = *objects[i].DeepCopy()
		if copies[i].GetKind() != "ValidatingWebhookConfiguration" {
			continue
		}
		webhooks, _ := copies[i].Object["webhooks"].([]any)
		for _, webhook := range webhooks {
			reachByURL(webhook, base)
		}
	}
	return copies
}

func reachByURL(webhook any, base string) {
	fields, _ := webhook.(map[string]any)
	config, _ := fields["clientConfig"].(map[string]any)
	service, found := config["service"].(map[string]any)
	if !found {
		return
	}
	path, _ := service["path"].(string)
	delete(config, "service")
	config["url"] = base + path
}

// chartDir is Seawall's own chart in the sources below root.
func chartDir(root string) (string, error) {
	dir := filepath.Join(root, "charts", "seawall")
	if _, err := os.Stat(filepath.Join(dir, "Chart.yaml")); err != nil {
		return "", err
	}
	return dir, nil
}
