package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// run runs a command and returns what it prints.
func run(t *testing.T, arguments ...string) (out string, err error) {
	t.Helper()
	streams, _, printed, _ := genericiooptions.NewTestIOStreams()
	command := New(streams)
	command.SetArgs(arguments)
	err = command.ExecuteContext(t.Context())
	return printed.String(), err
}

func TestCurveFormats(t *testing.T) {
	for format, want := range map[string][]string{
		"terminal": {"22                 19.8%", "┄ the limit, 20%"},
		"svg":      {"<svg ", "p = 0.99: n up to 22", "</svg>"},
		"table":    {"22   19.8%      10.4%\n", "23   20.6% *    10.9%\n", "* is over the limit of 20%"},
		"json":     {`"largestWave": 22,`, `"successRate": "0.995"`},
		"yaml":     {"largestWave: 44\n"},
	} {
		t.Run(format, func(t *testing.T) {
			g := gomega.NewWithT(t)
			out, err := run(t, "curve", "--success-rate", "99%,0.995", "--limit", "20%", "-o", format)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			for _, part := range want {
				g.Expect(out).To(gomega.ContainSubstring(part))
			}
			g.Expect(out).NotTo(gomega.ContainSubstring("\x1b"), "no colours where there is no terminal")
		})
	}
}

func TestCurveToleratesFailures(t *testing.T) {
	g := gomega.NewWithT(t)
	out, err := run(t, "curve", "--tolerated", "2")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(out).To(gomega.And(gomega.ContainSubstring("more than 2 syncs fail"), gomega.ContainSubstring("153")))
}

func TestCurveWritesAFile(t *testing.T) {
	g := gomega.NewWithT(t)
	file := filepath.Join(t.TempDir(), "curve.svg")
	out, err := run(t, "curve", "--success-rate", "0.99,0.995,0.999", "-o", "svg", "--file", file)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(out).To(gomega.BeEmpty())
	got, err := os.ReadFile(file)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	want, err := os.ReadFile("../../docs/images/curve.svg")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(string(got)).To(gomega.Equal(string(want)), "the picture of the README")
}

func TestCurveNamesTheFlagThatIsWrong(t *testing.T) {
	for want, arguments := range map[string][]string{
		`--output is "xml": want terminal, svg, table, json, yaml`:                {"-o", "xml"},
		`--success-rate: "1.2" is not a success rate: want a decimal from 0 to 1`: {"--success-rate", "0.9,1.2"},
		`--limit is "-1": want a decimal from 0 to 1`:                             {"--limit", "-1"},
		`--max is -3: want a number of environments from 1 to 1000000`:            {"--max", "-3"},
		`--tolerated is -3: want a number from 0`:                                 {"--tolerated", "-3"},
		`--success-rate is a list of 7: want 1 to 6 rates`:                        {"--success-rate", "1,1,1,1,1,1,1"},
		`--file is "x.svg": want it with --output svg only, which is "terminal"`:  {"--file", "x.svg"},
	} {
		_, err := run(t, append([]string{"curve"}, arguments...)...)
		gomega.NewWithT(t).Expect(err).To(gomega.MatchError(gomega.ContainSubstring(want)))
	}
}
