package curve_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/curve"
	"github.com/seawall-dev/seawall/pkg/risk"
)

func rates(texts ...string) []risk.Probability {
	all := make([]risk.Probability, len(texts))
	for i, text := range texts {
		var err error
		if all[i], err = risk.ParseRate(text); err != nil {
			panic(err)
		}
	}
	return all
}

func request(limit string, texts ...string) curve.Request {
	return curve.Request{Rates: rates(texts...), Limit: risk.Limit{Max: rates(limit)[0]}}
}

func TestAxisShowsWhereCurvesPassTheLimit(t *testing.T) {
	for name, test := range map[string]struct {
		request curve.Request
		max     int
		largest []int
	}{
		"one":             {request("0.2", "0.99"), 30, []int{22}},
		"three":           {request("0.2", "0.99", "0.995", "0.999"), 300, []int{22, 44, 223}},
		"asked for":       {curve.Request{Rates: rates("0.99"), Max: 7}, 7, []int{0}},
		"none fits":       {request("0.2", "0.5"), 14, []int{0}},
		"nothing fails":   {request("0.2", "1"), 100, []int{risk.MaxEnvironments}},
		"anything passes": {request("1", "0.9"), 100, []int{risk.MaxEnvironments}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			picture, err := curve.New(test.request)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			var largest []int
			for _, one := range picture.Curves {
				largest = append(largest, one.Largest)
			}
			g.Expect(largest).To(gomega.Equal(test.largest))
			g.Expect(picture.Max).To(gomega.Equal(test.max))
		})
	}
}

func TestWhatCannotBeDrawn(t *testing.T) {
	for want, asked := range map[string]curve.Request{
		"success-rate is a list of 0: want 1 to 6 rates":                  {},
		"success-rate is a list of 7: want 1 to 6 rates":                  {Rates: make([]risk.Probability, 7)},
		"tolerated is -1: want a number from 0":                           {Rates: rates("0.9"), Limit: risk.Limit{Tolerated: -1}},
		"max is -1: want a number of environments from 1 to 1000000":      {Rates: rates("0.9"), Max: -1},
		"max is 1000001: want a number of environments from 1 to 1000000": {Rates: rates("0.9"), Max: 1_000_001},
	} {
		_, err := curve.New(asked)
		invalid, is := errors.AsType[*curve.InvalidError](err)
		g := gomega.NewWithT(t)
		g.Expect(is).To(gomega.BeTrue())
		g.Expect(invalid).To(gomega.MatchError(want))
	}
}

func TestPointsStandNextToTheLimit(t *testing.T) {
	g := gomega.NewWithT(t)
	picture, err := curve.New(request("0.0199", "0.99"))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	exceeded := map[int]bool{}
	for _, point := range picture.Points() {
		exceeded[point.N] = point.Chances[0].Exceeded
	}
	g.Expect(exceeded).To(gomega.And(gomega.HaveKeyWithValue(2, false), gomega.HaveKeyWithValue(3, true)), "the limit itself passes")
}

func TestTerminalPicture(t *testing.T) {
	for name, test := range map[string]struct {
		request curve.Request
		on      curve.Terminal
	}{
		"three":     {request("0.2", "0.99", "0.995", "0.999"), curve.Terminal{Columns: 80}},
		"colours":   {request("0.2", "0.99", "0.999"), curve.Terminal{Columns: 60, Colours: true}},
		"tolerated": {curve.Request{Rates: rates("0.99"), Limit: risk.Limit{Max: rates("0.2")[0], Tolerated: 2}}, curve.Terminal{Columns: 80}},
		"narrow":    {request("0.2", "0.99"), curve.Terminal{Columns: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			picture, err := curve.New(test.request)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			var drawn bytes.Buffer
			g.Expect(picture.Draw(&drawn, test.on)).To(gomega.Succeed())
			golden(t, name+".txt", drawn.Bytes())
		})
	}
}

