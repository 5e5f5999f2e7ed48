package cluster

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// keeperScript waits until its input ends: without a word when the process that holds the other
// end is gone, however it went. Then it ends the programs that are left and removes their files.
const keeperScript = `trap '' HUP INT TERM
read -r word && exit
for file in "$0"/*.pid; do kill -9 "$(cat "$file")"; done
rm -rf "$0"
`

// keptScript notes its process id and becomes the program, so that the keeper finds it.
const keptScript = `#!/bin/sh
echo $$ >'%s'
exec '%s' "$@"
`

// keeper is a process that outlives this one only to end what this one left behind.
type keeper struct {
	command *exec.Cmd
	input   io.WriteCloser
}

func startKeeper(ctx context.Context, dir string) (*keeper, error) {
	command := exec.CommandContext(context.WithoutCancel(ctx), "sh", "-c", keeperScript, dir)
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start the keeper of %s: %w", dir, err)
	}
	return &keeper{command: command, input: input}, nil
}

// dismiss ends the keeper when nothing is left that it should end.
func (k *keeper) dismiss() {
	_, _ = io.WriteString(k.input, "dismissed\n")
	_ = k.input.Close()
	_ = k.command.Wait()
}

// kept returns the path of a script that runs one of the assets under the keeper's eyes, and
// the file for its log.
func (c *Cluster) kept(name string) (script string, log *os.File, err error) {
	script = filepath.Join(c.dir, name)
	text := fmt.Sprintf(keptScript, c.pidFile(name), c.program(name))
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil { //nolint:gosec // it is to be run
		return "", nil, err
	}
	log, err = os.Create(c.logFile(name))
	return script, log, err
}

// keep makes the keeper end a process that is not run by a script of kept.
func (c *Cluster) keep(name string, process *os.Process) error {
	return os.WriteFile(c.pidFile(name), []byte(strconv.Itoa(process.Pid)), 0o600)
}

// release takes back what keep did, once the process has ended.
func (c *Cluster) release(name string) {
	_ = os.Remove(c.pidFile(name))
}

func (c *Cluster) pidFile(name string) string { return filepath.Join(c.dir, name+".pid") }

// tail returns the last lines of a log under its name, to be shown when something failed.
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	const most = 15
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return fmt.Sprintf("last lines of %s:\n  %s\n", filepath.Base(path), strings.Join(lines, "\n  "))
}
