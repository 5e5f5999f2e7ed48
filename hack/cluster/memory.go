package cluster

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Resident is how many bytes of memory a process holds: of its own anonymous memory, of all,
// files that it maps among it, and the most of all since it started.
type Resident struct{ Anonymous, All, Peak int64 }

// ResidentOf asks Linux about a process.
func ResidentOf(pid int) (Resident, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Resident{}, err
	}
	defer func() { _ = file.Close() }()
	var held Resident
	for lines := bufio.NewScanner(file); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ":")
		into := map[string]*int64{"RssAnon": &held.Anonymous, "VmRSS": &held.All, "VmHWM": &held.Peak}[field]
		if into == nil {
			continue
		}
		kibibytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return Resident{}, fmt.Errorf("%s of process %d: %w", field, pid, err)
		}
		*into = kibibytes * 1024
	}
	return held, nil
}

// Cgroup is the folder of a control group with a limit of memory; empty for none.
type Cgroup string

// NewCgroup returns a control group of version 2 or 1, whichever this machine has and lets us
// make, with a limit of so many bytes.
func NewCgroup(limit int64) (Cgroup, error) {
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
		dir := filepath.Join(root, filepath.Dir(parts[2]), fmt.Sprintf("seawall-%d-%d", os.Getpid(), time.Now().UnixNano()))
		err := os.Mkdir(dir, 0o750)
		if err == nil {
			err = limitTo(filepath.Join(dir, file), limit)
		}
		if err == nil {
			return Cgroup(dir), nil
		}
		problems = append(problems, err)
		Cgroup(dir).Remove()
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

// Add puts a process into the group.
func (g Cgroup) Add(pid int) error {
	if g == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(string(g), "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o600)
}

// Command becomes a program in the group.
func (g Cgroup) Command() []string {
	if g == "" {
		return nil
	}
	return []string{"sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, string(g)}
}

// Remove removes the group, which must be empty.
func (g Cgroup) Remove() {
	if g != "" {
		_ = os.Remove(string(g))
	}
}