// golden compares with a file, which UPDATE_GOLDEN=1 writes.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	g := gomega.NewWithT(t)
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		g.Expect(os.MkdirAll("testdata", 0o755)).To(gomega.Succeed())
		g.Expect(os.WriteFile(path, got, 0o644)).To(gomega.Succeed())
	}
	want, err := os.ReadFile(path)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(string(got)).To(gomega.Equal(string(want)))
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gomega.NewWithT(t)
		columns := rapid.IntRange(50, 300).Draw(t, "columns")
		picture, err := curve.New(curve.Request{
			Rates: rates(rapid.SampledFrom([]string{"0", "0.5", "0.99", "0.99999", "0.999999999", "1"}).Draw(t, "rate")),
			Limit: risk.Limit{
				Max:       risk.Probability(rapid.Uint32Range(0, 1e9).Draw(t, "limit")),
				Tolerated: rapid.IntRange(0, 2).Draw(t, "tolerated"),
			},
			Max: rapid.IntRange(0, 1_000_000).Draw(t, "max"),
		})
		g.Expect(err).NotTo(gomega.HaveOccurred())
		var drawn strings.Builder
		g.Expect(picture.Draw(&drawn, curve.Terminal{Columns: columns})).To(gomega.Succeed())
		curves, _, _ := strings.Cut(drawn.String(), "SUCCESS RATE")
		_, curves, _ = strings.Cut(curves, "\n")
		for line := range strings.Lines(curves) {
			g.Expect(len([]rune(strings.TrimSuffix(line, "\n")))).To(gomega.BeNumerically("<=", columns), line)
		}
	})
}

// element is a part of an image.
type element struct {
	XMLName  xml.Name   `xml:""`
	Text     string     `xml:",chardata"`
	ID       string     `xml:"id,attr"`
	Role     string     `xml:"role,attr"`
	Labelled string     `xml:"aria-labelledby,attr"`
	Any      []xml.Attr `xml:",any,attr"`
	Within   []element  `xml:",any"`
}

func TestImageIsSelfContained(t *testing.T) {
	g := gomega.NewWithT(t)
	picture, err := curve.New(request("20%", "0.99", "0.995", "0.999"))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	image, err := picture.SVG()
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(len(image)).To(gomega.BeNumerically("<", 16_000))

	var root element
	decoder := xml.NewDecoder(bytes.NewReader(image))
	g.Expect(decoder.Decode(&root)).To(gomega.Succeed())
	_, err = decoder.Token()
	for err == nil {
		_, err = decoder.Token()
	}
	g.Expect(err).To(gomega.Equal(io.EOF))

	g.Expect(root.Role).To(gomega.Equal("img"))
	g.Expect(root.Labelled).To(gomega.Equal("title desc"))
	g.Expect(root.Within[0].ID).To(gomega.Equal("title"))
	g.Expect(root.Within[1].ID).To(gomega.Equal("desc"))
	g.Expect(root.Within[1].Text).To(gomega.ContainSubstring("with a success rate of 0.995 44 environments"))
	texts := []string{}
	for _, part := range root.Within {
		if part.XMLName.Local == "text" {
			texts = append(texts, part.Text)
		}
	}
	g.Expect(texts).To(gomega.ContainElements("p = 0.99: n up to 22", "p = 0.999: n up to 223", "limit 20%", "223", "100%", "300"))

	text := strings.Replace(string(image), `xmlns="http://www.w3.org/2000/svg"`, "", 1)
	for _, foreign := range []string{"http", "href", "url(", "@import", "<script", "rgb("} {
		g.Expect(text).NotTo(gomega.ContainSubstring(foreign))
	}
	for _, variable := range []string{"--paper", "--ink", "--grid", "--limit", "--curve-1", "--curve-3"} {
		g.Expect(strings.Count(text, variable+":")).To(gomega.Equal(2), "%s in the light scheme and in the dark one", variable)
		g.Expect(text).To(gomega.ContainSubstring("var(" + variable + ")"))
	}
}

func TestReadmePictureIsTheOneThatIsDrawn(t *testing.T) {
	g := gomega.NewWithT(t)
	picture, err := curve.New(request("0.2", "0.99", "0.995", "0.999"))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	image, err := picture.SVG()
	g.Expect(err).NotTo(gomega.HaveOccurred())
	want, err := os.ReadFile("../../docs/images/curve.svg")
	g.Expect(err).NotTo(gomega.HaveOccurred(), "make generate")
	g.Expect(string(image)).To(gomega.Equal(string(want)), "make generate")
}
