package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"time"
)

// file is one of an archive.
type file struct {
	name string
	// program says that it is to be run.
	program bool
	content []byte
}

func (f file) mode() os.FileMode {
	if f.program {
		return 0o755
	}
	return 0o644
}

// writeTarball writes files into a tarball; the same files make the same bytes.
func writeTarball(path string, at time.Time, files []file) error {
	return write(path, func(out io.Writer) error {
		compressed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
		if err != nil {
			return err
		}
		archive := tar.NewWriter(compressed)
		for _, one := range files {
			header := &tar.Header{Name: one.name, Mode: int64(one.mode()), Size: int64(len(one.content)), ModTime: at}
			if err := archive.WriteHeader(header); err != nil {
				return err
			}
			if _, err := archive.Write(one.content); err != nil {
				return err
			}
		}
		return errors.Join(archive.Close(), compressed.Close())
	})
}

// writeZip writes files into a zip file; the same files make the same bytes.
func writeZip(path string, at time.Time, files []file) error {
	return write(path, func(out io.Writer) error {
		archive := zip.NewWriter(out)
		for _, one := range files {
			header := &zip.FileHeader{Name: one.name, Method: zip.Deflate, Modified: at.UTC()}
			header.SetMode(one.mode())
			entry, err := archive.CreateHeader(header)
			if err != nil {
				return err
			}
			if _, err := entry.Write(one.content); err != nil {
				return err
			}
		}
		return archive.Close()
	})
}

// readTarball reads the files of a tarball.
func readTarball(path string) (files []file, err error) {
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	compressed, err := gzip.NewReader(opened)
	if err != nil {
		return nil, err
	}
	for archive := tar.NewReader(compressed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		files = append(files, file{header.Name, header.Mode&0o100 != 0, content})
	}
}

func write(path string, do func(io.Writer) error) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return do(out)
}
