package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi" //nolint:gosec // serves git on loopback; the flaw that the rule warns of was mended in Go 1.6
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Repository is a git repository that git's own HTTP backend serves on loopback.
type Repository struct {
	// URL is where it is cloned from.
	URL string

	git  string
	bare string
	tree string
}

// Branch is the one branch of a Repository.
const Branch = "main"

// ServeRepository creates a repository below a folder and serves it until ctx is done.
func ServeRepository(ctx context.Context, dir string) (*Repository, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, err
	}
	const name = "fleet.git"
	r := &Repository{git: git, bare: filepath.Join(dir, "repositories", name), tree: filepath.Join(dir, "tree")}
	if err := os.MkdirAll(r.tree, 0o700); err != nil {
		return nil, err
	}
	if _, err := r.run(ctx, "init", "--quiet", "--bare", "--initial-branch="+Branch, r.bare); err != nil {
		return nil, err
	}
	address, err := serve(ctx, &cgi.Handler{
		Path: git, Args: []string{"http-backend"},
		Env: []string{"GIT_PROJECT_ROOT=" + filepath.Dir(r.bare), "GIT_HTTP_EXPORT_ALL=1"},
	})
	r.URL = "http://" + address + "/" + name
	return r, err
}

// Commit writes files, by their paths, and returns the revision that has them.
func (r *Repository) Commit(ctx context.Context, message string, files map[string]string) (revision string, err error) {
	for path, content := range files {
		path = filepath.Join(r.tree, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return "", err
		}
	}
	on := []string{"--git-dir=" + r.bare, "--work-tree=" + r.tree, "-c", "user.name=A developer", "-c", "user.email=developer@example.com"}
	for _, command := range [][]string{
		{"add", "--all"},
		{"commit", "--quiet", "--message=" + message},
		{"rev-parse", "HEAD"},
	} {
		if revision, err = r.run(ctx, append(slices.Clip(on), command...)...); err != nil {
			return "", err
		}
	}
	return revision, nil
}

// run runs git as if its user had configured nothing, and returns what it printed.
func (r *Repository) run(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, r.git, args...)
	command.Dir = r.tree
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	printed, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
	}
	return strings.TrimSpace(string(printed)), err
}

// serve serves on loopback until ctx is done and returns the address.
func serve(ctx context.Context, handler http.Handler) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // its only error here: it was closed
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return listener.Addr().String(), nil
}
