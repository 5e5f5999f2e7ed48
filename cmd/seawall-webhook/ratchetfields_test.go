package main_test

import (
	"os"
	"path"
	"reflect"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// ratchetFile is what the chart has, as it is without Helm.
const ratchetFile = "../../config/policy/ratchet-wavepolicies.yaml"

// comparedWhole are the fields of which any change counts, and why.
func comparedWhole() map[string]string {
	return map[string]string{"syncGate.order": "of two orders neither is known to hold less"}
}

// TestTheRatchetNamesEachField holds that whoever adds a field to policies says when it is looser.
func TestTheRatchetNamesEachField(t *testing.T) {
	g := NewWithT(t)
	text, err := os.ReadFile(ratchetFile)
	g.Expect(err).NotTo(HaveOccurred())
	rights, err := os.ReadFile("../../docs/rights.md")
	g.Expect(err).NotTo(HaveOccurred())
	fields := ratchetedFields(reflect.TypeFor[v1alpha1.WavePolicySpec](), "")
	g.Expect(len(fields)).To(BeNumerically(">", 20))
	for _, field := range fields {
		g.Expect(string(text)).To(ContainSubstring("['"+field+"']"), "%s does not say when %s becomes looser", ratchetFile, field)
		documented, _, isMatch := strings.Cut(field, ".")
		if !isMatch || documented != "match" {
			documented = field
		}
		g.Expect(string(rights)).To(ContainSubstring("`"+documented+"`"), "docs/rights.md does not say when %s becomes looser", field)
	}
	for field := range comparedWhole() {
		g.Expect(fields).To(ContainElement(field), "is compared as a whole, and is none")
	}
}

// ratchetedFields returns the paths of the fields of a type, down to what is a list, a value or of another API.
func ratchetedFields(kind reflect.Type, below string) []string {
	var fields []string
	for field := range kind.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		name = strings.TrimPrefix(below+"."+name, ".")
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		ours := inner.Kind() == reflect.Struct && path.Base(inner.PkgPath()) == "v1alpha1"
		if _, whole := comparedWhole()[name]; ours && !whole {
			fields = append(fields, ratchetedFields(inner, name)...)
			continue
		}
		fields = append(fields, name)
	}
	return fields
}
