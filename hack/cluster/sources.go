package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// source is one line of hack/controlplane/crds.tsv.
type source struct {
	system, module string
	directories    []string
	folder         bool
}

func sources() ([]source, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(root, "hack", "controlplane", "crds.tsv"))
	if err != nil {
		return nil, err
	}
	var sources []source
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) != 4 {
			return nil, fmt.Errorf("hack/controlplane/crds.tsv: %q has %d columns: want 4", line, len(columns))
		}
		sources = append(sources, source{
			system:      columns[0],
			module:      columns[1],
			directories: strings.Split(columns[2], ","),
			folder:      columns[3] == "folder",
		})
	}
	return sources, nil
}

// files returns the YAML files of a source: those of its folder if there is one, else those of
// its module.
func (s source) files(ctx context.Context) ([]string, error) {
	if s.folder {
		folder, err := folderOf(s.system)
		if err != nil {
			return nil, err
		}
		if files := yamlFiles(folder); len(files) > 0 {
			return files, nil
		}
	}
	dir, err := download(ctx, s.module)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, directory := range s.directories {
		found := yamlFiles(filepath.Join(dir, filepath.FromSlash(directory)))
		if len(found) == 0 {
			return nil, fmt.Errorf("%s has no YAML files in %s", s.module, directory)
		}
		files = append(files, found...)
	}
	return files, nil
}

func folderOf(system string) (string, error) {
	if folder := os.Getenv("SEAWALL_CRDS"); folder != "" {
		return filepath.Join(folder, system), nil
	}
	root, err := Root()
	return filepath.Join(root, "..", "shared", "crds", system), err
}

// yamlFiles returns the manifests in a folder, or the one that a path names: kustomize's own
// files are none.
func yamlFiles(path string) []string {
	pattern := path
	if filepath.Ext(path) != ".yaml" {
		pattern = filepath.Join(path, "*.yaml")
	}
	files, _ := filepath.Glob(pattern) // its only error is a bad pattern
	return slices.DeleteFunc(files, func(file string) bool {
		return slices.Contains([]string{"kustomization.yaml", "kustomizeconfig.yaml"}, filepath.Base(file))
	})
}

// download returns the folder of a module in the module cache, whose code nothing is built from.
func download(ctx context.Context, module string) (string, error) {
	outside, err := os.MkdirTemp("", "seawall-download-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(outside) }()
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	command.Dir = outside
	command.Env = append(os.Environ(), "PWD="+outside, "GOFLAGS=-mod=mod", "GOWORK=off")
	printed, runErr := command.Output()
	var answer struct {
		Path    string `json:"Path"`
		Version string `json:"Version"`
		Dir     string `json:"Dir"`
		Zip     string `json:"Zip"`
		Error   string `json:"Error"`
	}
	if err := json.Unmarshal(printed, &answer); err != nil {
		return "", errors.Join(runErr, fmt.Errorf("go mod download %s: %w", module, err))
	}
	if answer.Dir != "" {
		return answer.Dir, nil
	}
	// A module for a newer Go is unpacked beside its zip file all the same.
	cache, _, _ := strings.Cut(answer.Zip, filepath.Join("cache", "download"))
	dir := filepath.Join(cache, filepath.FromSlash(answer.Path)+"@"+answer.Version)
	if _, err := os.Stat(dir); answer.Zip == "" || err != nil {
		return "", fmt.Errorf("%w: %s", ErrUnavailable, strings.Join(strings.Fields(answer.Error), " "))
	}
	return dir, nil
}
