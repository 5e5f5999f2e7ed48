package main

import (
	"archive/tar"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// write stores an index as an OCI image layout in a tarball, as "docker load", "ctr images
// import", "kind load image-archive" and skopeo read it.
func write(path string, index v1.ImageIndex, name string) error {
	folder, err := os.MkdirTemp("", "seawall-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	target, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	// containerd goes by the first name, everybody else by the second.
	names := map[string]string{"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}
	if err := target.AppendIndex(index, layout.WithAnnotations(names)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return archive(path, folder)
}

// archive packs a folder, in the order of its names and without times.
func archive(path, folder string) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closing := out.Close(); err == nil {
			err = closing
		}
	}()
	writer := tar.NewWriter(out)
	files := os.DirFS(folder)
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return add(writer, files, name)
	})
	if err != nil {
		return err
	}
	return writer.Close()
}

func add(writer *tar.Writer, files fs.FS, name string) error {
	file, err := files.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: name, Mode: 0o644, Size: info.Size(), ModTime: time.Unix(0, 0)}
	if err := writer.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(writer, file)
	return err
}
