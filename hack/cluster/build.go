package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
)

// Checkout returns a folder with the sources of a git revision, which goes with the cluster.
func (c *Cluster) Checkout(ctx context.Context, revision string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(c.dir, "checkout-")
	if err != nil {
		return "", err
	}
	archive := dir + ".tar"
	for _, arguments := range [][]string{
		{"git", "archive", "--format=tar", "--output=" + archive, revision},
		{"tar", "--extract", "--file=" + archive, "--directory=" + dir},
	} {
		command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
		command.Dir, command.Stderr = root, c.progress
		if err := command.Run(); err != nil {
			return "", fmt.Errorf("check %s out: %s: %w", revision, arguments[0], err)
		}
	}
	return dir, os.Remove(archive)
}

// buildWebhook returns the path of the webhook's program as the sources below root are now. Go
// links it only when something has changed, because the target stays where it is; what is run is
// a copy, since another process may build a moment later. A test with the race detector gets a program with it, which tells
// of a race in its log and by its exit status.
func (c *Cluster) buildWebhook(ctx context.Context, root string) (string, error) {
	target, flags := filepath.Join(root, "bin", "cluster", "seawall-webhook"), []string(nil)
	if raceDetector {
		target, flags = target+"-race", []string{"-race"}
	}
	unlock, err := lock(filepath.Dir(target))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(target); err != nil {
		_, _ = fmt.Fprintln(c.progress, "building cmd/seawall-webhook (a minute or two the first time)")
	}
	arguments := slices.Concat([]string{"build"}, flags, []string{"-o", target, "./cmd/seawall-webhook"})
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir, command.Stdout, command.Stderr = root, c.progress, c.progress
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("go build ./cmd/seawall-webhook: %w", err)
	}
	binary := filepath.Join(c.dir, "seawall-webhook")
	return binary, copyProgram(binary, target)
}

// lock makes the folder and waits until no other process holds its lock.
func lock(folder string) (unlock func(), err error) {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(folder, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", folder, err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}

// copyProgram replaces a file, which may be a running program, by a copy.
func copyProgram(to, from string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	fresh, err := os.CreateTemp(filepath.Dir(to), "copy-")
	if err != nil {
		return err
	}
	_, err = io.Copy(fresh, source)
	if err := errors.Join(err, fresh.Chmod(0o700), fresh.Close()); err != nil {
		return err
	}
	return os.Rename(fresh.Name(), to)
}
