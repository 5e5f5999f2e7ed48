package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/report"
)

var errUnread = errors.New("it cannot be read")

// validate validates a log by the schema of SARIF 2.1.0, formats of strings included.
func validate(t *testing.T, log []byte) error {
	t.Helper()
	g := NewWithT(t)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("testdata/sarif-schema-2.1.0.json")
	g.Expect(err).NotTo(HaveOccurred())
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(log))
	g.Expect(err).NotTo(HaveOccurred())
	return schema.Validate(value)
}

func TestSARIFIsValidByItsSchema(t *testing.T) {
	absolute, err := filepath.Abs("a b/set.yaml")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	paths := report.Report{Problems: []*manifest.ReadError{{File: "a:b/ü%20?#.yaml"}, {File: `..\"<>.yaml`}, {File: absolute}, {File: manifest.Stdin}}}
	for _, problem := range paths.Problems {
		problem.Err = errUnread
	}
	for name, of := range map[string]report.Report{
		"each outcome": sample(), "nothing": {}, "names of files": paths, "thousands": thousands(2000, 10),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var out bytes.Buffer
			g.Expect(report.SARIF(&out, of)).To(Succeed())
			g.Expect(validate(t, out.Bytes())).To(Succeed())
		})
	}
}

func TestTheSchemaOfSARIFFindsWhatIsWrong(t *testing.T) {
	var out bytes.Buffer
	NewWithT(t).Expect(report.SARIF(&out, sample())).To(Succeed())
	for before, after := range map[string]string{
		`"startLine": 21`: `"startLine": 0`, `"level": "error"`: `"level": "bad"`, `"uri": "apps/denied.yaml"`: `"uri": "apps/de nied%.yaml"`,
	} {
		broken := strings.Replace(out.String(), before, after, 1)
		NewWithT(t).Expect(broken).NotTo(Equal(out.String()), before)
		NewWithT(t).Expect(validate(t, []byte(broken))).NotTo(Succeed(), after)
	}
}

func TestWhatSARIFSaysOfFiles(t *testing.T) {
	for file, want := range map[string]string{
		"./a b/set.yaml": "a%20b/set.yaml", "a:b.yaml": "./a:b.yaml", "/tmp/x y.yaml": "file:///tmp/x%20y.yaml", "-": "",
	} {
		t.Run(file, func(t *testing.T) {
			g := NewWithT(t)
			var out bytes.Buffer
			g.Expect(report.SARIF(&out, report.Report{Results: []check.Result{{File: file, Err: errUnread}}})).To(Succeed())
			var log struct {
				Runs []struct {
					Results []struct {
						Locations []struct {
							PhysicalLocation struct {
								ArtifactLocation struct {
									URI string `json:"uri"`
								} `json:"artifactLocation"`
							} `json:"physicalLocation"`
						} `json:"locations"`
					} `json:"results"`
				} `json:"runs"`
			}
			g.Expect(json.Unmarshal(out.Bytes(), &log)).To(Succeed())
			if want == "" {
				g.Expect(log.Runs[0].Results[0].Locations).To(BeEmpty())
				return
			}
			g.Expect(log.Runs[0].Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI).To(Equal(want))
		})
	}
}
