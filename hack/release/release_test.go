package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"
)

func TestVersionOf(t *testing.T) {
	const revision = "057ac19d2f9c"
	for name, test := range map[string]struct {
		tags    []string
		changed bool
		want    string
		err     string
	}{
		"a tag":             {tags: []string{"v0.1.0"}, want: "v0.1.0"},
		"no tag":            {want: "v0.1.0-dev.g057ac19"},
		"changes":           {changed: true, want: "v0.1.0-dev.g057ac19.dirty"},
		"changes and a tag": {tags: []string{"v0.1.0"}, changed: true, err: "not committed: want v0.1.0 as it is tagged"},
		"another tag":       {tags: []string{"v0.2.0"}, err: "the tag v0.2.0: want v0.1.0, the version of charts/seawall/Chart.yaml"},
		"several":           {tags: []string{"v0.1.0", "v0.1.1"}, err: "the tags v0.1.0, v0.1.1: want one"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			version, err := versionOf("v0.1.0", test.tags, revision, test.changed)
			if test.err != "" {
				g.Expect(err).To(MatchError(ContainSubstring(test.err)))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(version).To(Equal(test.want))
		})
	}
}

func TestAnArchiveIsTheSameBytesWhereverItIsWritten(t *testing.T) {
	files := []file{{"LICENSE", false, []byte("licence")}, {"kubectl-seawall", true, bytes.Repeat([]byte("program "), 1000)}}
	at := time.Unix(1_796_000_000, 0)
	for name, write := range map[string]func(string, time.Time, []file) error{"tar.gz": writeTarball, "zip": writeZip} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			first, second := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
			g.Expect(write(first, at.UTC(), files)).To(Succeed())
			g.Expect(write(second, at.In(time.FixedZone("elsewhere", 5*60*60)), files)).To(Succeed())
			want, err := os.ReadFile(first)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(os.ReadFile(second)).To(Equal(want))

			g.Expect(write(second, at.Add(time.Hour), files)).To(Succeed())
			g.Expect(os.ReadFile(second)).NotTo(Equal(want), "the time is in it")
		})
	}
}

func TestAnArchiveReadsBack(t *testing.T) {
	g := NewWithT(t)
	files := []file{{"LICENSE", false, []byte("licence")}, {"kubectl-seawall", true, []byte("program")}}
	path := filepath.Join(t.TempDir(), "a")
	g.Expect(writeTarball(path, time.Unix(0, 0), files)).To(Succeed())
	g.Expect(readTarball(path)).To(Equal(files))

	g.Expect(writeZip(path, time.Unix(1_796_000_000, 0), files)).To(Succeed())
	archive, err := zip.OpenReader(path)
	g.Expect(err).NotTo(HaveOccurred())
	defer archive.Close()
	for i, entry := range archive.File {
		opened, err := entry.Open()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(io.ReadAll(opened)).To(Equal(files[i].content))
		g.Expect(entry.Mode()).To(Equal(files[i].mode()))
		g.Expect(entry.Modified.Unix()).To(BeEquivalentTo(1_796_000_000))
	}
}

func TestNamesOfArchives(t *testing.T) {
	g := NewWithT(t)
	var names []string
	for _, of := range platforms() {
		names = append(names, of.archive("v1.2.3"))
	}
	g.Expect(names).To(Equal([]string{
		"kubectl-seawall_v1.2.3_linux_amd64.tar.gz", "kubectl-seawall_v1.2.3_linux_arm64.tar.gz",
		"kubectl-seawall_v1.2.3_darwin_amd64.tar.gz", "kubectl-seawall_v1.2.3_darwin_arm64.tar.gz",
		"kubectl-seawall_v1.2.3_windows_amd64.zip", "kubectl-seawall_v1.2.3_windows_arm64.zip",
	}))
}

func TestKrewAndChecksumsAreOfTheArchives(t *testing.T) {
	g := NewWithT(t)
	made := release{stamp: stamp{version: "v1.2.3"}, output: t.TempDir(), out: io.Discard}
	for _, of := range platforms() {
		g.Expect(os.WriteFile(filepath.Join(made.output, of.archive("v1.2.3")), []byte(of.system+of.architecture), 0o600)).To(Succeed())
	}
	g.Expect(made.krew(t.Context())).To(Succeed())
	g.Expect(made.checksums(t.Context())).To(Succeed())

	text, err := os.ReadFile(filepath.Join(made.output, "checksums.txt"))
	g.Expect(err).NotTo(HaveOccurred())
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		found := regexp.MustCompile(`^([0-9a-f]{64})  (\S+)\n$`).FindStringSubmatch(line)
		g.Expect(found).NotTo(BeNil(), line)
		sums[found[2]] = found[1]
	}
	g.Expect(sums).To(HaveLen(len(platforms()) + 1))
	g.Expect(sums).To(HaveKeyWithValue("kubectl-seawall_v1.2.3_linux_amd64.tar.gz",
		"45b76a1a9e2f891a0533c7fa492fb712f40252e13de5d5d25fdd18dd33a550ef"), "printf linuxamd64 | sha256sum")

	var manifest krewPlugin
	text, err = os.ReadFile(filepath.Join(made.output, "seawall.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(yaml.UnmarshalStrict(text, &manifest)).To(Succeed())
	g.Expect(manifest.Spec.Version).To(MatchRegexp(`^v\d`), "as krew wants it")
	g.Expect(len(manifest.Spec.ShortDescription)).To(BeNumerically("<=", 50))
	g.Expect(manifest.Spec.Platforms).To(HaveLen(len(platforms())))
	for _, one := range manifest.Spec.Platforms {
		g.Expect(one.SHA256).To(Equal(sums[filepath.Base(one.URI)]))
		g.Expect(one.URI).To(HavePrefix("https://github.com/seawall-dev/seawall/releases/download/v1.2.3/"))
		g.Expect(strings.HasSuffix(one.Bin, ".exe")).To(Equal(one.Selector.MatchLabels["os"] == "windows"))
	}
}
