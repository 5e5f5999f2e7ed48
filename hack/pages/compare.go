package pages

import (
	"regexp"
	"strings"
)

// masks are what is another one each time, and what stands in its place in a comparison.
func masks() [][2]string {
	return [][2]string{
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`, "TIME"},
		{`\b\d{4}-\d\d-\d\d\b`, "DAY"},
		{`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`, "UID"},
		{`(localhost|127\.0\.0\.1):\d+`, "localhost:PORT"},
		{`"duration":\d+`, `"duration":NUMBER`},
		{`(Client:|Server:) \S+`, "$1 VERSION"},
		{`image \S+\)`, "image IMAGE)"},
		{`\b(\d+h)?(\d+m)?\d+(\.\d+)?s\b`, "AGE"},
		{`\bis \d{6} seconds`, "is N seconds"},
	}
}

// Comparable leaves out of an output what is another one each time: times, ports, versions, and where lines are broken
// and columns begin.
func Comparable(output string) string {
	output = strings.Join(strings.Fields(output), " ")
	for _, mask := range masks() {
		output = regexp.MustCompile(mask[0]).ReplaceAllString(output, mask[1])
	}
	return output
}

// Matches says whether a command has printed what the page shows. " ... " stands for anything there.
func Matches(printed, shown string) bool {
	parts := regexp.MustCompile(`(^|\s)\.\.\.(\s|$)`).Split(strings.TrimSpace(shown), -1)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(Comparable(part))
	}
	pattern := regexp.MustCompile(`(?s)^\s*` + strings.Join(parts, `.*`) + `\s*$`)
	return pattern.MatchString(Comparable(printed))
}
