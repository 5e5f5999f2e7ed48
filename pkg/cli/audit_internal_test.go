package cli

import (
	"bytes"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/journal"
)

func TestAuditFlags(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		options auditOptions
		want    journal.Filter
		err     string
	}{
		"none": {auditOptions{output: "table"}, journal.Filter{Outcomes: []journal.Outcome{}}, ""},
		"all": {
			auditOptions{output: "html", since: "7d", until: "24h", kind: "Bundle", policy: "default", user: "raj", results: []string{"Denied", "warned"}},
			journal.Filter{
				Since: noon.AddDate(0, 0, -7), Until: noon.AddDate(0, 0, -1), Kind: "Bundle", Policy: "default", User: "raj",
				Outcomes: []journal.Outcome{journal.Denied, journal.Warned},
			}, "",
		},
		"an end before its beginning": {auditOptions{output: "table", since: "1h", until: "2h"}, journal.Filter{}, "--until 2h is before --since 1h"},
		"no time":                     {auditOptions{output: "table", since: "yesterday"}, journal.Filter{}, "--since: "},
		"no result":                   {auditOptions{output: "table", results: []string{"allowed"}}, journal.Filter{}, `--result: "allowed" is no result: want any of denied,`},
		"no format":                   {auditOptions{output: "pdf"}, journal.Filter{}, `--output: "pdf" is no format: want one of table,`},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			filter, err := test.options.filter(noon)
			if test.err != "" {
				g.Expect(err).To(gomega.MatchError(gomega.HavePrefix(test.err)))
				return
			}
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(filter).To(gomega.Equal(test.want))
		})
	}
}

func TestArguments(t *testing.T) {
	for name, test := range map[string]struct{ program, want []string }{
		"by its name":               {[]string{"/usr/bin/kubectl-seawall", "audit", "-A"}, []string{"audit", "-A"}},
		"as the completer":          {[]string{"/usr/bin/kubectl_complete-seawall", "audit", "--res"}, []string{"__complete", "audit", "--res"}},
		"as that of Windows":        {[]string{"kubectl_complete-seawall.exe", ""}, []string{"__complete", ""}},
		"without so much as a name": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(Arguments(test.program)).To(gomega.Equal(test.want))
		})
	}
}

// TestFlagsOfOneMeaning holds every command to the same letters, and finds one that completes a flag it
// does not have.
func TestFlagsOfOneMeaning(t *testing.T) {
	g := gomega.NewWithT(t)
	letters := map[string]string{"A": "all-namespaces", "n": "namespace", "o": "output", "h": "help", "s": "server", "f": "filename"}
	var walk func(*cobra.Command)
	walk = func(command *cobra.Command) {
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			if flag.Shorthand != "" && letters[flag.Shorthand] != "" {
				g.Expect(flag.Name).To(gomega.Equal(letters[flag.Shorthand]), command.CommandPath())
			}
		})
		if output := command.Flags().Lookup("output"); output != nil {
			_, completed := command.GetFlagCompletionFunc("output")
			g.Expect(completed).To(gomega.BeTrue(), command.CommandPath())
		}
		for _, child := range command.Commands() {
			walk(child)
		}
	}
	walk(New(genericiooptions.NewTestIOStreamsDiscard()))
}

func TestCompletion(t *testing.T) {
	g := gomega.NewWithT(t)
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		out.Reset()
		command := New(streams)
		command.SetArgs([]string{"completion", shell})
		g.Expect(command.Execute()).To(gomega.Succeed())
		g.Expect(bytes.Count(out.Bytes(), []byte("\n"))).To(gomega.BeNumerically(">", 50), shell)
	}
	command := New(streams)
	command.SetArgs([]string{"completion", "csh"})
	g.Expect(command.Execute()).To(gomega.MatchError(gomega.ContainSubstring("no shell")))
}
