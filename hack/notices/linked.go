package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// module is one that is linked into the program.
type module struct {
	name, version string
	// root is its folder; folders are those of what is linked of it, and sources what is compiled.
	root             string
	folders, sources map[string]bool
}

// listed is what "go list" tells of a package.
type listed struct {
	Dir                 string
	GoFiles, EmbedFiles []string
	Standard            bool
	Module              *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// linkedInto returns the modules that a program is made of on any of the platforms, by their folders: Go
// is one of them, and the program's own is none.
func linkedInto(ctx context.Context, program string, platforms []string) (map[string]*module, error) {
	language, err := goItself(ctx)
	if err != nil {
		return nil, err
	}
	linked := map[string]*module{language.root: language}
	for _, platform := range platforms {
		system, architecture, found := strings.Cut(platform, "/")
		if !found {
			return nil, fmt.Errorf("%q is not SYSTEM/ARCHITECTURE", platform)
		}
		text, err := command(ctx, []string{"GOOS=" + system, "GOARCH=" + architecture},
			"list", "-deps", "-json=Dir,GoFiles,EmbedFiles,Standard,Module", program)
		if err != nil {
			return nil, err
		}
		if err := add(linked, text); err != nil {
			return nil, err
		}
	}
	return linked, nil
}

func goItself(ctx context.Context) (*module, error) {
	text, err := command(ctx, nil, "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	root, version, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return &module{name: "Go's runtime and standard library", version: version, root: root, folders: map[string]bool{root: true}}, nil
}

// add adds the modules of packages, and the folders that these are in or take files from.
func add(linked map[string]*module, packages string) error {
	for decoder := json.NewDecoder(strings.NewReader(packages)); ; {
		var each listed
		err := decoder.Decode(&each) //nolint:musttag // its names are those of the fields
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case each.Standard || each.Module == nil || each.Module.Main:
			continue
		}
		of := linked[each.Module.Dir]
		if of == nil {
			of = &module{name: each.Module.Path, version: each.Module.Version, root: each.Module.Dir}
			of.folders, of.sources = map[string]bool{}, map[string]bool{}
			linked[of.root] = of
		}
		of.folders[each.Dir] = true
		for _, file := range each.GoFiles {
			of.sources[filepath.Join(each.Dir, file)] = true
		}
		for _, file := range each.EmbedFiles {
			of.folders[filepath.Dir(filepath.Join(each.Dir, file))] = true
		}
	}
}

// command runs go as a release is built.
func command(ctx context.Context, environment []string, args ...string) (string, error) {
	var said strings.Builder
	started := exec.CommandContext(ctx, "go", args...)
	started.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="), environment...)
	started.Stderr = &said
	printed, err := started.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return string(printed), nil
}
