package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Process is a program that runs on this machine beside a control plane, and ends with it.
type Process struct {
	// LogFile holds what the program wrote to standard error and standard output, also before it
	// was started once more under the same name.
	LogFile string

	name    string
	command *exec.Cmd
	exited  chan struct{}
	err     error

	terminated sync.Once
}

// StartProcess runs a command until ctx is done or Stop is called, with variables beside those of
// this process. The name is that of its log; no other running process may have it.
func (c *Cluster) StartProcess(ctx context.Context, name string, command, environment []string) (*Process, error) {
	p := &Process{LogFile: c.logFile(name), name: name, exited: make(chan struct{})}
	log, err := os.OpenFile(p.LogFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	p.command = exec.CommandContext(ctx, command[0], command[1:]...)
	p.command.Stdout, p.command.Stderr = log, log
	p.command.Env = append(os.Environ(), environment...)
	p.command.Cancel = p.terminate
	p.command.WaitDelay = stopTimeout
	// Its own process group: Ctrl-C in a terminal is for this process, which then stops it.
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(command[0]), err)
	}
	c.adopt(p)
	kept := c.keep(name, p.command.Process)
	go func() {
		p.err = p.command.Wait()
		c.release(name)
		close(p.exited)
	}()
	if kept != nil {
		p.Kill()
	}
	return p, kept
}

// Tail returns the last lines of the log, to be shown when something failed.
func (p *Process) Tail() string { return tail(p.LogFile) }

// PID is the process id.
func (p *Process) PID() int {
	return p.command.Process.Pid
}

// Exited is closed when the process has ended, for whatever reason.
func (p *Process) Exited() <-chan struct{} {
	return p.exited
}

// Stop ends the process as Kubernetes does and returns an error if it did not end well.
func (p *Process) Stop() error {
	_ = p.terminate() // its only error: it has ended already
	select {
	case <-p.exited:
		if p.err != nil {
			return fmt.Errorf("%s: %w\n%s", p.name, p.err, p.Tail())
		}
		return nil
	case <-time.After(stopTimeout):
		p.Kill()
		return fmt.Errorf("%s went on for %s after SIGTERM\n%s", p.name, stopTimeout, p.Tail())
	}
}

// terminate asks the process to end, once: whoever is asked twice ends at once, and badly.
func (p *Process) terminate() (err error) {
	p.terminated.Do(func() { err = p.command.Process.Signal(syscall.SIGTERM) })
	return err
}

// Kill ends the process at once, as a node that fails does.
func (p *Process) Kill() {
	_ = p.command.Process.Kill() // its only error: it has ended already
	<-p.exited
}

// Await repeats steps, one after the other, until each returns no error. Its own error has the end
// of the log.
func (p *Process) Await(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := p.await(ctx, step); err != nil {
			return fmt.Errorf("%w\n%s", err, p.Tail())
		}
	}
	return nil
}

func (p *Process) await(ctx context.Context, step func(context.Context) error) error {
	for {
		err := step(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("it ended by itself: %w", p.ending())
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pollInterval):
		}
	}
}

// ending says how the process ended, which it has.
func (p *Process) ending() error {
	if p.err == nil {
		return errors.New("exit status 0")
	}
	return p.err
}

// Answers returns a step for Await that succeeds when a GET of the URL does.
func Answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	}
}
