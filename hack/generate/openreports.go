package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

const (
	openReports    = "github.com/openreports/reports-api"
	openReportsDir = "charts/seawall/files/openreports"
)

// openReportsFiles are the names of the definitions in the module, without the group.
func openReportsFiles() []string { return []string{"clusterreports.yaml", "reports.yaml"} }

// writeOpenReports copies the definitions of reports from the module that the webhook is built
// with. They outlive an uninstallation, as others may have reports too.
func writeOpenReports(ctx context.Context, root *os.Root) error {
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}} {{.Version}}", openReports)
	list.Dir, list.Stderr = root.Name(), os.Stderr
	printed, err := list.Output()
	if err != nil {
		return fmt.Errorf("finding %s: %w", openReports, err)
	}
	dir, version, _ := strings.Cut(strings.TrimSpace(string(printed)), " ")
	if err := root.RemoveAll(openReportsDir); err != nil {
		return err
	}
	if err := root.MkdirAll(openReportsDir, 0o755); err != nil {
		return err
	}
	for _, name := range openReportsFiles() {
		text, err := os.ReadFile(filepath.Join(dir, "config", "crd", "openreports.io_"+name))
		if err != nil {
			return err
		}
		kept, err := keptOnUninstall(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		text = []byte(generatedFrom(openReports+" "+version) + kept)
		if err := root.WriteFile(path.Join(openReportsDir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// keptOnUninstall adds Helm's annotation to a definition.
func keptOnUninstall(definition string) (string, error) {
	const annotations = "metadata:\n  annotations:\n"
	text := strings.TrimPrefix(definition, "---\n")
	if strings.Count(text, annotations) != 1 {
		return "", fmt.Errorf("the definition does not have %q once", annotations)
	}
	return strings.Replace(text, annotations, annotations+"    helm.sh/resource-policy: keep\n", 1), nil
}
