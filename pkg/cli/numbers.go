package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	kyaml "sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// The formats in which numbers are printed.
const (
	formatTable    = "table"
	formatJSON     = "json"
	formatYAML     = "yaml"
	formatMarkdown = "markdown"
)

// oneOf returns an error that names a flag unless its value is among those allowed.
func oneOf(flag, value string, allowed ...string) error { //nolint:unparam // whatever flag it is, the error names it
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("--%s is %q: want %s", flag, value, strings.Join(allowed, ", "))
}

// parseRate reads a success rate from a flag: a decimal or a percentage.
func parseRate(flag, value string) (risk.Probability, error) {
	rate, err := risk.ParseRate(value)
	if err != nil {
		return 0, fmt.Errorf("--%s: %w", flag, err)
	}
	return rate, nil
}

// parseLimit reads a limit from a flag: a decimal, or a percentage as rates are written.
func parseLimit(flag, value string) (risk.Probability, error) {
	limit, err := risk.ParseRate(value)
	if err != nil {
		return 0, fmt.Errorf("--%s is %q: want a decimal from 0 to 1 with at most nine places, like 0.2, or a percentage, like 20%%", flag, value)
	}
	return limit, nil
}

// printAs prints an object as JSON or as YAML.
func printAs(out io.Writer, format string, object any) error {
	text, err := json.MarshalIndent(object, "", "  ")
	if err != nil {
		return err
	}
	if format == formatYAML {
		if text, err = kyaml.JSONToYAML(text); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(out, strings.TrimSuffix(string(text), "\n"))
	return err
}
