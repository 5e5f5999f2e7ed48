package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

const checkCommand = "check"

// perFolder is how many manifests a folder holds.
const perFolder = 100

// checking is how many files with an ApplicationSet each are checked, over how many clusters, of which
// each of them selects so many.
type checking struct{ manifests, clusters, selected, runs int }

// startCheck measures how long "kubectl seawall check" takes, and how much memory.
func startCheck(ctx context.Context, arguments []string) error {
	var of checking
	flags := flag.NewFlagSet(checkCommand, flag.ExitOnError)
	flags.IntVar(&of.manifests, "manifests", 10_000, "number of files, each with an ApplicationSet")
	flags.IntVar(&of.clusters, "clusters", 1000, "number of cluster Secrets in the inventory")
	flags.IntVar(&of.selected, "selected", 20, "number of clusters that each ApplicationSet selects")
	flags.IntVar(&of.runs, "runs", 3, "how often it is measured")
	markdown := flags.Bool("markdown", false, "print the table as Markdown")
	_ = flags.Parse(arguments) // ExitOnError
	if of.manifests < 1 || of.selected < 1 || of.clusters < of.selected || of.runs < 1 {
		return errors.New("-manifests, -selected and -runs must be positive, and -clusters no less than -selected")
	}
	dir, err := os.MkdirTemp("", "seawall-bench-check-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "kubectl-seawall")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "./cmd/kubectl-seawall")
	build.Env, build.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building it: %w", err)
	}
	if err := of.fill(dir); err != nil {
		return err
	}
	return of.run(ctx, program, dir, os.Stdout, *markdown)
}

// fill writes the files.
func (c checking) fill(dir string) error {
	// The same objects as those of the re-count, which is measured in a cluster.
	objects := recounting{size: size{rollouts: c.manifests, clusters: c.clusters, selected: c.selected}}
	var stock bytes.Buffer
	for number := range c.clusters {
		text, err := document("v1", "Secret", objects.cluster(number))
		if err != nil {
			return err
		}
		stock.Write(text)
	}
	if err := os.WriteFile(filepath.Join(dir, "inventory.yaml"), stock.Bytes(), 0o600); err != nil {
		return err
	}
	for number := range c.manifests {
		folder := filepath.Join(dir, "manifests", fmt.Sprintf("%03d", number/perFolder))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		text, err := document("argoproj.io/v1alpha1", "ApplicationSet", objects.rollout(number))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, rolloutName(number)+".yaml"), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// document returns an object as YAML, behind a separator.
func document(version, kind string, object client.Object) ([]byte, error) {
	body, err := yaml.Marshal(object)
	if err != nil {
		return nil, err
	}
	var read fields
	if err := yaml.Unmarshal(body, &read); err != nil {
		return nil, err
	}
	read["apiVersion"], read["kind"] = version, kind
	body, err = yaml.Marshal(read)
	return append([]byte("---\n"), body...), err
}

func (c checking) run(ctx context.Context, program, dir string, out io.Writer, markdown bool) error {
	cells := table{{"run", "elapsed s", "CPU s", "resident MiB at most"}}
	said := ""
	for number := range c.runs {
		command := exec.CommandContext(ctx, program, "check", "manifests", "--inventory", "inventory.yaml",
			"--argocd-progressive-syncs=Enabled", "--output", "json")
		command.Dir, command.Env, command.Stderr = dir, append(os.Environ(), "GOMAXPROCS=1"), os.Stderr
		started := time.Now()
		printed, err := command.Output()
		elapsed := time.Since(started)
		if exit, is := errors.AsType[*exec.ExitError](err); err != nil && (!is || exit.ExitCode() != 1) { // which says that it denies
			return fmt.Errorf("check: %w", err)
		}
		if said, err = c.summary(printed); err != nil {
			return err
		}
		usage, is := command.ProcessState.SysUsage().(*syscall.Rusage)
		if !is {
			return errors.New("this system does not tell the memory of a process")
		}
		cells = append(cells, []string{
			strconv.Itoa(number + 1), fmt.Sprintf("%.1f", elapsed.Seconds()),
			fmt.Sprintf("%.1f", (command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds()),
			fmt.Sprintf("%.1f", mebibytes(usage.Maxrss*1024)),
		})
	}
	fmt.Fprintf(out, "%s files with an ApplicationSet of %d environments each, %s cluster Secrets; one core (GOMAXPROCS=1); %s\n\n",
		thousands(c.manifests), c.selected, thousands(c.clusters), said)
	cells.writeTo(out, markdown)
	return nil
}

// summary returns what a report says, which has to be of all manifests, and of all clusters of each.
func (c checking) summary(printed []byte) (string, error) {
	var report struct {
		Summary struct{ Rollouts, Denied, Allowed int }
		Results []struct{ Environments int }
	}
	if err := yaml.Unmarshal(printed, &report); err != nil {
		return "", err
	}
	for _, result := range report.Results {
		if result.Environments != c.selected {
			return "", fmt.Errorf("a rollout has %d environments: want %d", result.Environments, c.selected)
		}
	}
	if report.Summary.Rollouts != c.manifests || len(report.Results) != c.manifests {
		return "", fmt.Errorf("%d rollouts were judged: want %d", report.Summary.Rollouts, c.manifests)
	}
	return fmt.Sprintf("%d denied, %d allowed", report.Summary.Denied, report.Summary.Allowed), nil
}
