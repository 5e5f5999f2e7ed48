package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// RestartAPIServer kills the API server, leaves it away for a time, and starts it again at the same address. It returns
// when it is healthy.
func (c *Cluster) RestartAPIServer(ctx context.Context, away time.Duration) error {
	if err := c.signal("kube-apiserver", syscall.SIGKILL); err != nil {
		return err
	}
	select {
	case <-time.After(away):
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := c.env.ControlPlane.APIServer.Start(); err != nil {
		return fmt.Errorf("start the API server again: %w\n%s", err, tail(c.logFile("kube-apiserver")))
	}
	return nil
}

// PauseEtcd stops etcd in the midst of what it does, as a disk does that does not answer, and has it go on after a time or
// when ctx is done.
func (c *Cluster) PauseEtcd(ctx context.Context, pause time.Duration) error {
	if err := c.signal("etcd", syscall.SIGSTOP); err != nil {
		return err
	}
	var ended error
	select {
	case <-time.After(pause):
	case <-ctx.Done():
		ended = ctx.Err()
	}
	return errors.Join(ended, c.signal("etcd", syscall.SIGCONT))
}

// signal sends a signal to one of the control plane's programs.
func (c *Cluster) signal(name string, signal syscall.Signal) error {
	text, err := os.ReadFile(c.pidFile(name))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%s: %w", c.pidFile(name), err)
	}
	if err := syscall.Kill(pid, signal); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
