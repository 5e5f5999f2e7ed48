package main

import (
	"strings"
	"testing"
)

const manifest = `# A comment.
spec:
  generators:
    - list:
        elements:
          - {tenant: tenant-099}
          - {tenant: tenant-100} # the last
  strategy:
    rollingSync:
      steps:
        - matchExpressions:
            - {key: fleet,
               operator: Exists}
        - maxUpdate: 1
  template: {}
`

func TestChange(t *testing.T) {
	for name, test := range map[string]struct {
		message string
		after   int
		want    string
	}{
		"field of a list's element": {
			message: "At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).",
			after:   13,
			want:    "          maxUpdate: 22\n",
		},
		"field of a mapping": {
			message: "set spec.strategy.limit to 3",
			after:   14,
			want:    "    limit: 3\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			change, err := parseChange(test.message)
			if err != nil {
				t.Fatal(err)
			}
			changed, err := change.apply([]byte(manifest))
			if err != nil {
				t.Fatal(err)
			}
			expectInserted(t, changed, test.after, test.want)
		})
	}
}

func TestChangeThatCannotBeMade(t *testing.T) {
	for name, message := range map[string]string{
		"nothing to set":    "denied",
		"no such parent":    "set spec.nonsense.maxUpdate to 22",
		"no such element":   "set spec.strategy.rollingSync.steps[2].maxUpdate to 22",
		"an empty mapping":  "set spec.template.maxUpdate to 22",
		"a list's own name": "set spec.generators.maxUpdate to 22",
	} {
		t.Run(name, func(t *testing.T) {
			change, err := parseChange(message)
			if err == nil {
				_, err = change.apply([]byte(manifest))
			}
			if err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestAddTenant(t *testing.T) {
	changed, err := addTenant([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	expectInserted(t, changed, 7, "          - {tenant: tenant-101} # the last\n")
}

// expectInserted fails the test unless changed is the manifest with one more line.
func expectInserted(t *testing.T, changed []byte, after int, line string) {
	t.Helper()
	lines := strings.SplitAfter(manifest, "\n")
	want := strings.Join(lines[:after], "") + line + strings.Join(lines[after:], "")
	if string(changed) != want {
		t.Errorf("got\n%s\nwant\n%s", changed, want)
	}
}
