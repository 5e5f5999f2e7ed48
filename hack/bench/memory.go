package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// resident is how many bytes of memory a process holds: of its own anonymous memory, of all,
// files that it maps among it, and the most of all since it started.
type resident struct{ anonymous, all, peak int64 }

// residentOf asks Linux.
func residentOf(pid int) (resident, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return resident{}, err
	}
	defer func() { _ = file.Close() }()
	var held resident
	for lines := bufio.NewScanner(file); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ":")
		into := map[string]*int64{"RssAnon": &held.anonymous, "VmRSS": &held.all, "VmHWM": &held.peak}[field]
		if into == nil {
			continue
		}
		kibibytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return resident{}, fmt.Errorf("%s of process %d: %w", field, pid, err)
		}
		*into = kibibytes * 1024
	}
	return held, nil
}

// cgroup is the folder of a control group with a limit of memory; empty for none.
type cgroup string

// newCgroup returns a control group of version 2 or 1, whichever this machine has and lets us
// make, with a limit of so many bytes.
func newCgroup(limit int64) (cgroup, error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	var problems []error
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		root, file := "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		if parts[0] == "0" {
			root, file = "/sys/fs/cgroup", "memory.max"
		} else if parts[1] != "memory" {
			continue
		}
		// Beside this process's own: one with processes may hold no controlled groups.
		dir := filepath.Join(root, filepath.Dir(parts[2]), fmt.Sprint("seawall-bench-", os.Getpid()))
		err := os.Mkdir(dir, 0o750)
		if err == nil {
			err = limitTo(filepath.Join(dir, file), limit)
		}
		if err == nil {
			return cgroup(dir), nil
		}
		problems = append(problems, err)
		cgroup(dir).remove()
	}
	return "", errors.Join(problems...)
}

// limitTo writes to a file that the kernel must have made.
func limitTo(path string, limit int64) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(file, limit)
	return errors.Join(err, file.Close())
}

// command becomes a program in the group.
func (g cgroup) command() []string {
	if g == "" {
		return nil
	}
	return []string{"sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, string(g)}
}

// remove removes the group, which must be empty.
func (g cgroup) remove() {
	if g != "" {
		_ = os.Remove(string(g))
	}
}
