// Command generate writes what follows from other files of this repository: the chart's
// webhook rules, its read rights and docs/kinds.md from the kinds of rollout, the picture of the README,
// docs/commands.md from the commands of the plugin, docs/api.md from the custom resource definitions, its custom
// resource definitions and the schema of its values from config/crd/bases, the definitions of
// reports from the module of OpenReports, and the rest of config from the chart. Run it at
// the root of the repository, after controller-gen.
package main

import (
	"context"
	"fmt"
	"os"
)

func main() {
	if err := generate(context.Background(), "."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(ctx context.Context, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	// The chart comes first: config is rendered from it.
	if err := writeRules(root); err != nil {
		return fmt.Errorf("webhook rules: %w", err)
	}
	if err := writeKindsPage(root); err != nil {
		return fmt.Errorf("%s: %w", kindsPage, err)
	}
	if err := writeCommandsPage(root); err != nil { //nolint:contextcheck // no command is run
		return fmt.Errorf("%s: %w", commandsPage, err)
	}
	if err := writeAPIPage(root); err != nil {
		return fmt.Errorf("%s: %w", apiPage, err)
	}
	if err := writeCurve(root); err != nil {
		return fmt.Errorf("%s: %w", curvePicture, err)
	}
	if err := copyDefinitions(root); err != nil {
		return fmt.Errorf("custom resource definitions: %w", err)
	}
	if err := writeSchema(root); err != nil {
		return fmt.Errorf("schema of the values: %w", err)
	}
	if err := writeOpenReports(ctx, root); err != nil {
		return fmt.Errorf("definitions of reports: %w", err)
	}
	if err := renderConfig(ctx, root); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if err := renderRolloutKinds(ctx, root); err != nil {
		return fmt.Errorf("config/rolloutkinds: %w", err)
	}
	return nil
}
