package revision

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// offline has git fetch nothing: not even what a partial clone leaves out.
const offline = "GIT_ALLOW_PROTOCOL=none"

// git returns what git prints in one line.
func git(ctx context.Context, dir string, arguments ...string) (string, error) {
	out, err := run(ctx, dir, nil, arguments...)
	return strings.TrimSpace(string(out)), err
}

// zeroed returns what git prints with a zero byte behind each part.
func zeroed(ctx context.Context, dir string, settings []string, arguments ...string) ([]string, error) {
	out, err := run(ctx, dir, settings, arguments...)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), nil
}

// run executes git, with settings in its environment.
func run(ctx context.Context, dir string, settings []string, arguments ...string) ([]byte, error) {
	command := newCommand(ctx, dir, settings, arguments...)
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", arguments[0], err, strings.TrimSpace(said.String()))
	}
	return out, nil
}

func newCommand(ctx context.Context, dir string, settings []string, arguments ...string) *exec.Cmd {
	//nolint:gosec // what the user asks of the user's own repository
	command := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, arguments...)...)
	command.Env = append(os.Environ(), settings...)
	return command
}
