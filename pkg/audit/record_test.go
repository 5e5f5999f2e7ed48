package audit_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/audit"
)

func TestClean(t *testing.T) {
	for name, test := range map[string]struct{ value, want string }{
		"plain text stays":                    {"tenant-1 ä", "tenant-1 ä"},
		"control characters are replaced":     {"a\nb\x1b[31m\x00", "a\ufffdb\ufffd[31m\ufffd"},
		"bidirectional marks are replaced":    {"a\u202eb", "a\ufffdb"},
		"bytes that are no text are replaced": {"a\xffb", "a\ufffdb"},
		"long text is cut":                    {strings.Repeat("ä", 1025), strings.Repeat("ä", 1024) + "…"},
		"text of the greatest length is not":  {strings.Repeat("ä", 1024), strings.Repeat("ä", 1024)},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(audit.Clean(test.value)).To(gomega.Equal(test.want))
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\nb")
	f.Fuzz(func(t *testing.T, value string) {
		clean := audit.Clean(value)
		if !utf8.ValidString(clean) || utf8.RuneCountInString(clean) > 1025 || strings.ContainsAny(clean, "\n\r\x00\u202e") {
			t.Errorf("Clean(%q) = %q", value, clean)
		}
		if audit.Clean(clean) != clean && utf8.RuneCountInString(clean) <= 1024 {
			t.Errorf("Clean is not idempotent on %q", value)
		}
	})
}

func TestLogLineIsOneObject(t *testing.T) {
	g := gomega.NewWithT(t)
	var out bytes.Buffer
	sink := audit.Log{Logger: slog.New(slog.NewJSONHandler(&out, nil))}
	sink.Record(t.Context(), audit.Record{Action: "Deny", Reason: "WaveOverLimit", User: "eve\n{\"msg\":\"decision\"}", Environments: 100})
	sink.Record(t.Context(), audit.Record{Action: "Allow", Reason: "NoChange", Routine: true})
	g.Expect(strings.Count(out.String(), "\n")).To(gomega.Equal(1), "no line for a routine write")
	var line map[string]any
	g.Expect(json.Unmarshal(out.Bytes(), &line)).To(gomega.Succeed())
	g.Expect(line).To(gomega.And(
		gomega.HaveKeyWithValue("msg", "decision"), gomega.HaveKeyWithValue("action", "Deny"), gomega.HaveKeyWithValue("n", 100.0),
	))
}
