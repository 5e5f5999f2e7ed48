package manifest

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	kyaml "sigs.k8s.io/yaml"
)

// kustomizationOf returns the path of the kustomization in a folder; empty where there is none.
func kustomizationOf(folder string) string {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// referred returns the folders, absolute, that a kustomization builds upon.
func referred(kustomization string) (folders []string) {
	text, err := os.ReadFile(kustomization)
	if err != nil {
		return nil // the build says so
	}
	var read struct {
		Resources  []string `json:"resources"`
		Bases      []string `json:"bases"`
		Components []string `json:"components"`
	}
	if kyaml.Unmarshal(text, &read) != nil {
		return nil // as above
	}
	for _, list := range [][]string{read.Resources, read.Bases, read.Components} {
		for _, path := range list {
			if absolute, err := filepath.Abs(filepath.Join(filepath.Dir(kustomization), path)); err == nil {
				folders = append(folders, absolute)
			}
		}
	}
	return folders
}

// build builds a kustomization, without plugins and without Helm: it runs nothing. Where a field of
// what it makes stands in the files that it is made of is not known.
func build(folder string) Parsed {
	file := kustomizationOf(folder)
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return failed(file, fmt.Errorf("building it: %w", err))
	}
	text, err := resources.AsYaml()
	if err != nil {
		return failed(file, err)
	}
	parsed := Parse(file, text)
	for _, document := range parsed.Documents {
		document.Line, document.rendered = 1, true
	}
	return parsed
}
