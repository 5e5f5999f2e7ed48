package rollout_test

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestDeclared(t *testing.T) {
	declared := func(value string) (int, bool, error) {
		return rollout.Metadata{Annotations: map[string]string{v1alpha1.EnvironmentsAnnotation: value}}.Declared()
	}
	for value, want := range map[string]int{"1": 1, "40": 40, "1000000": 1_000_000} {
		t.Run(value, func(t *testing.T) {
			g := gomega.NewWithT(t)
			n, found, err := declared(value)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(found).To(gomega.BeTrue())
			g.Expect(n).To(gomega.Equal(want))
		})
	}
	for _, value := range []string{"", "0", "-1", "+1", "01", "1.0", "1e3", "1_000", " 1", "1000001", "99999999999999999999", "many"} {
		t.Run("refused: "+value, func(t *testing.T) {
			_, found, err := declared(value)
			g := gomega.NewWithT(t)
			g.Expect(found).To(gomega.BeTrue())
			g.Expect(err).To(gomega.MatchError(gomega.And(
				gomega.ContainSubstring(v1alpha1.EnvironmentsAnnotation), gomega.ContainSubstring(rollout.Quote(value)), gomega.ContainSubstring("an integer from 1 to 1000000"))))
		})
	}
	_, found, err := rollout.Metadata{}.Declared()
	g := gomega.NewWithT(t)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(found).To(gomega.BeFalse())
}

func TestQuote(t *testing.T) {
	for value, want := range map[string]string{
		"plain":                 `"plain"`,
		"new\nline":             `"new\nline"`,
		"bidi\u202e":            `"bidi\u202e"`,
		strings.Repeat("ä", 65): `"` + strings.Repeat("ä", 64) + `…"`,
		strings.Repeat("ä", 64): `"` + strings.Repeat("ä", 64) + `"`,
		"\xff":                  `"\xff"`,
	} {
		t.Run(want, func(t *testing.T) {
			gomega.NewWithT(t).Expect(rollout.Quote(value)).To(gomega.Equal(want))
		})
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"metadata":{"annotations":{"seawall.dev/environments":"7"}}}`))
	f.Fuzz(func(t *testing.T, object []byte) {
		cut, err := rollout.Cut(object)
		if err != nil {
			return
		}
		n, found, err := cut.Metadata.Declared()
		if found && err == nil && (n < 1 || n > 1_000_000) {
			t.Errorf("declared %d environments", n)
		}
	})
}
