package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

const chartFolder = "charts/seawall"

// stamp says what is released, of what and when.
type stamp struct {
	// version is that of everything, such as "v0.1.0"; of a commit without a tag "v0.1.0-dev.g57acf19".
	version  string
	revision string
	// at is the time of the commit, which is that of every file of an archive.
	at time.Time
}

// readStamp reads what git and the chart say; epoch, if not empty, is the time instead of the commit's.
func readStamp(ctx context.Context, epoch string) (stamp, error) {
	text, err := os.ReadFile(chartFolder + "/Chart.yaml")
	if err != nil {
		return stamp{}, err
	}
	var chart struct {
		Version string `json:"version"`
	}
	if err := yaml.Unmarshal(text, &chart); err != nil {
		return stamp{}, err
	}
	revision, err := git(ctx, "rev-parse", "--verify", "HEAD")
	if err != nil {
		return stamp{}, err
	}
	if epoch == "" {
		if epoch, err = git(ctx, "show", "--no-patch", "--format=%ct", "HEAD"); err != nil {
			return stamp{}, err
		}
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return stamp{}, fmt.Errorf("SOURCE_DATE_EPOCH is %q: want seconds since 1970", epoch)
	}
	tags, err := git(ctx, "tag", "--points-at", "HEAD", "--list", "v*")
	if err != nil {
		return stamp{}, err
	}
	changes, err := git(ctx, "status", "--porcelain")
	if err != nil {
		return stamp{}, err
	}
	version, err := versionOf("v"+chart.Version, strings.Fields(tags), revision, changes != "")
	return stamp{version: version, revision: revision, at: time.Unix(seconds, 0).UTC()}, err
}

// versionOf returns the version of a commit: that of the chart, if the commit has it for a tag, or one
// that comes before it.
func versionOf(chart string, tags []string, revision string, changed bool) (string, error) {
	version := chart
	switch {
	case len(tags) > 1:
		return "", fmt.Errorf("the commit has the tags %s: want one", strings.Join(tags, ", "))
	case len(tags) == 1 && tags[0] != chart:
		return "", fmt.Errorf("the commit has the tag %s: want %s, the version of %s/Chart.yaml", tags[0], chart, chartFolder)
	case len(tags) == 0:
		version += "-dev.g" + revision[:7]
	}
	if !changed {
		return version, nil
	}
	if len(tags) == 1 {
		return "", fmt.Errorf("there are changes that are not committed: want %s as it is tagged", tags[0])
	}
	return version + ".dirty", nil
}

func git(ctx context.Context, args ...string) (string, error) {
	printed, err := command(ctx, nil, "git", args...)
	return strings.TrimSpace(printed), err
}

// command runs a program and returns what it prints; environment is added to that of this program.
func command(ctx context.Context, environment []string, name string, args ...string) (string, error) {
	var said strings.Builder
	started := exec.CommandContext(ctx, name, args...)
	started.Env = append(os.Environ(), environment...)
	started.Stderr = &said
	printed, err := started.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return string(printed), nil
}
