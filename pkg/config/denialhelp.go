package config

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostDenialHelp is the most characters that may end a denial.
const mostDenialHelp = 300

func (c *Config) validateDenialHelp() error {
	if utf8.RuneCountInString(c.DenialHelp) > mostDenialHelp || strings.ContainsFunc(c.DenialHelp, unicode.IsControl) {
		return fmt.Errorf("--denial-help is %q: want at most %d characters on one line", c.DenialHelp, mostDenialHelp)
	}
	return nil
}
