// Command image packs static binaries into an OCI image, one for each architecture, and
// the image into a tarball: without a registry, a container engine or a base image.
//
//	image -output dist/seawall-image.tar -license LICENSE amd64=bin/amd64/seawall-webhook arm64=bin/arm64/seawall-webhook
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	output := flags.String("output", "dist/seawall-image.tar", "the tarball to write")
	name := flags.String("name", "seawall:dev", "the name that the image has once it is loaded")
	version := flags.String("version", "dev", "the version that the image's labels tell")
	revision := flags.String("revision", "", "the commit that the image's labels tell")
	var texts []string
	flags.Func("license", "a text that is copied into /licenses of the image; may be given more than once", func(path string) error {
		texts = append(texts, path)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	binaries, err := parse(flags.Args())
	if err != nil {
		return err
	}
	licenses, err := readLicenses(texts)
	if err != nil {
		return err
	}
	created, err := sourceDate(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	index, err := build(binaries, licenses, labels(*version, *revision), created)
	if err != nil {
		return err
	}
	if err := write(*output, index, *name); err != nil {
		return err
	}
	return summarize(out, *output, *name, index)
}

// binary is a program and the architecture that it is compiled for.
type binary struct{ architecture, path string }

func parse(args []string) ([]binary, error) {
	if len(args) == 0 {
		return nil, errors.New("no binaries: give them as ARCHITECTURE=PATH")
	}
	binaries := make([]binary, 0, len(args))
	for _, arg := range args {
		architecture, path, found := strings.Cut(arg, "=")
		if !found {
			return nil, fmt.Errorf("%q is not ARCHITECTURE=PATH", arg)
		}
		binaries = append(binaries, binary{architecture, path})
	}
	return binaries, nil
}

// sourceDate reads SOURCE_DATE_EPOCH; the epoch itself without one, so that the same
// binaries always make the same image.
func sourceDate(epoch string) (time.Time, error) {
	if epoch == "" {
		return time.Unix(0, 0).UTC(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

func summarize(out io.Writer, path, name string, index v1.ImageIndex) error {
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s  %s\n", name, digest)
	for _, descriptor := range manifest.Manifests {
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			return err
		}
		size, err := layersSize(image)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %-12s  %s  %s to pull\n", descriptor.Platform, descriptor.Digest, megabytes(size))
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s  %s\n", path, megabytes(info.Size()))
	return nil
}

func layersSize(image v1.Image) (int64, error) {
	manifest, err := image.Manifest()
	if err != nil {
		return 0, err
	}
	var size int64
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return size, nil
}

func megabytes(size int64) string {
	return fmt.Sprintf("%.1f MB", float64(size)/1e6)
}
