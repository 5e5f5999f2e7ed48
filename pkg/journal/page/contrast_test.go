package page_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/onsi/gomega"
)

// TestColoursCanBeRead computes WCAG's contrast of every colour of text, 4.5 at least, on both grounds
// and in both schemes.
func TestColoursCanBeRead(t *testing.T) {
	g := gomega.NewWithT(t)
	css, err := os.ReadFile("page.css")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	schemes := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(css), -1)
	g.Expect(schemes).To(gomega.HaveLen(2))
	var names []string
	for i, scheme := range schemes {
		colours := map[string]string{}
		for _, variable := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{6});`).FindAllStringSubmatch(scheme[1], -1) {
			colours[variable[1]] = variable[2]
			if i == 0 {
				names = append(names, variable[1])
			}
		}
		g.Expect(colours).To(gomega.HaveLen(len(names)), "both schemes have all colours")
		for _, name := range names {
			if name == "page" || name == "surface" || name == "line" {
				continue
			}
			for _, ground := range []string{"page", "surface"} {
				g.Expect(contrast(t, colours[name], colours[ground])).To(gomega.BeNumerically(">=", 4.5), "%s on %s, scheme %d", name, ground, i)
			}
			g.Expect(contrast(t, colours[name], colours["line"])).To(gomega.BeNumerically(">=", 3), "%s as a bar on its track, scheme %d", name, i)
		}
	}
	outside := regexp.MustCompile(`(?s):root \{.*?\}`).ReplaceAllString(string(css), "")
	g.Expect(outside).NotTo(gomega.MatchRegexp(`: [^;]*#[0-9a-fA-F]{3,8}\b`), "no colour is anywhere else")
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	lighter, darker := luminance(t, a), luminance(t, b)
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + 0.05) / (darker + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		value, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
		channel := float64(value) / 255
		if channel <= 0.04045 {
			channel /= 12.92
		} else {
			channel = math.Pow((channel+0.055)/1.055, 2.4)
		}
		sum += weight * channel
	}
	return sum
}
