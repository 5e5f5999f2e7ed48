package rollout_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestStatusLast(t *testing.T) {
	const spec = `{"time":"2026-01-01T10:00:00Z","fieldsV1":{"f:spec":{}}}`
	const label = `{"time":"2026-01-01T11:00:00Z","fieldsV1":{"f:metadata":{}}}`
	status := func(time string) string {
		return `{"subresource":"status","time":"` + time + `","fieldsV1":{"f:status":{}}}`
	}
	tests := map[string]struct {
		entries, changed string
		want             bool
	}{
		"the status after the spec":             {spec + "," + status("2026-01-01T10:05:00Z"), "", true},
		"in any order":                          {status("2026-01-01T10:05:00Z") + "," + spec, "", true},
		"a label after the status":              {spec + "," + status("2026-01-01T10:05:00Z") + "," + label, "", true},
		"the spec after the status":             {spec + "," + status("2026-01-01T09:05:00Z"), "", false},
		"in the same second":                    {spec + "," + status("2026-01-01T10:00:00Z"), "", false},
		"dated in the future":                   {spec + "," + status("2099-01-01T10:05:00Z"), "", false},
		"another entry dated in the future":     {spec + "," + status("2026-01-01T10:05:00Z") + "," + status("2099-01-01T00:00:00Z"), "", false},
		"an entry without a time":               {spec + "," + status("2026-01-01T10:05:00Z") + `,{"fieldsV1":{"f:spec":{}}}`, "", false},
		"no entry of the spec":                  {label + "," + status("2026-01-01T12:05:00Z"), "", false},
		"no entry of the status":                {spec, "", false},
		"no entries":                            {"", "", false},
		"it changed after the spec":             {spec + "," + status("2026-01-01T10:05:00Z"), "2026-01-01T10:04:00Z", true},
		"it changed before the spec":            {spec + "," + status("2026-01-01T10:05:00Z"), "2026-01-01T09:04:00Z", false},
		"it says that it changes in the future": {spec + "," + status("2026-01-01T10:05:00Z"), "2099-01-01T09:04:00Z", false},
	}
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var written rollout.Written
			g.Expect(json.Unmarshal([]byte("["+tt.entries+"]"), &written)).To(gomega.Succeed())
			var changed []time.Time
			if tt.changed != "" {
				at, err := time.Parse(time.RFC3339, tt.changed)
				g.Expect(err).NotTo(gomega.HaveOccurred())
				changed = append(changed, at)
			}
			g.Expect(written.StatusLast(now, changed...)).To(gomega.Equal(tt.want))
		})
	}
}
