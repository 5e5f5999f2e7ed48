package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Root returns the root of this repository: the nearest folder at or above the working
// directory that holds hack/controlplane.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "hack", "controlplane", "build.sh")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("the working directory is not inside the repository: no hack/controlplane at or above it")
		}
		dir = parent
	}
}

// assets returns the folder of the control plane's programs, built when they are missing.
func assets(ctx context.Context, progress io.Writer) (string, error) {
	return script(ctx, progress, "hack/controlplane/build.sh")
}

// Tool returns the path of a tool of hack/tools, built when it is missing.
func (c *Cluster) Tool(ctx context.Context, name string) (string, error) {
	return script(ctx, c.progress, "hack/tools/build.sh", name)
}

// script runs a script of this repository and returns the one line that it prints.
func script(ctx context.Context, progress io.Writer, path string, args ...string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, filepath.Join(root, path), args...)
	command.Stderr = progress
	printed, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(append([]string{path}, args...), " "), err)
	}
	return strings.TrimSpace(string(printed)), nil
}

// Output is what a command printed and how it ended.
type Output struct {
	Stdout, Stderr string
	Code           int
}

// Kubectl runs kubectl as Config connects, with stdin as its input when that is not nil. A
// command that failed is no error; one that could not be run is.
func (c *Cluster) Kubectl(ctx context.Context, stdin io.Reader, args ...string) (Output, error) {
	command := exec.CommandContext(ctx, c.program("kubectl"), args...)
	// Nothing of the user's own: neither preferences nor a cache of another cluster.
	command.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig, "KUBECACHEDIR="+filepath.Join(c.dir, "cache"), "KUBERC=off")
	var stdout, stderr bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = stdin, &stdout, &stderr
	err := command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		err = nil
	}
	if err != nil {
		return Output{}, fmt.Errorf("kubectl %s: %w", strings.Join(args, " "), err)
	}
	return Output{Stdout: stdout.String(), Stderr: stderr.String(), Code: command.ProcessState.ExitCode()}, nil
}
