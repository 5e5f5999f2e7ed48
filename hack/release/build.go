package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	plugin = "kubectl-seawall"
	daemon = "seawall-webhook"
	// image is where the chart looks for it.
	image = "ghcr.io/seawall-dev/seawall"
)

type platform struct{ system, architecture string }

// platforms are those of the CLI.
func platforms() []platform {
	return []platform{
		{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
	}
}

// program returns the name of the CLI.
func (p platform) program() string {
	if p.system == "windows" {
		return plugin + ".exe"
	}
	return plugin
}

// archive returns the name of its archive.
func (p platform) archive(version string) string {
	ending := ".tar.gz"
	if p.system == "windows" {
		ending = ".zip"
	}
	return strings.Join([]string{plugin, version, p.system, p.architecture}, "_") + ending
}

// compile builds a program, static and without the paths of this machine; go stamps the commit into it.
func (r *release) compile(ctx context.Context, name string, of platform) (path string, err error) {
	path = filepath.Join(r.work, name+"-"+of.system+"-"+of.architecture)
	environment := []string{"CGO_ENABLED=0", "GOOS=" + of.system, "GOARCH=" + of.architecture, "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0"}
	_, err = command(ctx, environment, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", path, "./cmd/"+name)
	return path, err
}

// plugins writes the archives of the CLI and the bill of materials of each.
func (r *release) plugins(ctx context.Context) error {
	texts, err := r.licences(ctx)
	if err != nil {
		return err
	}
	for _, of := range platforms() {
		path, err := r.compile(ctx, plugin, of)
		if err != nil {
			return err
		}
		program, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files := append(slices.Clip(texts), file{of.program(), true, program})
		archive := filepath.Join(r.output, of.archive(r.version))
		writeArchive := writeTarball
		if of.system == "windows" {
			writeArchive = writeZip
		}
		if err := writeArchive(archive, r.at, files); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(r.out, "%8.1f MB  %s in\n", float64(len(program))/1e6, of.program())
		if err := r.told(archive); err != nil {
			return err
		}
		if err := r.bill(ctx, path, archive); err != nil {
			return err
		}
	}
	return nil
}

// bill writes the bill of materials of a program beside what it is in, as CycloneDX: by what go has
// recorded in the program.
func (r *release) bill(ctx context.Context, program, beside string) error {
	path := beside + ".cdx.json"
	if _, err := command(ctx, nil, r.sbom, "bin", "-json", "-std", "-noserial", "-notimestamp",
		"-version", r.version, "-output", path, program); err != nil {
		return err
	}
	return r.told(path)
}

// images writes the image for each architecture, and one of both.
func (r *release) images(ctx context.Context) error {
	notices, err := r.notices(ctx, daemon, []platform{{"linux", "amd64"}, {"linux", "arm64"}})
	if err != nil {
		return err
	}
	var all []string
	for _, architecture := range []string{"amd64", "arm64"} {
		program, err := r.compile(ctx, daemon, platform{"linux", architecture})
		if err != nil {
			return err
		}
		one := architecture + "=" + program
		all = append(all, one)
		path, err := r.image(ctx, notices, "_linux_"+architecture, one)
		if err != nil {
			return err
		}
		if err := r.bill(ctx, program, path); err != nil {
			return err
		}
	}
	_, err = r.image(ctx, notices, "", all...)
	return err
}

func (r *release) image(ctx context.Context, notices, suffix string, programs ...string) (path string, err error) {
	path = filepath.Join(r.output, "seawall-image_"+r.version+suffix+".tar")
	args := append([]string{
		"run", "-C", "hack/image", ".", "-output", path, "-name", image + ":" + r.version, "-version", r.version, "-revision", r.revision,
		"-license", "../../LICENSE", "-license", notices,
	}, programs...)
	if _, err := command(ctx, []string{fmt.Sprint("SOURCE_DATE_EPOCH=", r.at.Unix())}, "go", args...); err != nil {
		return "", err
	}
	return path, r.told(path)
}

// chart writes the archive of the chart: Helm's, with the times of files that do not depend on the checkout.
func (r *release) chart(ctx context.Context) error {
	version := strings.TrimPrefix(r.version, "v")
	if _, err := command(ctx, nil, r.helm, "package", chartFolder, "--version", version, "--app-version", r.version,
		"--destination", r.work); err != nil {
		return err
	}
	name := "seawall-" + version + ".tgz"
	files, err := readTarball(filepath.Join(r.work, name))
	if err != nil {
		return err
	}
	path := filepath.Join(r.output, name)
	if err := writeTarball(path, r.at, files); err != nil {
		return err
	}
	return r.told(path)
}
