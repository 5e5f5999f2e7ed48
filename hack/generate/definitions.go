package main

import (
	"io/fs"
	"os"
	"path"
)

const (
	basesDir       = "config/crd/bases"
	definitionsDir = "charts/seawall/crds"
)

// copyDefinitions makes the chart's custom resource definitions those of config.
func copyDefinitions(root *os.Root) error {
	bases, err := fs.Glob(root.FS(), basesDir+"/*.yaml")
	if err != nil {
		return err
	}
	if err := root.RemoveAll(definitionsDir); err != nil {
		return err
	}
	if err := root.MkdirAll(definitionsDir, 0o755); err != nil {
		return err
	}
	resources := make([]string, len(bases))
	for i, base := range bases {
		name := path.Base(base)
		text, err := root.ReadFile(base)
		if err != nil {
			return err
		}
		if err := root.WriteFile(path.Join(definitionsDir, name), text, 0o644); err != nil {
			return err
		}
		resources[i] = "bases/" + name
	}
	return writeKustomization(root, "config/crd", basesDir, resources)
}
