package docs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/hack/pages"
)

// stage is where a page is played: a folder, and an API server that kubectl and helm reach from there.
type stage struct {
	dir   string
	plane *cluster.Cluster
	// logs are those of the API server's audit and of the webhook, of which the page sees what is written from its
	// beginning.
	logs   map[string]log
	page   *pages.Page
	play   play
	played map[int]bool
}

type log struct {
	file   string
	offset int64
}

// shim is kubectl, but for logs, since nothing runs Pods here: the webhook's log is a file.
const shim = `#!/bin/sh
case "$1" in logs) exec cat %q ;; esac
exec %q "$@"
`

func newStage(plane *cluster.Cluster, name string, play play, logs map[string]string) *stage {
	GinkgoHelper()
	page, err := pages.Read(root, name)
	Expect(err).NotTo(HaveOccurred())
	s := &stage{dir: GinkgoT().TempDir(), plane: plane, logs: map[string]log{}, page: page, play: play, played: map[int]bool{}}
	for name, file := range logs {
		s.logs[name] = log{file: file}
		s.forget(name)
	}
	from, err := filepath.Abs(root)
	Expect(err).NotTo(HaveOccurred())
	for _, folder := range []string{"charts", "config"} {
		Expect(os.Symlink(filepath.Join(from, folder), filepath.Join(s.dir, folder))).To(Succeed())
	}
	s.write("bin/kubectl", fmt.Sprintf(shim, filepath.Join(s.dir, "webhook.log"), filepath.Join(plane.Assets, "kubectl")))
	Expect(os.Chmod(filepath.Join(s.dir, "bin/kubectl"), 0o755)).To(Succeed())
	for _, program := range programs {
		Expect(os.Symlink(program, filepath.Join(s.dir, "bin", filepath.Base(program)))).To(Succeed())
	}
	return s
}

// forget has the page see only what is written to a log from now on.
func (s *stage) forget(name string) {
	GinkgoHelper()
	info, err := os.Stat(s.logs[name].file)
	Expect(err).NotTo(HaveOccurred())
	s.logs[name] = log{s.logs[name].file, info.Size()}
}

// write writes a file of the folder.
func (s *stage) write(name, text string) {
	GinkgoHelper()
	file := filepath.Join(s.dir, name)
	Expect(os.MkdirAll(filepath.Dir(file), 0o755)).To(Succeed())
	Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
}

// run runs a command as a shell of the reader's would, and returns what a terminal would show.
func (s *stage) run(ctx context.Context, user, command string) (string, int) {
	GinkgoHelper()
	for name, log := range s.logs {
		text, err := os.ReadFile(log.file)
		Expect(err).NotTo(HaveOccurred())
		s.write(name, string(text[log.offset:]))
	}
	shell := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", command)
	shell.Dir = s.dir
	shell.Env = append(os.Environ(),
		"PATH="+filepath.Join(s.dir, "bin")+":"+os.Getenv("PATH"), "KUBECONFIG="+s.kubeconfig(user), "HOME="+s.dir, "NO_COLOR=1", "KUBERC=off",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=jane", "GIT_AUTHOR_EMAIL=jane@example.com", "GIT_COMMITTER_NAME=jane",
		"GIT_COMMITTER_EMAIL=jane@example.com")
	printed, err := shell.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		err = nil
	}
	Expect(err).NotTo(HaveOccurred(), command)
	return string(printed), shell.ProcessState.ExitCode()
}

// must runs a command that has to succeed.
func (s *stage) must(ctx context.Context, command string) string {
	GinkgoHelper()
	printed, code := s.run(ctx, "", command)
	Expect(code).To(BeZero(), "%s\n%s", command, printed)
	return printed
}

// kubeconfig returns a file by which one is that user; the admin without one.
func (s *stage) kubeconfig(user string) string {
	GinkgoHelper()
	if user == "" {
		return s.plane.Kubeconfig
	}
	config, err := clientcmd.LoadFromFile(s.plane.Kubeconfig)
	Expect(err).NotTo(HaveOccurred())
	for _, info := range config.AuthInfos {
		info.Impersonate = user
	}
	file := filepath.Join(s.dir, strings.ReplaceAll(user, ":", "-")+".config") // a colon would divide the variable
	Expect(clientcmd.WriteToFile(*config, file)).To(Succeed())
	return file
}

// steps calls do with each command that is to be run.
func (s *stage) steps(do func(step pages.Step)) {
	for _, block := range s.page.Blocks {
		if !block.Commands() {
			continue
		}
		for _, step := range block.Steps() {
			if !begins(s.play.skips, step.Command) && !s.played[step.Line] && s.here(step) {
				do(step)
			}
		}
	}
}

// here says whether a command is for the place where the stage is. helm is for the plain one.
func (s *stage) here(step pages.Step) bool {
	helm := strings.HasPrefix(step.Command, "helm ")
	return helm == (s.plane == plainPlane) || s.play.place == plain
}

// all plays the page.
func (s *stage) all(ctx context.Context) {
	GinkgoHelper()
	cues := slices.Clone(s.play.cues)
	s.steps(func(step pages.Step) {
		for i, cue := range cues {
			if cue.do != nil && strings.HasPrefix(step.Command, cue.before) {
				cues[i].do = nil
				cue.do(ctx, s)
			}
		}
		if !s.played[step.Line] {
			s.step(ctx, "", step)
		}
	})
}

// early plays the command that begins so before its turn, as a user.
func (s *stage) early(ctx context.Context, user, begins string) {
	GinkgoHelper()
	found := false
	s.steps(func(step pages.Step) {
		if strings.HasPrefix(step.Command, begins) {
			found = true
			s.step(ctx, user, step)
		}
	})
	Expect(found).To(BeTrue(), begins)
}

// readOnly are the commands that can be repeated until they show what is only written after a while.
var readOnly = regexp.MustCompile(`^(kubectl (get|logs|seawall (audit|status|version|override list))|jq)( |$)`)

func (s *stage) step(ctx context.Context, user string, step pages.Step) {
	GinkgoHelper()
	where := fmt.Sprintf("%s:%d: %s", s.page.Name, step.Line, step.Command)
	s.played[step.Line] = true
	printed, code := s.run(ctx, user, step.Command)
	if !step.Shown {
		Expect(code).To(BeZero(), "%s\n%s", where, printed)
		return
	}
	for until := time.Now().Add(patience); !pages.Matches(printed, step.Output) && readOnly.MatchString(step.Command) && time.Now().Before(until); {
		time.Sleep(500 * time.Millisecond)
		printed, _ = s.run(ctx, user, step.Command)
	}
	Expect(pages.Matches(printed, step.Output)).To(BeTrue(), "%s\nprints\n%s\nor\n%s\nand not\n%s", where, printed,
		pages.Comparable(printed), pages.Comparable(step.Output))
}

// begins tells whether a text begins with one of the keys.
func begins(of map[string]string, text string) bool {
	for key := range of {
		if strings.HasPrefix(text, key) {
			return true
		}
	}
	return false
}
