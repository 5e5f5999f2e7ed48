package charts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
)

const repository = "https://github.com/seawall-dev/seawall"

// chartFile is what Chart.yaml says, of which the annotations are YAML themselves.
type chartFile struct {
	Version     string            `json:"version"`
	AppVersion  string            `json:"appVersion"`
	Icon        string            `json:"icon"`
	Annotations map[string]string `json:"annotations"`
	Maintainers []struct {
		Name string `json:"name"`
	} `json:"maintainers"`
}

func readYAML[T any](t *testing.T, path string) T {
	t.Helper()
	var into T
	text, err := os.ReadFile(path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(yaml.Unmarshal(text, &into)).To(Succeed())
	return into
}

// annotation decodes one of those of Artifact Hub.
func annotation[T any](t *testing.T, name string) T {
	t.Helper()
	var into T
	text, found := readYAML[chartFile](t, "seawall/Chart.yaml").Annotations["artifacthub.io/"+name]
	NewWithT(t).Expect(found).To(BeTrue(), name)
	NewWithT(t).Expect(yaml.UnmarshalStrict([]byte(text), &into)).To(Succeed())
	return into
}

func TestArtifactHubShowsTheImageThatTheChartRuns(t *testing.T) {
	g := NewWithT(t)
	chart := readYAML[chartFile](t, "seawall/Chart.yaml")
	values := readYAML[struct {
		Image struct {
			Repository string `json:"repository"`
		} `json:"image"`
	}](t, "seawall/values.yaml")
	images := annotation[[]struct {
		Name      string   `json:"name"`
		Image     string   `json:"image"`
		Platforms []string `json:"platforms"`
	}](t, "images")
	g.Expect(images).To(HaveLen(1))
	g.Expect(images[0].Image).To(Equal(values.Image.Repository + ":" + chart.AppVersion))
	g.Expect(chart.AppVersion).To(Equal("v" + chart.Version))
	g.Expect(images[0].Platforms).To(ConsistOf("linux/amd64", "linux/arm64"))
	g.Expect(chart.Maintainers).To(ConsistOf(HaveField("Name", "Seawall maintainers")))
}

// definition is one of a custom resource, as far as Artifact Hub shows it.
type definition struct{ Kind, Version, Name string }

func TestArtifactHubShowsTheDefinitionsThatTheChartBrings(t *testing.T) {
	g := NewWithT(t)
	paths, err := filepath.Glob("seawall/crds/*.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	reports, err := filepath.Glob("../config/reports/*-crd.yaml") // those that its templates render
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(reports).NotTo(BeEmpty())
	var want []definition
	for _, path := range append(paths, reports...) {
		read := readYAML[apiextensionsv1.CustomResourceDefinition](t, path)
		want = append(want, definition{read.Spec.Names.Kind, read.Spec.Versions[0].Name, read.Name})
	}
	var shown []definition
	for _, one := range annotation[[]struct {
		Kind        string `json:"kind"`
		Version     string `json:"version"`
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
		Description string `json:"description"`
	}](t, "crds") {
		g.Expect(one.DisplayName).NotTo(BeEmpty())
		g.Expect(one.Description).NotTo(BeEmpty())
		shown = append(shown, definition{one.Kind, one.Version, one.Name})
	}
	g.Expect(shown).To(ConsistOf(want))
}

func TestTheExamplesOfArtifactHubAreAccepted(t *testing.T) {
	g := NewWithT(t)
	var kinds []string
	for _, example := range annotation[[]map[string]any](t, "crdsExamples") {
		text, err := yaml.Marshal(example)
		g.Expect(err).NotTo(HaveOccurred())
		documents := manifest.Parse("example", text).Documents
		g.Expect(documents).To(HaveLen(1))
		problems, err := offline.New(offline.Options{}).Add(t.Context(), documents...)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(problems).To(BeEmpty())
		kinds = append(kinds, documents[0].Kind)
	}
	g.Expect(kinds).To(ConsistOf("WavePolicy", "WaveOverride", "RolloutKind"))
}

// change is an entry of the changelog.
type change struct {
	Kind        string `json:"kind"`
	Description string `json:"description"`
}

func TestArtifactHubShowsTheChangesOfTheChangelog(t *testing.T) {
	g := NewWithT(t)
	text, err := os.ReadFile("../CHANGELOG.md")
	g.Expect(err).NotTo(HaveOccurred())
	_, section, found := strings.Cut(string(text), "\n## ["+readYAML[chartFile](t, "seawall/Chart.yaml").Version+"]")
	g.Expect(found).To(BeTrue(), "a section of the chart's version")
	section, _, _ = strings.Cut(section, "\n## ")
	section, _, _ = strings.Cut(section, "\n[")
	var want []change
	kind := ""
	for line := range strings.Lines(section) {
		line = strings.TrimRight(line, "\n")
		if heading, is := strings.CutPrefix(line, "### "); is {
			kind = strings.ToLower(heading)
			g.Expect(kind).To(BeElementOf("added", "changed", "deprecated", "removed", "fixed", "security"))
		} else if entry, is := strings.CutPrefix(line, "- "); is {
			want = append(want, change{kind, entry})
		} else if more, is := strings.CutPrefix(line, "  "); is {
			want[len(want)-1].Description += " " + more
		}
	}
	g.Expect(len(want)).To(BeNumerically(">", 10))
	g.Expect(annotation[[]change](t, "changes")).To(Equal(want))
}

func TestWhatArtifactHubLinksToIsThere(t *testing.T) {
	g := NewWithT(t)
	inside := regexp.MustCompile(`^(?:` + regexp.QuoteMeta(repository) + `/(?:blob|tree)|https://raw\.githubusercontent\.com/seawall-dev/seawall)/main/(.+)$`)
	addresses := []string{readYAML[chartFile](t, "seawall/Chart.yaml").Icon}
	for _, link := range annotation[[]struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}](t, "links") {
		g.Expect(link.Name).NotTo(BeEmpty())
		addresses = append(addresses, link.URL)
	}
	for _, address := range addresses {
		if address == repository+"/issues" {
			continue
		}
		found := inside.FindStringSubmatch(address)
		g.Expect(found).NotTo(BeNil(), address)
		g.Expect(filepath.Join("..", found[1])).To(Or(BeAnExistingFile(), BeADirectory()), address)
	}
}

func TestChartsBetweenReleasesAreNotListed(t *testing.T) {
	g := NewWithT(t)
	listing := readYAML[struct {
		Ignore []struct{ Name, Version string } `json:"ignore"`
	}](t, "../artifacthub-repo.yml")
	g.Expect(listing.Ignore).To(HaveLen(1))
	g.Expect(listing.Ignore[0].Name).To(Equal("seawall"))
	development := regexp.MustCompile(listing.Ignore[0].Version)
	g.Expect(development.MatchString("0.1.0-dev.g057ac19")).To(BeTrue())
	g.Expect(development.MatchString("0.1.0")).To(BeFalse())
}
