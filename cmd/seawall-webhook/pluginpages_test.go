package main_test

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// session is a command of a page of the documentation, and what it prints there.
type session struct{ command, output string }

// sessions returns those of the plugin, in the order in which they stand.
func sessions(page string) []session {
	GinkgoHelper()
	text, err := os.ReadFile("../../docs/" + page)
	Expect(err).NotTo(HaveOccurred())
	var found []session
	for _, block := range regexp.MustCompile("(?ms)^```console\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
		for part := range strings.SplitSeq("\n"+block[1], "\n$ kubectl ") {
			part = strings.ReplaceAll(part, "\\\n", "")
			if command, output, _ := strings.Cut(part, "\n"); strings.HasPrefix(command, "seawall ") {
				found = append(found, session{strings.TrimPrefix(command, "seawall "), strings.TrimSpace(output)})
			}
		}
	}
	return found
}

// expectAsShown runs the command of docs/auditor.md that begins so, as a user, and expects that it prints
// what stands there.
func expectAsShown(ctx context.Context, user, begins string) {
	GinkgoHelper()
	expectPage(ctx, "auditor.md", user, begins, 0)
}

// expectPage does so of any page, and with any exit code.
func expectPage(ctx context.Context, page, user, begins string, code int) {
	GinkgoHelper()
	all := sessions(page)
	i := slices.IndexFunc(all, func(s session) bool { return strings.HasPrefix(s.command, begins) })
	Expect(i).To(BeNumerically(">=", 0), begins)
	output := seawall(ctx, user, arguments(all[i].command)...)
	Expect(output.Code).To(Equal(code), output.Stdout+output.Stderr)
	Expect(masked(output.Stdout)).To(Equal(masked(all[i].output)), output.Stdout)
}

// masked leaves out of an output what is another one each time: times, ports, versions and the widths
// of columns.
func masked(output string) string {
	for _, rule := range [][2]string{
		{`[ \t]+`, " "},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, "TIME"},
		{`until \d{4}-\d\d-\d\d`, "until DAY"},
		{`localhost:\d+`, "localhost:PORT"},
		{`(Client:|Server:) \S+`, "$1 VERSION"},
		{`image \S+\)`, "image IMAGE)"},
		{`(kinds ok) .*`, "$1 THOSE THAT ARE"},
		{`(?s)ROLLOUTKIND.*?\n\n`, ""},
		{`(default true 20% Deny) \S+ \S+`, "$1 N N"},
		// What else is served decides what else may be lacking.
		{`(?m)^ list on \S+\.\S+$\n?`, ""},
		// What the re-count finds comes when it comes.
		{`(?m)^TIME \d+ recount .*\n`, ""},
		{`\d+ decisions`, "N decisions"},
		{`; \d+ findings? of the re-count`, ""},
	} {
		output = regexp.MustCompile(rule[0]).ReplaceAllString(output, rule[1])
	}
	return strings.TrimSpace(output)
}

// arguments splits a command as a shell would, as far as the documentation needs one.
func arguments(command string) []string {
	var found []string
	for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(command, -1) {
		found = append(found, strings.Trim(word, `"`))
	}
	return found
}
