package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func TestImageReadsBack(t *testing.T) {
	path := buildTwo(t, t.TempDir())
	outer, err := layout.ImageIndexFromPath(unpack(t, path))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(outer); err != nil {
		t.Fatal(err)
	}
	named := only(t, outer)
	if got := named.Annotations["org.opencontainers.image.ref.name"]; got != "seawall:test" {
		t.Errorf("the image is named %q", got)
	}
	index, err := outer.ImageIndex(named.Digest)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, descriptor := range manifest.Manifests {
		platforms = append(platforms, descriptor.Platform.String())
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		checkImage(t, image, descriptor.Platform.Architecture)
	}
	if got := strings.Join(platforms, " "); got != "linux/amd64 linux/arm64" {
		t.Errorf("platforms: %s", got)
	}
}

func TestSameInputsMakeTheSameTarball(t *testing.T) {
	folder := t.TempDir()
	first, err := os.ReadFile(buildTwo(t, folder))
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(buildTwo(t, folder))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("two builds differ")
	}
}

func TestBadArgumentsAreRefused(t *testing.T) {
	for name, args := range map[string][]string{
		"no binary":       {},
		"no architecture": {"bin/seawall-webhook"},
		"no such file":    {"amd64=" + filepath.Join(t.TempDir(), "missing")},
		"no such licence": {"-license", filepath.Join(t.TempDir(), "missing"), "amd64=main.go"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(append([]string{"-output", filepath.Join(t.TempDir(), "image.tar")}, args...), io.Discard); err == nil {
				t.Error("no error")
			}
		})
	}
}

// buildTwo builds an image for two architectures and returns the tarball's path.
func buildTwo(t *testing.T, folder string) string {
	t.Helper()
	output := filepath.Join(folder, "image.tar")
	license := filepath.Join(folder, "LICENSE")
	if err := os.WriteFile(license, []byte("may be used"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-output", output, "-name", "seawall:test", "-version", "v1.2.3", "-license", license}
	for _, architecture := range []string{"amd64", "arm64"} {
		program := filepath.Join(folder, architecture)
		if err := os.WriteFile(program, []byte("program for "+architecture), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, architecture+"="+program)
	}
	if err := run(args, io.Discard); err != nil {
		t.Fatal(err)
	}
	return output
}

func checkImage(t *testing.T, image v1.Image, architecture string) {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Architecture != architecture || config.Config.User != "65532:65532" ||
		config.Config.Entrypoint[0] != "/seawall-webhook" || config.Created.Unix() != 0 ||
		config.Config.Labels["org.opencontainers.image.version"] != "v1.2.3" {
		t.Errorf("config of %s: %+v", architecture, config)
	}
	files := map[string]string{}
	each(t, mutate.Extract(image), func(header *tar.Header, content []byte) {
		files[header.Name] = string(content)
	})
	if got := files["seawall-webhook"]; got != "program for "+architecture {
		t.Errorf("the program for %s is %q", architecture, got)
	}
	if got := files["licenses/LICENSE"]; got != "may be used" {
		t.Errorf("the licence for %s is %q", architecture, got)
	}
	if !strings.Contains(files["etc/passwd"], "nonroot:x:65532:65532:") || !strings.Contains(files["etc/group"], "nonroot:x:65532:") {
		t.Errorf("no user nonroot in %v", files)
	}
}

func only(t *testing.T, index v1.ImageIndex) v1.Descriptor {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Manifests) != 1 {
		t.Fatalf("%d entries in index.json", len(manifest.Manifests))
	}
	return manifest.Manifests[0]
}

func unpack(t *testing.T, path string) string {
	t.Helper()
	folder := t.TempDir()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	each(t, file, func(header *tar.Header, content []byte) {
		target := filepath.Join(folder, header.Name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, content, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	return folder
}

func each(t *testing.T, archive io.ReadCloser, visit func(*tar.Header, []byte)) {
	t.Helper()
	defer archive.Close()
	for reader := tar.NewReader(archive); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		visit(header, content)
	}
}
