package audit_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/audit"
)

func TestClean(t *testing.T) {
	for name, test := range map[string]struct{ value, want string }{
		"plain text stays":                    {"tenant-1 ä", "tenant-1 ä"},
		"control characters are replaced":     {"a\nb\x1b[31m\x00", "a\ufffdb\ufffd[31m\ufffd"},
		"bidirectional marks are replaced":    {"a\u202eb", "a\ufffdb"},
		"line separators are replaced":        {"a\u2028b\u2029", "a\ufffdb\ufffd"},
		"bytes that are no text are replaced": {"a\xffb", "a\ufffdb"},
		"long text is cut":                    {strings.Repeat("ä", 1025), strings.Repeat("ä", 1024) + "…"},
		"long plain text is cut":              {strings.Repeat("a", 1025), strings.Repeat("a", 1024) + "…"},
		"text of the greatest length is not":  {strings.Repeat("ä", 1024), strings.Repeat("ä", 1024)},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(audit.Clean(test.value)).To(gomega.Equal(test.want))
		})
	}
}

// TestEveryStringOfARecordIsCleaned fails for a field that is added and not cleaned.
func TestEveryStringOfARecordIsCleaned(t *testing.T) {
	g := gomega.NewWithT(t)
	var record audit.Record
	fields := reflect.ValueOf(&record).Elem()
	for _, value := range fields.Fields() {
		if value.Kind() == reflect.String {
			value.SetString("a\n\u202eb" + strings.Repeat("c", 2000))
		}
	}
	for field, value := range reflect.ValueOf(record.Clean()).Fields() {
		if value.Kind() == reflect.String {
			g.Expect(value.String()).To(gomega.HavePrefix("a\ufffd\ufffdb"), field.Name)
			g.Expect(utf8.RuneCountInString(value.String())).To(gomega.Equal(1025), field.Name)
		}
	}
}

func TestTruncate(t *testing.T) {
	g := gomega.NewWithT(t)
	g.Expect(audit.Truncate("äöü", 6)).To(gomega.Equal("äöü"))
	g.Expect(audit.Truncate("äöüx", 6)).To(gomega.Equal("ä…"), "no half of a character")
	g.Expect(audit.Truncate("abcdefg", 6)).To(gomega.Equal("abc…"))
}

func TestDecisionsThatAreAlike(t *testing.T) {
	g := gomega.NewWithT(t)
	first := audit.Record{Action: audit.Deny, Name: "tenants", User: "eve", UID: "1", Time: time.Now(), Duration: time.Second}
	again := first
	again.UID, again.Time, again.Duration = "2", time.Now().Add(time.Hour), time.Minute
	g.Expect(again.Alike()).To(gomega.Equal(first.Alike()))
	again.User = "mallory"
	g.Expect(again.Alike()).NotTo(gomega.Equal(first.Alike()))
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

// TestWhatIsWithheldIsInTheLogAlone holds that nobody but the operator reads it.
func TestWhatIsWithheldIsInTheLogAlone(t *testing.T) {
	g := gomega.NewWithT(t)
	for _, field := range audit.Fields() {
		if field.Log == "withheld" {
			g.Expect([]string{field.Annotation, field.Property, field.Attribute}).To(gomega.Equal([]string{"", "", ""}))
			g.Expect(field.Telling).To(gomega.BeFalse())
		}
	}
	record := audit.Record{Action: audit.Deny, Message: "said", Withheld: "Secret argocd/prod-1"}
	for _, text := range record.Annotations() {
		g.Expect(text).NotTo(gomega.ContainSubstring("prod-1"))
	}
	var logged strings.Builder
	audit.Log{Logger: slog.New(slog.NewJSONHandler(&logged, nil))}.Record(t.Context(), record)
	g.Expect(logged.String()).To(gomega.ContainSubstring(`"withheld":"Secret argocd/prod-1"`))
}
