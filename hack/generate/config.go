package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
)

const (
	chartDir        = "charts/seawall"
	configNamespace = "seawall-system"
)

// folders returns the folders of config that are rendered, and which of the chart's
// templates each of them holds.
func folders() map[string][]string {
	return map[string][]string{
		"argocd": {"argocd-explainer.yaml", "argocd-role.yaml", "argocd-rolebinding.yaml"},
		"rbac": {
			"clusterrole.yaml", "clusterrolebinding.yaml", "clusterroles-users.yaml",
			"role.yaml", "rolebinding.yaml", "serviceaccount.yaml",
		},
		"reports": {"clusterreports-crd.yaml", "reports-crd.yaml"},
		"manager": {"deployment.yaml", "poddisruptionbudget.yaml", "resourcequota.yaml"},
		"policy":  {"ratchet-definitions.yaml", "ratchet-rolloutkinds.yaml", "ratchet-wavepolicies.yaml", "wavepolicies.yaml", "waves.yaml"},
		"webhook": {"secret.yaml", "service.yaml", "validatingwebhookconfiguration.yaml"},
	}
}

// renderConfig makes the rendered folders of config hold what the chart installs by
// default, one template a file.
func renderConfig(ctx context.Context, root *os.Root) error {
	rendered, err := renderChart(ctx, root.Name())
	if err != nil {
		return err
	}
	objects := splitRendered(rendered)
	for folder, names := range folders() {
		if err := writeFolder(root, path.Join("config", folder), names, objects); err != nil {
			return err
		}
	}
	for name := range objects {
		return fmt.Errorf("no folder of config is to hold %s/templates/%s", chartDir, name)
	}
	return nil
}

// renderChart returns what helm template prints for the repository in dir. It builds helm
// when it is missing.
func renderChart(ctx context.Context, dir string, flags ...string) (string, error) {
	build := exec.CommandContext(ctx, "hack/tools/build.sh", "helm")
	build.Dir, build.Stderr = dir, os.Stderr
	helm, err := build.Output()
	if err != nil {
		return "", fmt.Errorf("building helm: %w", err)
	}
	args := append([]string{"template", "seawall", chartDir, "--namespace", configNamespace, "--no-hooks"}, flags...) // hooks are Helm's
	template := exec.CommandContext(ctx, strings.TrimSpace(string(helm)), args...)
	template.Dir = dir
	rendered, err := template.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("helm template: %w: %s", err, exit.Stderr)
	}
	return string(rendered), err
}

// splitRendered returns the text of the objects of each template by its name, without the
// labels and annotations that are for Helm.
func splitRendered(rendered string) map[string]string {
	objects := make(map[string]string)
	documents := strings.Split(rendered, "---\n# Source: seawall/templates/")
	for _, document := range documents[1:] {
		name, text, _ := strings.Cut(document, "\n")
		var kept strings.Builder
		for line := range strings.Lines(text) {
			key := strings.TrimLeft(line, " ")
			if strings.HasPrefix(key, "helm.sh/") || strings.HasPrefix(key, "app.kubernetes.io/managed-by:") {
				continue
			}
			kept.WriteString(line)
		}
		if before, several := objects[name]; several {
			objects[name] = before + "---\n"
		}
		objects[name] += strings.TrimSpace(kept.String()) + "\n"
	}
	return objects
}

// writeFolder makes a folder hold the named texts and nothing else, and takes them out of
// objects.
func writeFolder(root *os.Root, folder string, names []string, objects map[string]string) error {
	if err := root.RemoveAll(folder); err != nil {
		return err
	}
	if err := root.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		text, found := objects[name]
		if !found {
			return fmt.Errorf("the chart does not render templates/%s by default", name)
		}
		delete(objects, name)
		if err := root.WriteFile(path.Join(folder, name), []byte(generatedFrom(chartDir)+text), 0o644); err != nil {
			return err
		}
	}
	return writeKustomization(root, folder, chartDir, names)
}

func writeKustomization(root *os.Root, folder, source string, resources []string) error {
	const head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:"
	lines := append([]string{head}, slices.Sorted(slices.Values(resources))...)
	text := generatedFrom(source) + strings.Join(lines, "\n  - ") + "\n"
	return root.WriteFile(path.Join(folder, "kustomization.yaml"), []byte(text), 0o644)
}

func generatedFrom(source string) string {
	return "# Generated from " + source + " by hack/generate. DO NOT EDIT.\n"
}
